"""What a cell of Python holds, read without executing it: its functions, the names it lacks, and the module it makes."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
import sys
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from dtscheduler.errors import InvalidJobError
from dtscheduler.images.listing import MARKED, is_decorator
from dtscheduler.model.entrypoint import entrypoint_problem
from dtscheduler.running.importing import MAIN

LONGEST_MODULE = 80
_LINE_END = re.compile(r"\r\n|\r|\n")  # those of Python, which are fewer than those of str
_OF_NOTEBOOKS = frozenset({"display", "get_ipython"})  # builtins in a kernel, and nowhere else
_OF_MODULES = frozenset({"__name__", "__file__", "__doc__", "__spec__", "__loader__", "__package__", "__annotations__"})
_KNOWN = (frozenset(dir(builtins)) | _OF_MODULES) - _OF_NOTEBOOKS
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Cell:
    """A cell whose functions are to be entrypoints.

    Those are the functions at its top level whose names do not begin with ``_``; or, where it marks some with
    ``@batch`` itself, these alone. ``__batch_main__`` is one, too.

    Args:
        source: The text of the cell.

    Raises:
        InvalidJobError: It is no Python, or defines no function.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._tree = _parsed(source)
        functions = [node for node in self._tree.body if isinstance(node, _Function)]
        own = [node for node in functions if _is_marked(node)]
        self._to_mark = [] if own else [node for node in functions if not node.name.startswith("_")]
        self.entrypoints = tuple(dict.fromkeys(node.name for node in own or self._to_mark))
        self.defined = tuple(
            dict.fromkeys(node.name for node in self._tree.body if isinstance(node, _Function | ast.ClassDef))
        )
        if not self.entrypoints:
            raise InvalidJobError("the cell defines no function that could be an entrypoint: def load(): ...")
        self._added = self._lines_to_add()

    def module_name(self, given: str | None) -> str:
        """The name of its module: the one that is given, or that of its first entrypoint. Raises ``InvalidJobError``."""
        name = given or self.entrypoints[0]
        if "." in name or entrypoint_problem(name) or name.startswith("__") or len(name) > LONGEST_MODULE:
            raise InvalidJobError(f"module {name!r:.100}: a module is named like a variable, such as prices")
        return name

    def check_names(self, namespace: Mapping[str, Any]) -> None:
        """Raise ``InvalidJobError`` where the cell uses names that it neither defines nor imports; it says what to do.

        Args:
            namespace: That of the notebook, in which such a name may stand for something.
        """
        missing = sorted(self.missing())
        if not missing:
            return
        imports = [_import_of(name, namespace) for name in missing]
        told = [text for text in imports if text]
        named = ", ".join(f"`{name}`" for name in missing)
        are = "is" if len(missing) == 1 else "are"
        it = "it" if len(missing) == 1 else "them"
        action = f"import or define {it} here"
        if len(told) == len(missing):
            action = f"import {it} here"
        elif not told and all(name in namespace for name in missing):
            action = f"define {it} here, or make {it} {'a parameter' if it == 'it' else 'parameters'}"
        hint = f": {'; '.join(told)}" if told else ""
        raise InvalidJobError(
            f"{named} {are} not defined in this cell, and a worker sees only the cell; {action}{hint}"
        )

    def missing(self) -> set[str]:
        """The names that the cell uses, and neither defines nor imports; none where it imports ``*``."""
        if any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in ast.walk(self._tree)):
            return set()
        top = symtable.symtable(self._source, "cell", "exec")
        tables = list(_tables(top))
        bound = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
        bound |= {symbol.get_name() for symbol in top.get_symbols() if symbol.is_namespace()}
        for table in tables:
            bound |= {s.get_name() for s in table.get_symbols() if s.is_declared_global() and s.is_assigned()}
        used = {
            symbol.get_name()
            for table in tables
            for symbol in table.get_symbols()
            if symbol.is_referenced() and (table is top or symbol.is_global())
        }
        return {name for name in used - bound - _KNOWN if name.isidentifier()}

    def written(self, head: str) -> str:
        """The text of the module: the cell under a line of its own, with its entrypoints marked.

        Args:
            head: The first line, a comment.
        """
        lines, written = _LINE_END.split(self._source), [head]
        above = {line: [text for at, text in self._added if at == line] for line, _ in self._added}
        for number, line in enumerate(lines, start=1):
            written += [*above.get(number, []), line]
        return "\n".join(written).rstrip() + "\n"

    def line_of(self, line: int) -> int:
        """The line of the cell that a line of the module is."""
        added = [at + place for place, (at, _) in enumerate(self._added, start=1)]
        return line - 1 - sum(one <= line for one in added)

    def _lines_to_add(self) -> list[tuple[int, str]]:
        """What is written above which line of the cell, in order."""
        if not self._to_mark:
            return []
        marks = sorted(_first_line(node) for node in self._to_mark)
        return [(self._end_of_head() + 1, "import dtscheduler"), *((line, f"@dtscheduler.{MARKED}") for line in marks)]

    def _end_of_head(self) -> int:
        """The line after which an import may stand: below the docstring and imports from ``__future__``."""
        end = 0
        for number, node in enumerate(self._tree.body):
            is_doc = number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            is_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
            if not (is_doc or is_future or node.lineno <= end):
                break
            end = node.end_lineno or end
        return end


def _parsed(source: str) -> ast.Module:
    try:
        compile(source, "cell", "exec", dont_inherit=True)
        return ast.parse(source)
    except SyntaxError as error:
        text = (error.text or "").strip()
        magic = "; magics and shell commands do not work in a module" if text[:1] in ("%", "!", "?") else ""
        raise InvalidJobError(f"line {error.lineno} of the cell: {error.msg}: {text[:80]}{magic}") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise InvalidJobError(f"the cell cannot be read as Python: {error}") from error


def _tables(top: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    waiting = [top]
    while waiting:
        table = waiting.pop()
        yield table
        waiting.extend(table.get_children())


def _is_marked(node: _Function) -> bool:
    return node.name == MAIN or any(is_decorator(decorator, MARKED) for decorator in node.decorator_list)


def _first_line(node: _Function) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _import_of(name: str, namespace: Mapping[str, Any]) -> str:
    """The statement that imports what a name stands for in the notebook; empty where none would."""
    value = namespace.get(name, getattr(builtins, name, None))
    if isinstance(value, ModuleType):
        return f"import {value.__name__}" + (f" as {name}" if value.__name__ != name else "")
    module, own = getattr(value, "__module__", None), getattr(value, "__name__", None)
    if not isinstance(module, str) or not isinstance(own, str) or module == "__main__":
        return ""
    if getattr(sys.modules.get(module), own, None) is not value:
        return ""
    return f"from {module} import {own}" + (f" as {name}" if own != name else "")
