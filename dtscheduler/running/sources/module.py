"""One file of Python as the statements of its top level: what each binds, does and refers to."""

from __future__ import annotations

import ast
import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from dtscheduler.running.sources.effects import Judge, Surroundings, Verdict
from dtscheduler.running.sources.facts import digest_of, digest_of_bytes
from dtscheduler.running.sources.names import Import, References, chain_of, executed_imports, imports_of, references
from dtscheduler.running.sources.normal import executed, normal_form

MAX_BYTES = 1_500_000
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_DEFERRED = (*_DEFINITIONS[:2], ast.Lambda)
_CHECKING = re.compile(rb"\bTYPE_CHECKING\b[^=\n]*=(?!=)(?!\s*False\b)")
_IMPORT_LINES = re.compile(rb"^[ \t]*(?:import[ \t]+([\w., \t]+)|from[ \t]+(\.*)([\w.]*)[ \t]+import)", re.MULTILINE)


class Unit:
    """One statement of the top level of a module; its tree is made again where it is wanted, since trees are large."""

    def __init__(self, node: ast.stmt, index: int, lines: Sequence[bytes], names: frozenset[str], verdict: Verdict):
        self.index = index
        self.names = names | verdict.changed
        self.verdict = verdict
        self.is_import = isinstance(node, ast.Import | ast.ImportFrom)
        self.executes: list[Import] = []
        self.derives = any(isinstance(inner, ast.ClassDef) and inner.bases for inner in _outside_functions([node]))
        self.kind = _kind(node, self.names)
        one_name = len(self.names) == 1 and isinstance(node, ast.Assign | ast.AnnAssign)
        self.is_definition = one_name or isinstance(node, _DEFINITIONS)
        decorators: Sequence[ast.expr] = getattr(node, "decorator_list", [])
        self.lines = min([node.lineno, *(d.lineno for d in decorators)]), node.end_lineno or node.lineno
        self._source = _source(node, lines[self.lines[0] - 1 : self.lines[1]]) if lines and not node.col_offset else b""
        self._node = None if self._source else node

    @property
    def node(self) -> ast.stmt:
        return self._node or ast.parse(self._source).body[0]

    @property
    def digest(self) -> str:
        return self._facts[0]

    @property
    def references(self) -> References:
        return self._facts[1]

    @cached_property
    def _facts(self) -> tuple[str, References]:
        node = self.node
        return digest_of(normal_form([node])), references([node])

    def decorates(self, *, called: bool) -> bool:
        """Whether it is a function that, called with a definition, does nothing but wrap it.

        Args:
            called: the decorator is written with arguments, so that what it returns is called too.
        """
        node = self.node
        return isinstance(node, ast.FunctionDef) and not node.decorator_list and _only_wraps(node, 1 + called)

    @property
    def lets_derive(self) -> bool:
        """Whether it is a class that does not notice who derives from it."""
        node = self.node
        if not isinstance(node, ast.ClassDef) or node.decorator_list:
            return False
        hooks = self.references.marks & {"__init_subclass__", "metaclass"}
        return not hooks and not any(keyword.arg != "metaclass" for keyword in node.keywords)


def _kind(node: ast.stmt, names: frozenset[str]) -> str:
    if isinstance(node, ast.ClassDef):
        return "class"
    if any(isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) for inner in _outside_functions([node])):
        return "function"
    return "constant" if names else "statements"


def _source(node: ast.stmt, lines: Sequence[bytes]) -> bytes:
    """The text of a statement that begins a line; what follows it on its last line is another."""
    return b"".join([*lines[:-1], lines[-1][: node.end_col_offset]])


def _only_wraps(node: ast.FunctionDef, deep: int) -> bool:
    """Whether executing a function's body, and those of the functions in it, defines functions and returns."""
    for statement in executed(node.body):
        if isinstance(statement, ast.FunctionDef):
            if not all(_is_wraps(decorator) for decorator in statement.decorator_list) or statement.args.defaults:
                return False
            if deep > 1 and not _only_wraps(statement, deep - 1):
                return False
        elif not isinstance(statement, ast.Return) or not isinstance(statement.value, ast.Name):
            return False
    return True


def _is_wraps(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and chain_of(decorator.func) in (("functools", "wraps"), ("wraps",))


@dataclass(slots=True, weakref_slot=True)
class Module:
    """A parsed file.

    ``opaque``: it cannot be parsed, and counts by its bytes. ``bound``: for each name the units that bind it, or change
    what it is bound to, in order. ``imported``: for each name what imports bind it to. ``stars``: modules all
    of whose names it takes, and how many units come before. ``executes``: imports of its
    top level. ``tasks``: functions marked with ``@batch``.
    """

    content_digest: str
    opaque: bool = False
    units: list[Unit] = field(default_factory=list)
    bound: dict[str, list[Unit]] = field(default_factory=dict)
    imported: dict[str, list[Import]] = field(default_factory=dict)
    stars: list[tuple[int, Import]] = field(default_factory=list)
    executes: list[Import] = field(default_factory=list)
    tasks: frozenset[str] = frozenset()
    futures: str = ""
    may_miss: bool = False


def parsed(content: bytes) -> Module:
    """Parse a file; one that cannot be parsed, or is larger than 1.5 MB, is opaque."""
    digest = digest_of_bytes(content)
    if len(content) <= MAX_BYTES:
        try:
            return _module(ast.parse(content), digest, content)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass
    return Module(digest, opaque=True, executes=imports_in_text(content))


def _module(tree: ast.Module, digest: str, content: bytes) -> Module:
    if _CHECKING.search(content):
        _hide_type_checking(tree)
    statements = list(_worker_statements(tree.body))
    module = Module(digest)
    around = _surroundings(statements, content)
    lines = content.splitlines(keepends=True) if _is_utf8(content) else []
    judge = Judge(around)
    for statement in statements:
        names = frozenset(name for name, _ in _bound(statement))
        unit = Unit(statement, len(module.units), lines, names, judge.verdict(statement))
        module.units.append(unit)
        for name in unit.names:
            module.bound.setdefault(name, []).append(unit)
        for node in _outside_functions([statement]):
            if isinstance(node, ast.Import | ast.ImportFrom):
                _take_imports(module, unit, node)
    module.tasks, module.may_miss = around.tasks, around.may_miss
    return module


def _take_imports(module: Module, unit: Unit, node: ast.Import | ast.ImportFrom) -> None:
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        module.futures += " ".join(sorted(alias.name for alias in node.names))
        return
    unit.executes.extend(executed_imports(node))
    module.executes.extend(unit.executes)
    for name, origin in imports_of(node):
        if name == "*":
            module.stars.append((unit.index, origin))
        else:
            module.imported.setdefault(name, []).append(origin)


def _is_utf8(content: bytes) -> bool:
    """Whether positions in the tree are positions in the file: no other encoding, no page breaks within lines."""
    return content.isascii() or (b"coding" not in content[:200] and not content.startswith(codecs.BOM_UTF8))


def _surroundings(statements: Sequence[ast.stmt], content: bytes) -> Surroundings:
    paths: dict[str, str] = {}
    values: dict[str, list[ast.expr | None]] = {}
    for node in _outside_functions(statements):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name, origin in imports_of(node):
                dotted = "." * origin.level + ".".join(filter(None, (origin.module, origin.name)))
                if paths.setdefault(name, dotted) != dotted:
                    values.setdefault(name, []).append(None)  # one of several
    for statement in statements:
        for name, value in _bound(statement):
            if not isinstance(statement, ast.Import | ast.ImportFrom) and not (value is None and name in paths):
                values.setdefault(name, []).append(value)
    for name in _rebound(statements, content):
        values.setdefault(name, []).append(None)
    tasks = frozenset(node.name for node in statements if isinstance(node, _DEFINITIONS[:2]) and _is_task(node, paths))
    return Surroundings(paths, values, tasks, "*" in paths, b"defaultdict" in content or b"__missing__" in content)


def _rebound(statements: Sequence[ast.stmt], content: bytes) -> Iterable[str]:
    """Names that functions of the module bind anew, all where that cannot be told."""
    if any(word in content for word in (b"globals", b"exec", b"locals", b"vars")):
        return [name for statement in statements for name, _ in _bound(statement)]
    if b"global" not in content:
        return []
    nodes = (node for statement in statements for node in ast.walk(statement))
    return [name for node in nodes if isinstance(node, ast.Global) for name in node.names]


def _is_task(node: ast.FunctionDef | ast.AsyncFunctionDef, paths: dict[str, str]) -> bool:
    for decorator in node.decorator_list:
        chain = chain_of(decorator.func if isinstance(decorator, ast.Call) else decorator)
        if chain and ".".join((paths.get(chain[0], ""), *chain[1:])) in _BATCH:
            return True
    return False


_BATCH = frozenset({"dtscheduler.batch", "dtscheduler.api.batch", "dt.scheduler.batch", "dt.scheduler.api.batch"})


def _worker_statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """What a worker executes of a module: not what is for type checkers, and not what is for ``python file.py``."""
    for statement in executed(list(body)):
        if isinstance(statement, ast.If) and _never_true(statement.test):
            yield from _worker_statements(statement.orelse)
        else:
            yield statement


def _hide_type_checking(tree: ast.Module) -> None:
    """Where a file gives ``TYPE_CHECKING`` a value of its own, it is a name like any other."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and (chain_of(node.test) or ("",))[-1] == "TYPE_CHECKING":
            node.test = ast.copy_location(ast.BoolOp(op=ast.And(), values=[node.test]), node.test)


def _never_true(test: ast.expr) -> bool:
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
        sides = [test.left, test.comparators[0]]
        names = [side.id for side in sides if isinstance(side, ast.Name)]
        return names == ["__name__"] and any(isinstance(s, ast.Constant) and s.value == "__main__" for s in sides)
    return (chain_of(test) or ("",))[-1] == "TYPE_CHECKING"


def _bound(statement: ast.stmt) -> Iterator[tuple[str, ast.expr | None]]:
    """The names that a statement of the top level binds, and the expressions where there is one for a name alone."""
    for node in _outside_functions([statement], into_classes=False):
        if isinstance(node, _DEFINITIONS):
            yield node.name, None
        elif isinstance(node, ast.Assign):
            yield from ((target.id, node.value) for target in node.targets if isinstance(target, ast.Name))
            nested = [target for target in node.targets if isinstance(target, ast.Tuple | ast.List | ast.Starred)]
            yield from ((name.id, None) for target in nested for name in _stored(target))
        elif isinstance(node, ast.AnnAssign):
            if isinstance(node.target, ast.Name) and node.value is not None:
                yield node.target.id, node.value
        elif isinstance(node, ast.AugAssign):
            if isinstance(node.target, ast.Name):
                yield node.target.id, node.value
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((name, None) for name, _ in imports_of(node))
        else:
            yield from ((name, None) for name in _bound_otherwise(node))


def _bound_otherwise(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.For(target=target) | ast.AsyncFor(target=target) | ast.NamedExpr(target=target):
            yield from (name.id for name in _stored(target))
        case ast.withitem(optional_vars=ast.expr() as target):
            yield from (name.id for name in _stored(target))
        case ast.Delete(targets=targets):
            yield from (name.id for target in targets for name in _stored(target))
        case (
            ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name)
        ):
            yield name
        case ast.MatchMapping(rest=str() as name):
            yield name


def _stored(target: ast.expr) -> Iterator[ast.Name]:
    return (node for node in ast.walk(target) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load))


def _outside_functions(statements: Iterable[ast.AST], *, into_classes: bool = True) -> Iterator[ast.AST]:
    """All nodes that are executed with the module: not the bodies of functions; in order of the text."""
    stack = [*statements][::-1]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, _DEFERRED) or (isinstance(node, ast.ClassDef) and not into_classes):
            continue
        if isinstance(node, ast.If) and _never_true(node.test):
            stack.extend(node.orelse[::-1])
        else:
            stack.extend([*ast.iter_child_nodes(node)][::-1])


def imports_in_text(content: bytes) -> list[Import]:
    """What a file that is not parsed seems to import."""
    found = []
    for plain, dots, module in _IMPORT_LINES.findall(content):
        found += [Import(name.split()[0]) for name in plain.decode("utf-8", "replace").split(",") if name.strip()]
        if dots or module:
            found.append(Import(module.decode("utf-8", "replace"), len(dots)))
    return found
