"""What can be set, in the environment and in settings.toml: which wins, what is refused, and what is never shown."""

from dataclasses import fields
from pathlib import Path

import pytest

from dtscheduler import use
from dtscheduler.cli.complete import commands
from dtscheduler.cli.exits import exit_code
from dtscheduler.errors import WorkspaceError
from dtscheduler.settings import Settings, read_settings

MAIL = {
    "smtp_host": "mail.example.com",
    "smtp_port": 2525,
    "smtp_security": "tls",
    "smtp_user": "desk",
    "mail_from": "desk@example.com",
    "web_url": "https://runs.example.com/{run}",
    "runs_at_a_time": 8,
}
SECRETS = {
    "smtp_password": "hunter2",
    "sms_url": "clickatell://hunter2/{to}",
    "chat_urls": ("slack://hunter2/a/b", "mmost://host/hunter2"),
    "database": "postgresql+psycopg://desk:hunter2@db.example.com/runs",
}


@pytest.fixture
def settings(tmp_path):
    """Reads settings: ``settings('smtp_port = 25', SMTP_HOST="mail")``."""

    def read(toml="", **environment):
        (tmp_path / "settings.toml").write_text(toml, encoding="utf-8")
        variables = {f"DTSCHEDULER_{name}": text for name, text in environment.items()}
        return read_settings(variables, home=tmp_path)

    return read


def error(read, *args, **kwargs):
    with pytest.raises(WorkspaceError) as caught:
        read(*args, **kwargs)
    return str(caught.value)


# -- where it is read from


def test_nothing_set_means_no_mail_no_chat_and_root_as_admin(settings):
    found = settings()
    assert (found.smtp_host, found.smtp_security, found.smtp_port, found.mail_from) == ("", "starttls", 0, "")
    assert (found.sms_url, found.chat_urls, found.web_url, found.runs_at_a_time) == ("", (), "", 0)
    assert found.admins == ("root",)


def test_everything_can_be_set_in_the_environment(settings):
    found = settings(**{name.upper(): str(value) for name, value in MAIL.items()})
    assert {name: getattr(found, name) for name in MAIL} == MAIL


def test_everything_can_be_set_in_the_file(settings):
    lines = [f"{name} = {value!r}" for name, value in MAIL.items()]
    found = settings("\n".join(lines))
    assert {name: getattr(found, name) for name in MAIL} == MAIL


def test_every_setting_but_the_home_can_be_set_in_both(settings):
    chosen = {"smtp_security": "'none'", "executor": "'inline'", "enforce_memory": "true", "web_login": "true"}
    chosen["web_users"] = '{"ada@example.com" = {user = "ada"}}'
    in_shell = {"web_users": '{"ada@example.com": {"user": "ada"}}'}
    numbers = {"cpu_mhz", "memory_mb", "stop_grace_seconds", "runs_at_a_time", "smtp_port"}
    for name in {field.name for field in fields(Settings)} - {"home"}:
        written = chosen.get(name, "1" if name in numbers else "'1'")
        assert settings(**{name.upper(): in_shell.get(name, written).strip("'")}) == settings(f"{name} = {written}"), (
            name
        )


def test_who_logs_in_on_the_page_is_a_table(settings):
    ada, bo = settings(
        '[web_users."ada@example.com"]\nuser = "ada"\ngroups = ["risk"]\n[web_users.bo]\nuser="bo"'
    ).web_users
    assert (ada.login, ada.user, ada.groups, ada.account) == ("ada@example.com", "ada", ("risk",), "")
    assert (bo.login, bo.user, bo.groups) == ("bo", "bo", ())


@pytest.mark.parametrize(
    "entry", ['"ada"', "{}", "{user = 3}", '{user = "ada", group = "risk"}', '{user="a", groups=[1]}']
)
def test_an_entry_that_does_not_say_who_somebody_is_is_refused(settings, entry):
    assert "web_users must be a table such as" in error(settings, f"web_users = {{ada = {entry}}}")


def test_the_environment_wins(settings):
    assert settings("smtp_host = 'file'\nsmtp_user = 'file'", SMTP_HOST="shell").smtp_host == "shell"
    assert settings("smtp_host = 'file'\nsmtp_user = 'file'", SMTP_HOST="shell").smtp_user == "file"


def test_the_home_is_that_of_the_environment_unless_it_is_chosen(tmp_path):
    variables = {"DTSCHEDULER_HOME": str(tmp_path / "a")}
    assert read_settings(variables).home == tmp_path / "a"
    assert read_settings(variables, home=tmp_path / "b").home == tmp_path / "b"


def test_a_home_may_begin_with_a_tilde():
    assert read_settings({}, home="~/runs").home == Path.home() / "runs"


@pytest.mark.parametrize("written", ["ada,bob", "ada, bob", " ada ,, bob, "])
def test_admins_in_the_environment_are_separated_by_commas(settings, written):
    assert settings(ADMINS=written).admins == ("ada", "bob")


def test_admins_in_the_file_are_a_list_or_text_with_commas(settings):
    assert settings("admins = ['ada', 'bob']").admins == settings("admins = 'ada, bob'").admins == ("ada", "bob")


def test_there_may_be_no_admins_at_all(settings):
    assert settings(ADMINS="").admins == settings("admins = []").admins == ()


def test_several_chats_are_told(settings):
    assert settings("chat_urls = ['slack://a', 'mmost://b']").chat_urls == ("slack://a", "mmost://b")
    assert settings(CHAT_URLS="slack://a,mmost://b").chat_urls == ("slack://a", "mmost://b")


@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
def test_each_kind_of_security_is_taken(settings, security):
    assert settings(SMTP_SECURITY=security).smtp_security == security


# -- what is refused


@pytest.mark.parametrize(
    ("name", "bad", "complaint"),
    [
        ("smtp_port", "often", "smtp_port must be a int, not 'often'"),
        ("smtp_port", "-1", "smtp_port must not be negative"),
        ("smtp_port", "65536", "smtp_port"),
        ("smtp_port", "25.5", "smtp_port must be a"),
        ("smtp_security", "ssl", "smtp_security is 'ssl'; allowed: starttls, tls, none"),
        ("smtp_security", "", "smtp_security is ''; allowed: starttls, tls, none"),
        ("runs_at_a_time", "-1", "runs_at_a_time must not be negative"),
        ("runs_at_a_time", "all", "runs_at_a_time must be a"),
        ("stop_grace_seconds", "nan", "stop_grace_seconds"),
        ("executor", "threads", "executor is 'threads'; allowed: processes, inline"),
    ],
)
def test_a_bad_value_is_refused_with_the_variable_it_stands_in(settings, name, bad, complaint):
    said = error(settings, **{name.upper(): bad})
    assert said.startswith(f"DTSCHEDULER_{name.upper()}: ")
    assert complaint.replace("a int", "an int") in said.replace("a int", "an int")


@pytest.mark.parametrize(
    "line",
    [
        "smtp_port = 'often'",
        "smtp_port = 25.7",
        "smtp_port = true",
        "smtp_port = [25]",
        "smtp_host = 25",
        "smtp_host = ['mail.example.com']",
        "smtp_security = 'ssl'",
        "admins = 5",
        "admins = [5]",
        "admins = true",
        "chat_urls = {a = 1}",
        "web_url = ['https://runs']",
        "runs_at_a_time = -1",
        "runs_at_a_time = 1.5",
    ],
)
def test_a_bad_line_is_refused_with_the_file_and_the_name(settings, tmp_path, line):
    said = error(settings, line)
    assert said.startswith(str(tmp_path / "settings.toml"))
    assert line.split(" = ")[0] in said


@pytest.mark.parametrize("line", ["smpt_host = 'mail'", "home = '.'", "DTSCHEDULER_SMTP_HOST = 'mail'", "progress = 0"])
def test_a_name_that_is_not_a_setting_is_refused_with_those_that_are(settings, line):
    said = error(settings, line)
    assert f"there is no setting {line.split(' = ')[0]!r}; there are: database, executor" in said
    assert "chat_urls" in said


def test_a_section_is_refused_like_an_unknown_name(settings):
    assert "there is no setting 'smtp'" in error(settings, "[smtp]\nhost = 'mail'")


def test_a_file_that_is_no_toml_is_refused_with_the_line(settings, tmp_path):
    said = error(settings, "smtp_host = 'mail'\nsmtp_port =\nsmtp_user = 'desk'")
    assert said.startswith(f"{tmp_path / 'settings.toml'} is not valid TOML")
    assert "line 2" in said


def test_a_file_that_cannot_be_read_is_refused_with_the_reason(tmp_path):
    (tmp_path / "settings.toml").mkdir()
    with pytest.raises(WorkspaceError, match="settings.toml cannot be read: Is a directory"):
        read_settings({}, home=tmp_path)


def test_a_file_that_is_not_utf_8_is_refused_in_words(tmp_path):
    (tmp_path / "settings.toml").write_bytes(b"smtp_user = 'Andr\xe9'")
    with pytest.raises(WorkspaceError, match=r"settings\.toml"):
        read_settings({}, home=tmp_path)


# -- secrets


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_never_in_the_repr(tmp_path, name):
    shown = repr(Settings(home=tmp_path, **{name: SECRETS[name]}))
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    "line",
    [
        "chat_urls = ['slack://hunter2/a/b', 5]",
        "chat_urls = {url = 'slack://hunter2'}",
        "sms_url = ['clickatell://hunter2/{to}']",
        "smtp_password = ['hunter2']",
        "smtp_password = {value = 'hunter2'}",
        "smtp_security = 'tls'\nsmtp_password = 'hunter2",
    ],
)
def test_a_secret_is_not_in_the_error_about_it(settings, line):
    said = error(settings, line)
    assert "hunter2" not in said


def test_secrets_are_not_handed_to_the_workers(tmp_path):
    handed = Settings(home=tmp_path, **{**SECRETS, "database": ""}).as_variables()
    assert "hunter2" not in str(handed)


@pytest.mark.usefixtures("workspace")
def test_secrets_do_not_show_in_doctor_and_status(monkeypatch, tmp_path, capfd):
    monkeypatch.setenv("DTSCHEDULER_SMTP_PASSWORD", SECRETS["smtp_password"])
    monkeypatch.setenv("DTSCHEDULER_SMS_URL", SECRETS["sms_url"])
    monkeypatch.setenv("DTSCHEDULER_CHAT_URLS", ",".join(SECRETS["chat_urls"]))
    use(tmp_path / "home")
    exit_code(commands, ["doctor"])
    exit_code(commands, ["status"])
    printed = capfd.readouterr()
    assert "hunter2" not in printed.out + printed.err
