"""A fingerprint of the code that a task runs: comments, formatting and docstrings do not count, anything else does."""

from __future__ import annotations

import ast
import hashlib
import inspect
import pickle
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

DIGEST_BYTES = 16
_NOT_OF_A_CLASS = frozenset(
    {"__dict__", "__weakref__", "__module__", "__doc__", "__firstlineno__", "__static_attributes__"}
)


def file_fingerprint(work_dir: str, entrypoint: str) -> str:
    """Fingerprint an entrypoint by the syntax trees of its module and of all modules of the work dir that it imports.

    Returns:
        32 hex digits; the same in every process. A module that is not in the work dir counts by its name.
    """
    root = Path(work_dir)
    todo = list(_with_parents(_module_of(root, entrypoint)))
    seen: dict[str, str] = {}
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        path = _path_of(root, name)
        seen[name] = ""
        if path is None:
            continue
        tree = _tree(path)
        if tree is None:
            seen[name] = hashlib.blake2b(path.read_bytes(), digest_size=DIGEST_BYTES).hexdigest()
            continue
        todo.extend(_imported(tree, name, path))
        seen[name] = _tree_text(tree)
    return _digest("\0".join(f"{name}={text}" for name, text in sorted(seen.items())))


def function_fingerprint(function: Callable[..., Any]) -> str:
    """Fingerprint a function that no file of a work dir holds, by its byte code and all it refers to."""
    return _digest("\0".join(_function_facts(inspect.unwrap(function), set())))


def _module_of(root: Path, entrypoint: str) -> str:
    """The longest part of an entrypoint that is a module of the work dir."""
    name = entrypoint
    while name and _path_of(root, name) is None:
        name = name.rpartition(".")[0]
    return name or entrypoint


def _path_of(root: Path, name: str) -> Path | None:
    base = root.joinpath(*name.split("."))
    for candidate in (base / "__init__.py", base.with_suffix(".py")):  # as import prefers them
        if candidate.is_file():
            return candidate
    return None


def _tree(path: Path) -> ast.Module | None:
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, RecursionError):
        return None


def _tree_text(tree: ast.Module) -> str:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return _digest(ast.dump(tree, annotate_fields=False))


def _imported(tree: ast.Module, name: str, path: Path) -> Iterator[str]:
    """All dotted names that may be modules: parents are executed too, and ``from a import b`` may mean a module a.b."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _with_parents(alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")
                anchor = ".".join(parents[: len(parents) - node.level + 1])
                base = f"{anchor}.{base}".strip(".")
            yield from _with_parents(base)
            for alias in node.names:
                yield f"{base}.{alias.name}".strip(".")


def _with_parents(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.rpartition(".")[0]


def _function_facts(function: Any, seen: set[int]) -> Iterator[str]:
    if id(function) in seen:
        return
    seen.add(id(function))
    code = function.__code__
    yield from _code_facts(code, function.__doc__)
    yield from (_value_fact(v, seen) for v in (function.__defaults__, function.__kwdefaults__))
    for cell in function.__closure__ or ():
        try:
            yield _value_fact(cell.cell_contents, seen)
        except ValueError:
            yield "empty cell"
    for name in sorted(_names(code)):
        if name in function.__globals__:
            yield f"{name}={_value_fact(function.__globals__[name], seen)}"


def _code_facts(code: types.CodeType, doc: str | None) -> Iterator[str]:
    yield code.co_code.hex()
    yield repr((code.co_names, code.co_varnames, code.co_freevars, code.co_flags))
    for place, constant in enumerate(code.co_consts):
        if isinstance(constant, types.CodeType):
            yield from _code_facts(constant, None)
        elif place or constant not in (doc, None):  # the first one is the docstring, or None where there is none
            yield _constant(constant)


def _names(code: types.CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _names(constant)
    return names


def _constant(constant: object) -> str:
    if isinstance(constant, frozenset):
        return f"frozenset{sorted(map(_constant, constant))}"
    return f"{type(constant).__name__} {constant!r}"


def _value_fact(value: Any, seen: set[int]) -> str:
    """What there is to know of a value that a function refers to, the same in every process."""
    value = inspect.unwrap(value) if callable(value) and not isinstance(value, type) else value
    if isinstance(value, int | float | str | bytes | bool | type(None) | complex):
        return f"{type(value).__name__} {value!r}"
    if isinstance(value, types.ModuleType):
        return f"module {value.__name__}"
    if id(value) in seen:
        return "seen above"
    if isinstance(value, types.FunctionType):
        return _digest("\0".join(_function_facts(value, seen)))
    if isinstance(value, type):
        return _class_fact(value, seen)
    if isinstance(value, types.BuiltinFunctionType):
        return f"{value.__module__}.{value.__qualname__}"
    return _object_fact(value, {*seen, id(value)})


def _class_fact(kind: type, seen: set[int]) -> str:
    if kind.__module__ not in ("__main__", "__mp_main__"):
        return f"{kind.__module__}.{kind.__qualname__}"
    seen.add(id(kind))
    members = {name: member for name, member in vars(kind).items() if name not in _NOT_OF_A_CLASS}
    facts = [f"{name}={_value_fact(_plain_member(member), seen)}" for name, member in sorted(members.items())]
    return _digest("\0".join([kind.__qualname__, *(_class_fact(base, seen) for base in kind.__bases__), *facts]))


def _object_fact(value: Any, seen: set[int]) -> str:
    kind = type(value)
    if kind in (list, tuple):
        return f"{kind.__name__}[{','.join(_value_fact(item, seen) for item in value)}]"
    if kind in (set, frozenset):
        return f"{kind.__name__}[{','.join(sorted(_value_fact(item, seen) for item in value))}]"
    if kind is dict:
        return f"dict[{','.join(f'{_value_fact(k, seen)}:{_value_fact(v, seen)}' for k, v in value.items())}]"
    if kind.__module__ in ("__main__", "__mp_main__"):
        return f"{_class_fact(kind, seen)}({_value_fact(getattr(value, '__dict__', None), seen)})"
    try:
        return hashlib.blake2b(pickle.dumps(value, protocol=5), digest_size=DIGEST_BYTES).hexdigest()
    except Exception:
        return f"{kind.__module__}.{kind.__qualname__}"


def _plain_member(member: object) -> object:
    if isinstance(member, staticmethod | classmethod):
        return member.__func__
    return [member.fget, member.fset, member.fdel] if isinstance(member, property) else member


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).hexdigest()
