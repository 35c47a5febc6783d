"""Who a visitor of a page is: what is believed, what they may see, and under which account their tasks run."""

from pathlib import Path

import pytest

from dtscheduler import DAG, Task
from dtscheduler.api.people import current_user
from dtscheduler.errors import AccessError, WorkspaceError
from dtscheduler.model.run import JobQuery
from dtscheduler.settings import Settings, WebUser
from dtscheduler.ui import visitors
from dtscheduler.ui.visitors import Doors, identity_of_visitor, login_of

ADA = WebUser(login="ada@example.com", user="ada", groups=("risk", "quants"))
BO = WebUser(login="bo@example.com", user="bo", groups=("sales",))


@pytest.fixture
def settings():
    def make(**chosen):
        return Settings(home=Path("/nowhere"), **({"web_users": (ADA, BO)} | chosen))

    return make


CLAIMS = {"is_logged_in": True, "email": "ada@example.com", "email_verified": True, "sub": "x1"}


def test_the_login_is_the_claim_that_the_settings_name(settings):
    assert login_of(settings(web_login=True), claims=CLAIMS, headers={}) == "ada@example.com"
    assert login_of(settings(web_login=True, web_claim="sub"), claims=CLAIMS, headers={}) == "x1"


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {**CLAIMS, "is_logged_in": False},
        {**CLAIMS, "is_logged_in": "yes"},
        {**CLAIMS, "email_verified": False},
        {**CLAIMS, "email": None},
        {**CLAIMS, "email": ["ada@example.com"]},
    ],
)
def test_who_is_not_logged_in_or_not_verified_is_nobody(settings, claims):
    assert login_of(settings(web_login=True), claims=claims, headers={}) == ""


def test_a_header_names_nobody_unless_the_settings_say_so(settings):
    headers = {"X-Forwarded-User": "ada@example.com"}
    assert login_of(settings(), claims={}, headers=headers) == ""
    assert login_of(settings(web_login=True), claims={}, headers=headers) == ""
    assert login_of(settings(web_header="x-forwarded-user"), claims={}, headers=headers) == "ada@example.com"
    assert login_of(settings(web_header="X-Other"), claims=CLAIMS, headers=headers) == ""


def test_a_header_given_twice_names_nobody(settings):
    headers = {"X-User": "ada@example.com", "x-user": "bo@example.com"}
    assert login_of(settings(web_header="X-User"), claims={}, headers=headers) == ""


def test_user_and_groups_are_those_of_the_table(settings):
    found = identity_of_visitor(WebUser(login="a", user="ada", groups=("risk", "quants"), account="batch"), settings())
    assert (found.user, found.group, found.groups) == ("ada", "risk", {"risk", "quants"})
    assert (found.account, found.runs_as, found.admin) == ("batch", "batch", False)
    assert identity_of_visitor(WebUser(login="a", user="ada", account="b"), settings(admins=("ada",))).admin


def test_a_page_that_is_not_root_runs_tasks_under_its_own_account(settings, monkeypatch):
    monkeypatch.setattr(visitors, "privileged", lambda: False)
    assert identity_of_visitor(ADA, settings()).runs_as == current_user()


def test_a_page_of_root_lends_its_account_to_nobody(settings, monkeypatch):
    monkeypatch.setattr(visitors, "privileged", lambda: True)
    stranger = WebUser(login="ada@example.com", user="no-such-account")
    with pytest.raises(
        AccessError, match=r"no account of that name.*account = '...' under \[web_users.'ada@example.com'\]"
    ):
        identity_of_visitor(stranger, settings())
    assert identity_of_visitor(WebUser(login="n", user="nobody"), settings()).runs_as == "nobody"


@pytest.fixture
def doors(workspace, work_dir):
    """The doors of a workspace with a job of ada's, which her group may read and nobody else may see."""
    object.__setattr__(workspace.settings, "web_users", (ADA, BO, WebUser(login="cy", user="cy", groups=("risk",))))
    found = Doors(workspace)
    folder = work_dir({"steps.py": "from dtscheduler import batch\n@batch()\ndef one(): return 1\n"})
    job = DAG(Name="Secret", DevRun=True, WorkDir=folder, Owner="ada", Group="risk", Permissions="rwr---")
    Task(Name="one", Entrypoint="steps.one", dag=job)
    job.save()
    return found


@pytest.fixture(autouse=True)
def _not_root(monkeypatch):
    monkeypatch.setattr(visitors, "privileged", lambda: False)


def test_visitors_see_what_they_may_read(doors):
    seen = {login: [job.name for job in doors.of(login).jobs(JobQuery())] for login in (ADA.login, BO.login, "cy")}
    assert seen == {ADA.login: ["Secret"], BO.login: [], "cy": ["Secret"]}


def test_visitors_change_what_they_may_write(doors):
    with pytest.raises(AccessError, match="cy may not change job 'Secret'"):
        doors.of("cy").pause("Secret")
    assert doors.of(ADA.login).pause("Secret").paused_by == "ada"


def test_a_run_of_a_visitor_is_theirs_and_runs_under_the_account_of_the_page(doors):
    run = doors.of(ADA.login).submit_job("Secret", rundate=None)
    assert (run.submitted_by, run.run_as) == ("ada", current_user())


@pytest.mark.parametrize("login", ["", "eve@example.com", "ada", "ADA@EXAMPLE.COM", "ada@example.com "])
def test_whom_the_settings_do_not_name_finds_no_door(doors, login):
    with pytest.raises(AccessError):
        doors.of(login)


def test_a_door_is_opened_once(doors):
    assert doors.of(ADA.login) is doors.of(ADA.login) is not doors.of(BO.login)


def test_a_visitor_of_a_page_of_root_may_not_run_code_as_another_account(doors, work_dir, monkeypatch):
    import dtscheduler.gate

    monkeypatch.setattr(dtscheduler.gate, "privileged", lambda: True)
    spec = DAG(Name="Mine", DevRun=True, WorkDir=work_dir({}), RunAs="daemon")
    Task(Name="one", Entrypoint="steps.one", dag=spec)
    with pytest.raises(AccessError, match="RunAs='daemon' needs root or an admin"):
        doors.of(ADA.login).save(spec.spec(), {})


def test_the_table_is_read_anew_when_the_file_has_changed(doors, workspace):
    file = workspace.home / "settings.toml"
    file.write_text('web_header = "X-User"\n[web_users.eve]\nuser = "eve"\n')
    assert doors.of("eve").user == "eve"
    with pytest.raises(AccessError):
        doors.of(ADA.login)  # is not in it any more
    file.write_text('web_header = "X-User"\nadmins = ["eve"]\n[web_users.eve]\nuser = "eve"\n')
    assert doors.of("eve").identity.admin
    file.write_text("web_users = 3\n")
    with pytest.raises(WorkspaceError):
        doors.of("eve")


def test_a_page_that_asked_who_comes_when_it_was_started_never_lets_everybody_in(workspace):
    object.__setattr__(workspace.settings, "web_header", "X-User")
    doors = Doors(workspace)
    workspace.home.mkdir(exist_ok=True)
    (workspace.home / "settings.toml").write_text("cpu_mhz = 8000\n")
    assert doors.guarded
    with pytest.raises(AccessError, match="not logged in"):
        doors.of("")
