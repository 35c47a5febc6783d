"""The code of a function that no file of a work dir holds: its byte code, and all the objects that it refers to."""

from __future__ import annotations

import dis
import io
import os
import pickle
import sys
import sysconfig
import types
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from dtscheduler.running.importing import unmarked
from dtscheduler.running.sources.facts import Definition, digest_of, digest_of_bytes
from dtscheduler.running.sources.quiet import is_ours

_MAINS = frozenset({"__main__", "__mp_main__"})
_NOT_OF_A_CLASS = frozenset(
    {"__dict__", "__weakref__", "__module__", "__doc__", "__firstlineno__", "__static_attributes__"}
    | {"__dataclass_params__", "__abstractmethods__", "_abc_impl", "__subclasshook__"}
)
_ANY_NAME = frozenset({"eval", "exec", "globals"})
_MARKS = frozenset({"__doc__", "getdoc", "__subclasses__"})
_OF_A_NOTEBOOK = frozenset({"In", "Out", "exit", "quit", "get_ipython", "open"})
_SLOTS = (types.GetSetDescriptorType, types.MemberDescriptorType)
_SIMPLE = (int, float, str, bytes, bool, type(None), complex)

Names = dict[str, list[tuple[str, tuple[str, ...]]]]


def live_code(function: Callable[..., Any]) -> tuple[list[Definition], Names, set[str]]:
    """What a function reaches.

    Returns:
        Its definitions; the names of files that it refers to, by the folder that they are imported from; and the
        top-level modules of libraries.
    """
    bare = unmarked(function)
    walk = _Walk(bare.__module__ or "__main__")
    walk.label(bare)
    walk.finish()
    return walk.definitions, walk.names, walk.outside


class _Walk:
    """Goes from object to object; each gets a name and is looked at once."""

    def __init__(self, module: str) -> None:
        self.definitions: list[Definition] = []
        self.names: Names = {}
        self.outside: set[str] = set()
        self._by_value = _MAINS | {module}
        self._labels: dict[int, str] = {}
        self._kept: list[object] = []  # so that no id is given twice
        self._sets: dict[int, str] = {}
        self._taken: set[str] = set()
        self._todo: list[tuple[str, Any]] = []
        self._marks: set[str] = set()

    def finish(self) -> None:
        while self._todo or self._derived():
            name, found = self._todo.pop()
            if isinstance(found, types.FunctionType):
                code = found.__code__
                said = digest_of(self._function(found))
                lines = code.co_firstlineno, max([code.co_firstlineno, *_lines(code)])
                self.definitions.append(Definition(name=name, kind="function", digest=said, lines=lines))
            elif isinstance(found, type):
                self.definitions.append(Definition(name=name, kind="class", digest=digest_of(self._class(found))))

        if self._marks & {"__doc__", "getdoc"}:
            texts = [str(found.__doc__) for found in self._kept if isinstance(found, types.FunctionType | type)]
            self.definitions.append(
                Definition(name="__main__ (docstrings)", kind="constant", digest=digest_of(sorted(texts)))
            )

    def _derived(self) -> bool:
        """Where subclasses are asked for, queue those of the classes that were seen; whether there are new ones."""
        if "__subclasses__" in self._marks:
            for kind in [found for found in self._kept if isinstance(found, type)]:
                subclasses: list[type] = type.__subclasses__(kind)
                for derived in subclasses:
                    if _module_of(derived) in self._by_value:
                        self.label(derived)
        return bool(self._todo)

    def label(self, found: Any) -> str:
        """The name under which a function or class counts; looking at it is put off."""
        if id(found) not in self._labels:
            name = f"{_module_of(found)}.{found.__qualname__}"
            number = 1
            while (label := name if number == 1 else f"{name} #{number}") in self._taken:
                number += 1
            self._taken.add(label)
            self._labels[id(found)] = label
            self._kept.append(found)
            self._todo.append((label, found))
        return self._labels[id(found)]

    # Functions

    def _function(self, function: types.FunctionType) -> Iterator[str]:
        yield from self._code(function.__code__)
        yield self._value(function.__defaults__)
        yield self._value(dict(sorted((function.__kwdefaults__ or {}).items())))
        yield self._value(dict(sorted((function.__annotations__ or {}).items())))
        extra = {name: value for name, value in function.__dict__.items() if not name.startswith("__")}
        yield self._value(dict(sorted(extra.items())))
        for cell in function.__closure__ or ():
            try:
                yield self._value(cell.cell_contents)
            except ValueError:
                yield "empty cell"
        names = _names(function.__code__)
        self._marks |= names & _MARKS
        if names & _ANY_NAME:
            names |= {name for name in function.__globals__ if not name.startswith("_") and name not in _OF_A_NOTEBOOK}
        for name in sorted(names):
            if name in function.__globals__:
                yield f"{name}={self._global(function, name)}"
        for module in sorted(_imported(function.__code__)):
            yield self._module(module, [()])

    def _global(self, function: types.FunctionType, name: str) -> str:
        value = function.__globals__[name]
        if isinstance(value, types.ModuleType):
            return self._module(value.__name__, _chains(function.__code__, name))
        said = self._value(value)
        if not isinstance(value, types.FunctionType | type | types.BuiltinFunctionType):
            label = f"{function.__globals__.get('__name__', '__main__')}.{name}"
            if label not in self._taken:
                self._taken.add(label)
                self.definitions.append(Definition(name=label, kind="constant", digest=digest_of([said])))
        return said

    def _code(self, code: types.CodeType) -> Iterator[str]:
        """The instructions with what they load, so that a docstring, which nothing loads, does not count."""
        yield repr((code.co_varnames, code.co_freevars, code.co_cellvars, code.co_flags))
        yield repr((code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_exceptiontable))
        for step in dis.get_instructions(code):
            if step.opcode not in dis.hasconst:
                yield f"{step.opname} {step.argrepr if step.opcode in dis.hasname else step.argval}"
            elif isinstance(step.argval, types.CodeType):
                yield from self._code(step.argval)
            else:
                yield f"{step.opname} {_constant(step.argval)}"

    # Modules, of the user's folders or of libraries

    def _module(self, name: str, chains: Iterable[tuple[str, ...]]) -> str:
        said = sorted(chains)
        if is_ours(name):
            return f"ours {name}"
        folder = _folder_of(name)
        if folder is None:
            self.outside.add(name.partition(".")[0])
        else:
            self.names.setdefault(folder, []).extend((name, chain) for chain in said or [()])
        return f"module {name} {said}"

    def _elsewhere(self, found: Any) -> str | None:
        """What a function or class counts by that is not taken by value: its name, in a file or a library."""
        module, name = _module_of(found), found.__qualname__
        if module in self._by_value:
            return None
        if is_ours(module):
            return f"ours {module}.{name}"
        if _folder_of(module) is not None:
            if not name.isidentifier() or getattr(sys.modules.get(module), name, None) is not found:
                return None
            return self._module(module, [(name,)])
        self.outside.add(module.partition(".")[0])
        return f"outside {module}.{name}"

    # Values

    def _value(self, value: Any) -> str:
        """What there is to know of a value, the same in every process."""
        if isinstance(value, _SIMPLE) and type(value) in _SIMPLE:
            return f"{type(value).__name__} {value!r}"
        if isinstance(value, types.ModuleType):
            return self._module(value.__name__, [()])
        if isinstance(value, types.FunctionType):
            return self._function_value(value)
        if isinstance(value, type):
            return self._elsewhere(value) or self.label(value)
        if isinstance(value, types.BuiltinFunctionType) and isinstance(value.__self__, types.ModuleType | None):
            return f"{value.__module__}.{value.__qualname__}"
        if id(value) in self._labels:
            return self._labels[id(value)]
        self._labels[id(value)] = f"object {len(self._labels)}"
        self._kept.append(value)
        return self._object(value)

    def _function_value(self, function: types.FunctionType) -> str:
        if is_ours(str(function.__globals__.get("__name__"))) and hasattr(function, "__wrapped__"):
            return f"batch {self._value(function.__wrapped__)}"
        said = self._elsewhere(function)
        if said is None:
            return self.label(function)
        if not _is_wrapper(function):
            return said
        if id(function) not in self._labels:
            self._labels[id(function)] = f"wrapper {len(self._labels)}"
            self._kept.append(function)
            cells = [cell.cell_contents for cell in function.__closure__ or () if not _is_empty(cell)]
            return said + " ".join(map(self._value, [*cells, function.__defaults__, dict(function.__dict__)]))
        return self._labels[id(function)]

    def _class(self, kind: type) -> Iterator[str]:
        yield from (self._value(base) for base in kind.__bases__)
        yield self._value(type(kind))
        for name, member in sorted(vars(kind).items()):
            if name not in _NOT_OF_A_CLASS and not isinstance(member, _SLOTS):
                yield f"{name}={self._value(_plain_member(member))}"

    def _object(self, value: Any) -> str:
        kind = type(value)
        if is_ours(kind.__module__):  # a Run, a DAG, a Schedule: what it is, not all that hangs on it
            said = repr(value)
            return f"ours {kind.__qualname__} {'' if ' at 0x' in said else said}"
        if kind in (list, tuple):
            return f"{kind.__name__}[{','.join(map(self._value, value))}]"
        if kind in (set, frozenset):
            return self._set(value)
        if kind in (dict, types.MappingProxyType):
            return f"dict[{','.join(f'{self._value(k)}:{self._value(v)}' for k, v in value.items())}]"
        if hasattr(value, "__wrapped__") and callable(value):  # a cached function
            return f"{kind.__qualname__} of {self._value(value.__wrapped__)}"
        if isinstance(value, types.MethodType | types.BuiltinMethodType):
            called = getattr(value, "__func__", None)
            return f"{value.__name__} of {self._value(value.__self__)} {self._value(called)}"
        if isinstance(value, property | staticmethod | classmethod):
            return f"{kind.__name__} {self._value(_plain_member(value))}"
        if kind.__module__ in self._by_value:
            return f"{self._value(kind)}({','.join(self._value(part) for part in _state(value))})"
        return self._pickled(value)

    def _set(self, value: Any) -> str:
        """What there is to know of a set; it is looked at once, also where its members lead back to it."""
        if id(value) not in self._sets:
            self._kept.append(value)
            self._sets[id(value)] = f"set {len(self._sets)}"
            self._sets[id(value)] = f"{type(value).__name__}[{','.join(sorted(map(self._value, value)))}]"
        return self._sets[id(value)]

    def _pickled(self, value: Any) -> str:
        buffer = io.BytesIO()
        try:
            _Pickler(buffer, self._value).dump(value)
        except Exception:
            return f"{self._value(type(value))}({','.join(map(self._value, _state(value)))})"
        return f"{self._value(type(value))} {digest_of_bytes(buffer.getvalue())}"


class _Pickler(pickle.Pickler):
    """Writes functions, classes and sets within an object as what there is to know of them."""

    def __init__(self, buffer: io.BytesIO, known: Callable[[Any], str]) -> None:
        super().__init__(buffer, protocol=5)
        self._known = known

    def persistent_id(self, found: Any) -> str | None:
        told = isinstance(found, types.FunctionType | type | types.ModuleType | set | frozenset)
        if told or type(found).__module__.startswith("dtscheduler"):
            return self._known(found)
        return None


def _is_wrapper(function: types.FunctionType) -> bool:
    """Whether a function of a library was made for others that it holds: by a decorator, say."""
    found: Any = sys.modules.get(str(function.__module__))
    for name in function.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is not function and bool(function.__closure__ or function.__dict__)


def _is_empty(cell: types.CellType) -> bool:
    try:
        return cell.cell_contents is cell
    except ValueError:
        return True


def _module_of(found: Any) -> str:
    if isinstance(found, types.FunctionType):
        return str(found.__globals__.get("__name__", "__main__"))
    return str(found.__module__)


def _folder_of(module: str) -> str | None:
    """The folder that a module of the user's is imported from, None for those of libraries and of Python."""
    loaded = sys.modules.get(module)
    file = getattr(loaded, "__file__", None) or _found_file(module)
    if not file or _is_library(os.path.abspath(file)):  # noqa: PTH100
        return None
    path = Path(file).absolute()
    steps = module.count(".") + (path.name == "__init__.py")
    return str(path.parents[steps])


def _found_file(module: str) -> str:
    if module in sys.modules or module.partition(".")[0] in sys.stdlib_module_names:
        return ""
    for folder in sys.path:
        base = Path(folder, *module.split("."))
        for path in (base / "__init__.py", base.with_suffix(".py")):
            if path.is_file():
                return str(path)
    return ""


def _is_library(file: str) -> bool:
    folders = {sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")}
    return any(Path(file).is_relative_to(folder) for folder in folders if folder)


def _names(code: types.CodeType) -> set[str]:
    return {name for inner in _codes(code) for name in inner.co_names}


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _lines(code: types.CodeType) -> Iterator[int]:
    return (line for inner in _codes(code) for _, _, line in inner.co_lines() if line)


def _chains(code: types.CodeType, name: str) -> set[tuple[str, ...]]:
    """The attributes that are read of a global: ``h.limits.get`` and ``h.f`` of ``h`` are two."""
    found: set[tuple[str, ...]] = set()
    for inner in _codes(code):
        chain: tuple[str, ...] | None = None
        for step in dis.get_instructions(inner):
            if step.opname in ("LOAD_ATTR", "LOAD_METHOD") and chain is not None:
                chain = (*chain, step.argval)
                continue
            if chain is not None and step.opname != "CACHE":
                found.add(chain)
                chain = None
            if step.opname in ("LOAD_GLOBAL", "LOAD_NAME") and step.argval == name:
                chain = ()
    return found


def _imported(code: types.CodeType) -> set[str]:
    steps = (step for inner in _codes(code) for step in dis.get_instructions(inner))
    return {step.argval for step in steps if step.opname == "IMPORT_NAME" and step.argval}


def _constant(constant: object) -> str:
    if isinstance(constant, frozenset):
        return f"frozenset{sorted(map(_constant, constant))}"
    if isinstance(constant, tuple):
        return f"tuple{[_constant(part) for part in constant]}"
    return f"{type(constant).__name__} {constant!r}"


def _plain_member(member: object) -> object:
    if isinstance(member, staticmethod | classmethod):
        return [type(member).__name__, member.__func__]
    return [member.fget, member.fset, member.fdel] if isinstance(member, property) else member


def _state(value: Any) -> Iterator[Any]:
    """The attributes of an object, those in slots too."""
    yield getattr(value, "__dict__", None)
    kinds: tuple[Any, ...] = (int, float, str, bytes, list, tuple, dict)
    yield from (kind(value) for kind in kinds if isinstance(value, kind))
    for kind in type(value).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in [slots] if isinstance(slots, str) else slots:
            yield [name, getattr(value, name, None)]
