"""What changed in a task's code since an earlier run, said in words."""

from __future__ import annotations

from collections.abc import Mapping

from dtscheduler.running.sources.facts import CodeFacts, Definition

_ORDER = ("function", "class", "constant", "statements", "file", "distribution", "python")
_TOP_LEVEL = " (top level)"
_FILE = " (file)"


def code_changes(before: Mapping[str, str], now: CodeFacts) -> list[str]:
    """Phrases such as "function zscore in signals.py lines 12-14", the most telling first.

    What was changed comes before what is used now and what is gone; in each, functions come first, then classes,
    constants, top levels, libraries and Python.

    Args:
        before: digests by the names of definitions, as they were kept with the earlier run.
        now: what the task reaches now.
    """
    known = {found.name: found for found in now.definitions}
    changed = [found for found in now.definitions if found.name in before and before[found.name] != found.digest]
    new = [found for found in now.definitions if found.name not in before]
    gone = sorted(set(before) - set(known))
    return [
        *(_changed(found, before[found.name]) for found in sorted(changed, key=_rank)),
        *(f"{_thing(found)} is used now" for found in sorted(new, key=_rank)),
        *(f"{_past(name, before[name], now)} is gone" for name in gone),
    ]


def _rank(found: Definition) -> tuple[int, str]:
    place = _ORDER.index(found.kind) if found.kind in _ORDER else len(_ORDER)
    return place, found.name


def _changed(found: Definition, before: str) -> str:
    if found.kind in ("distribution", "python"):
        return f"{found.name} {before} → {found.digest}"
    return _thing(found)


def _thing(found: Definition) -> str:
    """``function zscore in signals.py lines 12-14``; what has no file is named alone."""
    if found.kind in ("distribution", "python"):
        return f"{found.name} {found.digest}"
    if found.kind == "statements":
        return f"top level of {found.file or found.name.removesuffix(_TOP_LEVEL)}"
    if found.kind == "file":
        return f"file {found.file or found.name.removesuffix(_FILE)}"
    where = f" in {found.file}" if found.file else ""
    return f"{found.kind} {_short(found)}{where}{_lines(found.lines)}"


def _short(found: Definition) -> str:
    """The name within its module: the module is told by the file."""
    module = found.file.removesuffix(".py").replace("/", ".").replace("\\", ".").removesuffix(".__init__")
    return found.name.removeprefix(f"{module}.") if module else found.name.removeprefix("__main__.")


def _lines(lines: tuple[int, int]) -> str:
    first, last = lines
    if not first:
        return ""
    return f" line {first}" if last <= first else f" lines {first}-{last}"


def _past(name: str, digest: str, now: CodeFacts) -> str:
    """What is no longer reached: its kind was not kept, so it is told by its name and its module's file."""
    if name.endswith(_TOP_LEVEL):
        return f"top level of {_file_of(name.removesuffix(_TOP_LEVEL), now)}"
    if name.endswith(_FILE):
        return f"file {_file_of(name.removesuffix(_FILE), now)}"
    module, _, last = name.rpartition(".")
    if not _is_digest(digest) or not module:
        return f"{name} {digest}" if not _is_digest(digest) else name
    if module == "__main__":
        return last
    kind = "class" if last[:1].isupper() and not last.isupper() else "constant" if last.isupper() else "function"
    return f"{kind} {last} in {_file_of(module, now)}"


def _file_of(module: str, now: CodeFacts) -> str:
    files = {found.name.rpartition(".")[0]: found.file for found in now.definitions if found.file}
    return files.get(module) or f"{module.replace('.', '/')}.py"


def _is_digest(text: str) -> bool:
    return len(text) == 32 and all(letter in "0123456789abcdef" for letter in text)
