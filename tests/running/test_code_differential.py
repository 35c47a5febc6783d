"""Of generated programs: where executing them gives other results, their fingerprints differ."""

import importlib
import itertools
import sys
import types
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dtscheduler.running.code import file_code

NUMBER = st.integers(0, 4)
NAME = st.sampled_from("ABC")
FUNCTION = st.sampled_from(["f", "g"])


def filled(template, **parts):
    return st.fixed_dictionaries(parts).map(lambda values: template.format(**values))


PLAIN = [
    filled("{n} = {i}", n=NAME, i=NUMBER),
    filled("{n} = [{i}]", n=NAME, i=NUMBER),
    filled("{n} = {m}", n=NAME, m=NAME),
    filled("{n} = ({m}, {i})", n=NAME, m=NAME, i=NUMBER),
    filled("{n}, {m} = {i}, {m}", n=NAME, m=NAME, i=NUMBER),
    filled("{n} = str({m})", n=NAME, m=NAME),
    filled("{n} = list({m})", n=NAME, m=NAME),
    filled("{n} = iter([{i}, 5, 6])", n=NAME, i=NUMBER),
    filled("{n} = [x for x in {m}]", n=NAME, m=NAME),
    filled("{n}.append({i})", n=NAME, i=NUMBER),
    filled("{n}.append({m})", n=NAME, m=NAME),
    filled("{n}[0].append({i})", n=NAME, i=NUMBER),
    filled("{n}[0] = {i}", n=NAME, i=NUMBER),
    filled("{n} += {m}", n=NAME, m=NAME),
    filled("del {n}", n=NAME),
    filled("for {n} in range({i}): pass", n=NAME, i=NUMBER),
    filled("for x in range({i}): {n}.append(x)", n=NAME, i=NUMBER),
    filled("if {n}: {m} = {i}", n=NAME, m=NAME, i=NUMBER),
    filled("try: {n} = {m}\nexcept Exception: {n} = {i}", n=NAME, m=NAME, i=NUMBER),
    filled("str = {n}", n=NAME),
]
FUNCTIONS = [
    filled("def {f}(x={i}): return [x, {m}]", f=FUNCTION, i=NUMBER, m=NAME),
    filled("def {f}(x={m}): return x", f=FUNCTION, m=NAME),
    filled("def {f}(x=0):\n    global {n}\n    {n} = [x, {i}]\n    return {n}", f=FUNCTION, n=NAME, i=NUMBER),
    filled("def {f}(x=0):\n    {m}.append({i})\n    return {m}", f=FUNCTION, m=NAME, i=NUMBER),
    filled("def {f}(x=0):\n    {m} = {i}\n    return lambda: {m}", f=FUNCTION, m=NAME, i=NUMBER),
    filled("def {f}(k): return k", f=FUNCTION),
    filled("def {f}(k):\n    {n}.append(k.__name__)\n    return k", f=FUNCTION, n=NAME),
    filled("{f} = lambda x=0: {m}", f=FUNCTION, m=NAME),
    filled("{n} = {f}({i})", n=NAME, f=FUNCTION, i=NUMBER),
    filled("{f}({i})", f=FUNCTION, i=NUMBER),
    filled("@{f}\ndef h(x=0): return {i}", f=FUNCTION, i=NUMBER),
    filled("{n} = list(map({f}, [{i}]))", n=NAME, f=FUNCTION, i=NUMBER),
    filled("class K:\n    {n} = {i}\n    def __init_subclass__(cls): {n}.append(cls.__name__)", n=NAME, i=NUMBER),
    filled("class K:\n    {n} = {m}", n=NAME, m=NAME),
    filled("class L(K):\n    {n} = {i}", n=NAME, i=NUMBER),
    filled("@{f}\nclass K:\n    {n} = {i}", f=FUNCTION, n=NAME, i=NUMBER),
    filled("K.{n} = {i}", n=NAME, i=NUMBER),
    filled("{f}.A = {i}", f=FUNCTION, i=NUMBER),
]
IMPORTS = [
    filled("from aid import {n}", n=NAME),
    filled("from aid import {n} as {m}", n=NAME, m=NAME),
    filled("from aid import {f}", f=FUNCTION),
    filled("from aid import K"),
    st.just("from aid import *"),
    st.just("import aid"),
    filled("import aid\naid.{n} = {i}", n=NAME, i=NUMBER),
    filled("import aid\naid.{n}.append({i})", n=NAME, i=NUMBER),
    filled("import aid as {n}", n=NAME),
]
USES = st.sampled_from(
    ["A", "B", "C", "f()", "g()", "h()", "K.A", "aid.A", "getattr(K, 'B')", "globals().get('C')", "f", "K"]
)
LEAST = ["A = [1]", "B = 2", "C = 3", "def f(x=0): return x", "def g(x=0): return A"]

AID = st.lists(st.one_of(*PLAIN, *FUNCTIONS), max_size=5).map(lambda more: LEAST + more)
JOB = st.lists(st.one_of(*PLAIN, *FUNCTIONS, *IMPORTS), max_size=7).map(lambda more: ["import aid", *LEAST[:4], *more])
NUMBERS = itertools.count()


def executable(statements, modules):
    """Those of some statements that can be executed one after the other, and the module that they make."""
    module = types.ModuleType("made")
    kept = []
    with pytest.MonkeyPatch.context() as patch:
        for name, made in modules.items():
            patch.setitem(sys.modules, name, made)
        for statement in statements:
            try:
                exec(statement, vars(module))
            except Exception:
                continue
            kept.append(statement)
    return kept, module


def program(job, aid):
    aid, module = executable(aid, {})
    return executable(job, {"aid": module})[0], aid


@st.composite
def edits(draw):
    """A program, and the same one with a statement replaced, removed, added or moved."""
    job, aid = draw(JOB), draw(AID)
    body, pool = draw(st.sampled_from([(job, [*PLAIN, *FUNCTIONS, *IMPORTS]), (aid, [*PLAIN, *FUNCTIONS])]))
    other, place = list(body), draw(st.integers(0, len(body) - 1))
    match draw(st.sampled_from(["replace", "remove", "add", "move"])):
        case "replace":
            other[place] = draw(st.one_of(*pool))
        case "remove":
            del other[place]
        case "add":
            other.insert(place, draw(st.one_of(*pool)))
        case "move":
            other.insert(draw(st.integers(0, len(body) - 1)), other.pop(place))
    after = (other, aid) if body is job else (job, other)
    uses = draw(st.lists(USES, min_size=1, max_size=2))
    return uses, program(job, aid), program(*after)


def size_of(uses):
    shown = ", ".join(f"show(lambda: {use})" for use in uses)
    return f"""
def show(get):
    try:
        found = get()
        return repr(found) if not callable(found) else getattr(found, "__name__", "")
    except Exception as error:
        return type(error).__name__

def size():
    return [{shown}]
"""


def outcome(folder):
    """What a worker would get: the result, or the exception; empty if the file cannot be imported, which is told anyway."""
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    try:
        size = importlib.import_module("job").size
    except Exception:
        return ""
    else:
        return result_of(size, folder)
    finally:
        sys.path.remove(folder)
        for name in ("job", "aid"):
            sys.modules.pop(name, None)


def result_of(size, folder):
    try:
        return repr(size()).replace(folder, "")
    except Exception as error:
        return type(error).__name__


def written(folder, uses, program):
    job, aid = program
    folder.mkdir()
    Path(folder, "job.py").write_text("\n".join(job) + size_of(uses))
    Path(folder, "aid.py").write_text("\n".join(aid) + "\n")
    return str(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("programs")


@settings(max_examples=150, deadline=None)
@given(edits())
@example((["A"], (["A = iter([1, 2])", "B = list(A)"], []), (["A = iter([1, 2])"], [])))
def test_where_results_differ_fingerprints_differ(folder, edit):
    uses, *programs = edit
    folders = [written(folder / str(next(NUMBERS)), uses, program) for program in programs]
    before, after = [outcome(each) for each in folders]
    if before and after and before != after and "0x" not in before + after:
        assert len({file_code(each, "job.size").fingerprint for each in folders}) == 2
