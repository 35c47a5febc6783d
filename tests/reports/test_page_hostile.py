"""Text of others in the report of a run stays text, whatever it looks like, and the page runs nothing but its own."""

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from past_runs import NOON, part, spec

from dtscheduler.executors.logs import log_path
from dtscheduler.model.config import encode
from dtscheduler.model.job import PartSpec, TaskSpec
from dtscheduler.model.run import RunRecord
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.model.text import one_line
from dtscheduler.reports.page.material import Material, Sample, last_of
from dtscheduler.reports.page.script import SCRIPT
from dtscheduler.reports.page.style import style
from dtscheduler.reports.page.whole import page, page_of
from dtscheduler.triage.grouping import group_failures

CORPUS = {
    "script": "<script>alert(1)</script>",
    "end of script": "</script><script>alert(1)</script>",
    "end of style": "</style><img src=x onerror=alert(1)>",
    "end of title": "</title></svg></table><h1>owned</h1>",
    "svg": '<svg onload="alert(1)"><foreignObject>x</foreignObject></svg>',
    "attribute": '" onmouseover="alert(1)" x=\'',
    "comment": "<!--<script>-->]]><![CDATA[",
    "entities": "&lt;b&gt; &#60;i&#62; &amp;amp; &unknown; &",
    "link": "javascript:alert(1)//data:text/html,<b>",
    "nul": "a\0b\x1b[2J\x07c\x9b2J",
    "surrogate": "a\udc80b\ud800c",
    "right to left": "abc\u202edcba\u2066x\u2069",
    "emoji": "🧨👩‍👩‍👧‍👦 é e\u0301 漢字",
    "line breaks": "a\r\nb\u2028c\u2029d\ve\ff",
    "long": "<b>" * 3_400,
    "format": "{0} {run.__class__} %s ${x} {{ 7*7 }}",
}
OURS = {
    *("html", "head", "meta", "title", "style", "body", "script", "div", "header", "main", "section", "footer", "nav"),
    *("p", "h1", "h2", "h4", "b", "a", "span", "small", "code", "pre", "br", "dl", "dt", "dd", "ul", "li", "time"),
    *("details", "summary", "table", "caption", "thead", "tbody", "tr", "th", "td"),
    *("svg", "desc", "g", "rect", "path", "circle", "text", "line"),
}


class Outline(HTMLParser):
    """Which elements and attributes a page has, and its texts in the order they stand in."""

    def __init__(self, written):
        super().__init__()
        self.elements, self.attributes, self.open, self.texts = Counter(), set(), [], []
        self.feed(written)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements[tag] += 1
        self.attributes |= {f"{tag} {name}" for name, _ in attributes}
        self.texts += [value or "" for name, value in attributes if name == "title"]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements[tag] += 1
        self.attributes |= {f"{tag} {name}" for name, _ in attributes}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.texts.append(text)

    def handle_comment(self, data):
        pytest.fail(f"a comment: {data!r}")


@pytest.fixture
def report(past, workspace):
    """The report of a run in which every text is the one given."""

    def written(text):
        name = text[:3_000]
        parts = tuple(PartSpec(f"{name}{n}", name, encode({"key": text, f"k{name}": 1}, "config")) for n in range(3))
        tasks = (
            TaskSpec(name=name, entrypoint=name, parts=parts, parallel=True, description=text),
            TaskSpec(name=f"{name}!", entrypoint=name, parts=(PartSpec(f"{name}!"),)),
        )
        job = replace(spec("x"), name=name, tasks=tasks, upstream=((), (0,)), labels=(name,))
        facts = {"task_name": name, "reason": text, "preview": text, "worker": name, "host": name, "traceback": text}
        failed = {"status": TaskStatus.FAILED, **facts}
        records = [
            part(0, part_name=f"{name}0", **failed),
            part(1, part_name=f"{name}1", **facts),
            part(2, part_name=f"{name}2", **failed),
            part(0, task=1, **{**facts, "task_name": f"{name}!", "part_name": f"{name}!", "patched_by": name}),
        ]
        header = {"job_name": name, "owner": name, "group": name, "tag": name, "labels": (name, name), "host": name}
        run = past(records, spec=job, status=RunStatus.FAILED, reason=text, submitted_by=name, run_as=name, **header)
        log = log_path(workspace.log_folder(workspace.run(run).uuid), 0, 0, 1)
        log.parent.mkdir(parents=True)
        log.write_bytes(f"{text}\nthe end".encode("utf-8", "surrogatepass"))
        return page(workspace, run)

    return written


@pytest.mark.parametrize("kind", CORPUS)
def test_no_text_becomes_markup(report, kind):
    try:
        written = report(CORPUS[kind])
    except (UnicodeEncodeError, ValueError) as error:  # a store that cannot keep it never shows it either
        assert kind == "surrogate", error
        return
    plain = Outline(written)
    assert plain.elements.keys() <= OURS
    assert not {name for name in plain.attributes if name.partition(" ")[2].startswith("on")}
    assert plain.open == []


@pytest.mark.parametrize("kind", sorted(set(CORPUS) - {"surrogate"}))
def test_the_elements_are_those_of_a_run_with_plain_text(report, kind):
    harmless = Outline(report("plain"))
    found = Outline(report(CORPUS[kind]))
    assert found.elements - harmless.elements == Counter()
    assert found.attributes == harmless.attributes


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=60))
def test_whatever_the_text_the_elements_are_the_same(text):
    found = Outline(page_of(failed_run(text)))
    assert found.open == []
    assert found.elements == Outline(page_of(failed_run("plain"))).elements
    assert one_line(f"a{text}", 200) in found.texts


def failed_run(text):
    """What is read of a run of one task that failed."""
    name = f"a{text}"
    record = part(status=TaskStatus.FAILED, task_name=name, part_name=name, reason=f"E: {text}", traceback=name)
    run = RunRecord(
        id=1, uuid="u", job_name=name, spec_hash="", status=RunStatus.FAILED, submitted=NOON, rundate=NOON.date(),
        owner=name, labels=(name,), started=NOON, ended=NOON,
    )  # fmt: skip
    return Material(
        run=run,
        spec=spec(name),
        records=[record],
        attempts=[],
        groups=group_failures([record], {}),
        samples=[[Sample(record, last_of(name), "")]],
        zone=UTC,
        now=NOON,
    )


@pytest.mark.parametrize("kind", ["script", "end of script", "attribute", "entities", "emoji", "format", "comment"])
def test_texts_come_back_as_they_were(report, kind):
    texts = Outline(report(CORPUS[kind])).texts
    assert one_line(CORPUS[kind], 200) in texts


@pytest.mark.parametrize("kind", ["nul", "right to left", "line breaks"])
def test_what_would_be_obeyed_is_not_in_the_page(report, kind):
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", report(CORPUS[kind]))


def test_the_policy_allows_our_script_and_style_by_their_hashes_and_nothing_else(report):
    written = report("plain")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', written)[1].replace("&#39;", "'")
    allowed = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert allowed["default-src"] == "'none'"
    assert "unsafe" not in policy
    assert allowed["script-src"] == hashed(re.search("<script>(.*?)</script>", written, re.DOTALL)[1])
    styles = re.findall("<style>(.*?)</style>", written, re.DOTALL)
    assert set(allowed["style-src"].split()) == {hashed(text) for text in styles}


def hashed(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize("text", [SCRIPT, style()])
def test_our_script_and_style_read_the_same_escaped_and_as_they_are(text):
    assert not set("<>&\r") & set(text)
