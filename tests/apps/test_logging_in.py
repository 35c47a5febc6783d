"""Logging in: nobody reads anything before, everybody reads what is theirs afterwards."""

import re

import pytest
from openid_provider import CLIENT, SECRET, free_port, openid_provider
from playwright.sync_api import expect

from dtscheduler import DAG, Task

pytestmark = pytest.mark.slow
USERS = """
[web_users."ada@example.com"]
user = "ada"
groups = ["risk"]
account = "{account}"

[web_users."bo@example.com"]
user = "bo"
account = "{account}"
"""


@pytest.fixture
def secret_job(workspace, work_dir):
    """A job that its owner alone may read."""
    folder = work_dir({"steps.py": "from dtscheduler import batch\n@batch()\ndef one(): return 1\n"})
    dag = DAG(Name="Secret carry", DevRun=True, WorkDir=folder, Owner="ada", Group="risk", Permissions="rw----")
    Task(Name="one", Entrypoint="steps.one", dag=dag)
    return dag.save()


@pytest.fixture
def configure(workspace):
    """Writes the settings of the page: ``configure('web_login = true')``."""

    def write(settings, login_file=""):
        (workspace.home / "settings.toml").write_text(settings + USERS.format(account=workspace.user))
        if login_file:
            (workspace.home / "streamlit.toml").write_text(login_file)

    return write


def test_with_openid_connect_a_visitor_logs_in_and_sees_what_is_theirs(studio, configure, secret_job, new_page):
    with openid_provider() as provider:
        login = f"""
            [auth]
            redirect_uri = "http://127.0.0.1:PORT/oauth2callback"
            cookie_secret = "{"x" * 40}"
            client_id = "{CLIENT}"
            client_secret = "{SECRET}"
            server_metadata_url = "{provider.address}/.well-known/openid-configuration"
        """
        port = free_port()
        configure("web_login = true\n", login.replace("PORT", str(port)))
        address = studio(port=port)
        page = new_page()
        page.goto(f"{address}/jobs")
        expect(page.get_by_role("button", name="Log in")).to_be_visible()
        assert "Secret carry" not in page.content()

        provider.claims = {"sub": "1", "email": "ada@example.com", "email_verified": True}
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_text("Logged in as ada")).to_be_attached()
        page.goto(f"{address}/jobs?text=carry")
        expect(page.get_by_text(re.compile("1 job"))).to_be_visible()

        other = new_page()
        provider.claims = {"sub": "2", "email": "bo@example.com", "email_verified": True}
        other.goto(f"{address}/jobs")
        other.get_by_role("button", name="Log in").click()
        expect(other.get_by_text("Logged in as bo")).to_be_attached()
        other.goto(f"{address}/jobs?text=carry")
        expect(other.get_by_text(re.compile("[Nn]o job"))).to_be_visible()

        stranger = new_page()
        provider.claims = {"sub": "3", "email": "ada@example.com", "email_verified": False}
        stranger.goto(address)
        with stranger.expect_response(re.compile("/oauth2callback")):
            stranger.get_by_role("button", name="Log in").click()
        expect(stranger.get_by_role("button", name="Log in")).to_be_visible()
        stranger.goto(f"{address}/jobs")
        expect(stranger.get_by_role("button", name="Log in")).to_be_visible()


def test_behind_a_proxy_the_header_says_who_visits(studio, configure, secret_job, new_page):
    configure('web_header = "X-Forwarded-User"\n')
    address = studio()
    ada = new_page(extra_http_headers={"X-Forwarded-User": "ada@example.com"})
    ada.goto(f"{address}/jobs?text=carry")
    expect(ada.get_by_text(re.compile("1 job"))).to_be_visible()
    for headers in ({}, {"X-Forwarded-User": "eve@example.com"}):
        eve = new_page(extra_http_headers=headers)
        eve.goto(f"{address}/jobs?text=carry")
        expect(eve.get_by_text(re.compile("not logged in|knows no such user"))).to_be_visible()
        assert "Secret carry" not in eve.content()
