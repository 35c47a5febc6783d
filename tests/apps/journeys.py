"""Steps that journeys through the studio share: building from a form, watching a run, waiting for the store."""

import re
from pathlib import Path

from playwright.sync_api import expect

import dtscheduler
from dtscheduler.model.run import RunQuery

EXAMPLES = str(Path(dtscheduler.__file__).parent / "examples")


def choose_suite(page, address, title):
    """Open the Build page and choose a suite; returns the button that runs it, when its code is imported."""
    page.goto(f"{address}/build")
    page.get_by_role("combobox", name="Suite").click()
    page.get_by_role("option", name=title).click()
    return page.get_by_role("button", name="Run now")


def release(page, label, *pills):
    """Release pressed pills, each when the page has taken in the one before."""
    for pill in pills:
        page.get_by_role("toolbar", name=label).get_by_role("button", name=pill, exact=True).click()
        expect(pressed(page, label).filter(has_text=re.compile(f"^{pill}$"))).to_have_count(0)


def pressed(page, label):
    """The pills that are pressed."""
    return page.get_by_role("toolbar", name=label).get_by_role("button", pressed=True)


def shows(page, *texts):
    """Wait until a page shows texts."""
    for text in texts:
        expect(page.get_by_role("main").get_by_text(text).first).to_be_visible()


def open_run(page):
    """Follow the link to the run that the Build page has made, to where its graph is drawn."""
    page.get_by_role("link", name="Open run").click()
    page.locator(".dagview .node").first.wait_for()


def runs_of(workspace):
    """The runs in the store, the newest first."""
    return workspace.runs(RunQuery())


def until(page, true):
    """Wait until something is true of the store, while the page goes on."""
    for _ in range(300):
        if true():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not come about")
