"""The report of a run as one page, with a policy that lets nothing run or load but what is in it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from html import unescape

from dtscheduler.drawing.markup import Markup, element, joined
from dtscheduler.reports.page.failures import failures
from dtscheduler.reports.page.head import figures, head
from dtscheduler.reports.page.material import Material, material
from dtscheduler.reports.page.pictures import graph, timeline
from dtscheduler.reports.page.script import SCRIPT
from dtscheduler.reports.page.style import style
from dtscheduler.reports.page.tasks import attempts, summary, task_runs
from dtscheduler.reports.page.wording import moment, name
from dtscheduler.version import __version__
from dtscheduler.workspace import Workspace

_STYLES = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_SECTIONS = (
    ("figures", "Figures", figures),
    ("failures", "Failures", failures),
    ("graph", "Graph", graph),
    ("timeline", "Timeline", timeline),
    ("tasks", "Tasks", summary),
    ("task-runs", "Task runs", task_runs),
    ("attempts", "Earlier attempts", attempts),
)


def page(workspace: Workspace, run_id: int) -> str:
    """Write the report of a run as HTML that opens without a network.

    Args:
        workspace: where the run is; only what its identity may read is found.
        run_id: number of the run, in whatever state it is.

    Raises:
        NotFoundError: there is no such run.
        AccessError: it may not be read.
    """
    return page_of(material(workspace, run_id))


def page_of(found: Material) -> str:
    """The page about what was read of a run."""
    sections = [(place, title, section(found)) for place, title, section in _SECTIONS]
    links = (element("a", title, href=f"#{place}") for place, title, section in sections if section)
    body = element(
        "div",
        head(found),
        element("nav", *links, aria_label="Sections"),
        element("main", *(section for _, _, section in sections)),
        _foot(found),
        class_="sheet",
    )
    css = style()
    styles = [css, *(unescape(inner) for inner in _STYLES.findall(body))]
    return "<!doctype html>\n" + element(
        "html",
        element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", http_equiv="Content-Security-Policy", content=_policy(styles)),
            element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name_="referrer", content="no-referrer"),
            element("title", f"{name(found.run.job_name)}, run {found.run.id}"),
            element("style", css),
        ),
        element("body", body, element("script", SCRIPT)),
        lang="en",
    )


def _policy(styles: Iterable[str]) -> str:
    """Only these style sheets and our script, known by their hashes; a page that was tampered with runs nothing else."""
    known = " ".join(dict.fromkeys(map(_hash, styles)))
    return f"default-src 'none'; style-src {known}; script-src {_hash(SCRIPT)}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _foot(found: Material) -> Markup:
    elsewhere = (
        f" Results were made by account {name(found.elsewhere)}; they are shown as the previews that it wrote."
        if found.elsewhere
        else ""
    )
    return element(
        "footer",
        joined(f"Made by dtscheduler {__version__} at ", moment(found.now, found.zone), ".", elsewhere),
        " Secrets are masked.",
    )
