"""Which names from outside a piece of code refers to, by the rules of Python's scopes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

Chain = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Import:
    """Where an imported name comes from: ``from ..module import name``, or the module itself where name is empty."""

    module: str
    level: int = 0
    name: str = ""


@dataclass(slots=True)
class References:
    """What a piece of code refers to.

    ``chains`` start with a name of the module, or a builtin: ``("helpers", "limits", "get")``. ``imported`` are chains
    that start at an import inside a function. ``imports`` are all imports that it executes. ``marks`` are attributes and
    names that reach more than they name. ``eager`` are the names read at once, not when a function is called.
    """

    chains: set[Chain] = field(default_factory=set)
    imported: set[tuple[Import, Chain]] = field(default_factory=set)
    imports: set[Import] = field(default_factory=set)
    marks: set[str] = field(default_factory=set)
    eager: set[str] = field(default_factory=set)


MARKS = frozenset(
    {"__doc__", "getdoc", "getsource", "getsourcelines", "getsourcefile", "findsource", "__subclasses__", "metaclass"}
    | {"__init_subclass__", "__globals__", "f_globals", "f_back", "get_objects", "NameError"}
    | {"load_module", "exec_module"}
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(slots=True)
class _Scope:
    """A block of code, and what the blocks around it call their own."""

    parts: list[ast.AST]
    is_function: bool
    deferred: bool
    is_top: bool = False
    around: frozenset[str] = frozenset()
    imports_around: dict[str, list[Import]] = field(default_factory=dict)
    bound: set[str] = field(default_factory=set)
    open_names: set[str] = field(default_factory=set)  # global and nonlocal
    imports: dict[str, list[Import]] = field(default_factory=dict)
    read: set[Chain] = field(default_factory=set)
    inner: list[_Scope] = field(default_factory=list)


def references(statements: Sequence[ast.AST]) -> References:
    """All that some statements of the top level of a module refer to."""
    found = References()
    scopes = [_Scope(list(statements), is_function=False, deferred=False, is_top=True)]
    while scopes:
        scope = scopes.pop()
        _read(scope, found)
        _settle(scope, found)
        scopes.extend(scope.inner)
    return found


def imports_of(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Import]]:
    """What an import statement binds; of a star the name is ``*``."""
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            yield alias.asname or alias.name, Import(node.module or "", node.level, alias.name)
        elif alias.asname:
            yield alias.asname, Import(alias.name)
        else:
            yield alias.name.partition(".")[0], Import(alias.name.partition(".")[0])


def executed_imports(node: ast.Import | ast.ImportFrom) -> Iterator[Import]:
    """The modules that an import statement executes; of ``from a import b`` also ``a.b``, which may be one."""
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            yield Import(node.module or "", node.level, "" if alias.name == "*" else alias.name)
        else:
            yield Import(alias.name)


def chain_of(node: ast.expr) -> Chain | None:
    """``a.b.c`` as a chain; None for anything that does not start with a name."""
    attributes = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    return (node.id, *reversed(attributes)) if isinstance(node, ast.Name) else None


def _settle(scope: _Scope, found: References) -> None:
    """Tell what a scope reads of its own from what it reads of the module, and hand its names to the scopes inside."""
    own = (scope.bound - scope.open_names) if scope.is_function else set()
    around = scope.around - scope.open_names
    for chain in scope.read:
        name = chain[0]
        for origin in scope.imports.get(name, scope.imports_around.get(name, [])):
            found.imported.add((origin, chain[1:]))
        if name not in own and name not in around:
            found.chains.add(chain)
            if not scope.deferred:
                found.eager.add(name)
    for inner in scope.inner:
        inner.around = around | own
        inner.imports_around = {**scope.imports_around, **(scope.imports if scope.is_function else {})}


def _read(scope: _Scope, found: References) -> None:
    stack: list[ast.AST] = scope.parts[::-1]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Attribute):
            stack.extend(_attribute(node, scope, found))
        elif isinstance(node, ast.Name):
            _name(node, scope, found)
        elif isinstance(node, (*_FUNCTIONS, ast.ClassDef, *_COMPREHENSIONS)):
            stack.extend(_inner_scope(node, scope, found))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            _import(node, scope, found)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            scope.open_names.update(node.names)
            scope.read.update((name,) for name in node.names)
        elif isinstance(node, ast.AnnAssign):
            stack.extend(_annotated(node, scope))
        elif isinstance(node, ast.Call) and (module := _imported_by_name(node)):
            found.imports.add(Import(module))
            found.imported.add((Import(module), ()))
        else:
            _other(node, scope)
            stack.extend(ast.iter_child_nodes(node))


def _attribute(node: ast.Attribute, scope: _Scope, found: References) -> list[ast.AST]:
    inner: ast.expr = node
    while isinstance(inner, ast.Attribute):
        if inner.attr in MARKS:
            found.marks.add(inner.attr)
        inner = inner.value
    chain = chain_of(node)
    if chain is None:
        return [inner]
    _add(chain, scope, found)
    return []


def _name(node: ast.Name, scope: _Scope, found: References) -> None:
    if isinstance(node.ctx, ast.Load):
        _add((node.id,), scope, found)
    else:
        scope.bound.add(node.id)
        if node.id in MARKS:
            found.marks.add(node.id)
        if scope.is_top:
            found.chains.add((node.id,))


def _add(chain: Chain, scope: _Scope, found: References) -> None:
    scope.read.add(chain)
    if chain[0] in MARKS:
        found.marks.add(chain[0])
    elif chain[0] in ("vars", "locals", "dir") and not scope.is_function:
        found.marks.add("vars")


def _import(node: ast.Import | ast.ImportFrom, scope: _Scope, found: References) -> None:
    for name, origin in imports_of(node):
        scope.bound.add(name)
        scope.imports.setdefault(name, []).append(origin)
        if not scope.is_function and not scope.is_top:  # in the body of a class it is an attribute of the class
            found.imported.add((origin, ()))
    found.imports.update(executed_imports(node))


def _annotated(node: ast.AnnAssign, scope: _Scope) -> list[ast.AST]:
    parts: list[ast.AST] = [node.target, *([node.value] if node.value else [])]
    if scope.is_function:
        return parts
    return [*parts, *_annotation(node.annotation)]


def _other(node: ast.AST, scope: _Scope) -> None:
    """Names that are bound, or that reach further, by other means than a name of their own."""
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        scope.read.add((node.target.id,))
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        scope.bound.add(node.name)
    elif isinstance(node, ast.MatchMapping) and node.rest:
        scope.bound.add(node.rest)


def _imported_by_name(node: ast.Call) -> str:
    """The module of ``import_module("a.b")``, which may then be used whole, or of ``find_spec("a.b")``."""
    argument = node.args[0] if len(node.args) == 1 and not node.keywords else None
    if (chain_of(node.func) or ("",))[-1] in ("import_module", "find_spec") and isinstance(argument, ast.Constant):
        return argument.value if isinstance(argument.value, str) and not argument.value.startswith(".") else ""
    return ""


def _inner_scope(node: ast.AST, scope: _Scope, found: References) -> list[ast.AST]:
    """Queue the block of a function, class or comprehension; returns what belongs to the scope around it."""
    if isinstance(node, ast.ClassDef):
        scope.bound.add(node.name)
        scope.inner.append(_Scope(list(node.body), is_function=False, deferred=scope.deferred))
        metaclasses = [keyword.value for keyword in node.keywords if keyword.arg == "metaclass"]
        if any((chain_of(kind) or ("",))[-1] not in ("ABCMeta", "EnumMeta", "EnumType") for kind in metaclasses):
            found.marks.add("metaclass")
        return [*node.decorator_list, *node.bases, *node.keywords]
    if isinstance(node, _COMPREHENSIONS):
        return _comprehension(node, scope)
    assert isinstance(node, _FUNCTIONS)  # noqa: S101 # the caller has told them apart
    body = [node.body] if isinstance(node, ast.Lambda) else list(node.body)
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    inner = _Scope(list(body), is_function=True, deferred=True, bound={argument.arg for argument in every})
    scope.inner.append(inner)
    outside: list[ast.AST] = [*arguments.defaults, *(default for default in arguments.kw_defaults if default)]
    if isinstance(node, ast.Lambda):
        return outside
    scope.bound.add(node.name)
    if node.name in MARKS:
        found.marks.add(node.name)
    annotations = [argument.annotation for argument in every] + [node.returns]
    outside += [part for annotation in annotations if annotation for part in _annotation(annotation)]
    return [*node.decorator_list, *outside]


def _comprehension(node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, scope: _Scope) -> list[ast.AST]:
    values = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    parts: list[ast.AST] = [*values]
    for number, clause in enumerate(node.generators):
        parts += [clause.target, *clause.ifs, *([clause.iter] if number else [])]
    for part in parts:  # := binds in the function around the comprehension
        scope.bound.update(
            inner.target.id for inner in ast.walk(part) if isinstance(inner, ast.NamedExpr) and scope.is_function
        )
    scope.inner.append(_Scope(parts, is_function=True, deferred=scope.deferred))
    return [node.generators[0].iter]


def _annotation(annotation: ast.expr) -> Iterable[ast.AST]:
    """An annotation, and what the texts in it say: ``list["Curve"]`` refers to ``Curve`` once it is looked at."""
    yield annotation
    for node in ast.walk(annotation):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                yield ast.parse(node.value, mode="eval").body
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
