"""What executing a statement of a module's top level does besides binding names: usually nothing."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dtscheduler.running.sources.names import Chain, chain_of
from dtscheduler.running.sources.quiet import (
    QUIET_METHODS,
    calls_its_arguments,
    gives_iterator,
    is_ours,
    is_plain_base,
    is_quiet,
)

_DISPLAYS = (
    *(ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.Constant, ast.JoinedStr),
)
_CONTAINERS = frozenset({"list", "dict", "set", "frozenset", "tuple", "str", "int", "float", "range", "sorted"})


@dataclass(frozen=True, slots=True)
class Suspect:
    """A name that decides whether a statement has effects, to be looked up in the project.

    ``role`` is ``decorator`` (a function that is called with a definition; ``called``: first with arguments), ``base``
    (a class that is derived from), ``value`` (an object that may do something when it is used) or ``task`` (a function
    that adds a task, if it is marked with ``@batch``).
    """

    role: str
    chain: Chain
    called: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a statement does.

    ``effect``: it may change anything. ``changed``: names whose objects it changes in place. ``suspects``: it has
    effects unless they are harmless. ``relies_on``: outside modules that are taken for what their names say.
    """

    effect: bool = False
    changed: frozenset[str] = frozenset()
    suspects: tuple[Suspect, ...] = ()
    relies_on: frozenset[str] = frozenset()


class _EffectError(Exception):
    """The statement does something that cannot be followed."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known of a module before its statements are judged.

    ``paths``: dotted names of what its imports bind. ``values``: for every name it binds otherwise the expressions, None
    for one that is not an expression. ``tasks``: its functions marked with ``@batch``. ``has_star``: names may come from
    anywhere. ``may_miss``: subscripting may add keys.
    """

    paths: Mapping[str, str]
    values: Mapping[str, Sequence[ast.expr | None]]
    tasks: frozenset[str]
    has_star: bool
    may_miss: bool


class Judge:
    """Judges the statements of one module, in their order."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._jobs: set[str] = set()
        self._in_dag = False
        self._local: set[str] = set()
        self._changed: set[str] = set()
        self._suspects: list[Suspect] = []
        self._relies_on: set[str] = set()

    def verdict(self, statement: ast.stmt) -> Verdict:
        """Judge one statement of the top level."""
        self._changed, self._suspects, self._relies_on, self._local = set(), [], set(), set()
        try:
            self._statement(statement)
        except _EffectError:
            return Verdict(effect=True)
        return Verdict(False, frozenset(self._changed), tuple(self._suspects), frozenset(self._relies_on))

    # Statements

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node)
            case ast.ClassDef():
                self._class(node)
            case ast.Assign(targets=targets, value=value):
                self._assign(targets, value)
            case ast.AnnAssign(target=target, value=value, annotation=annotation):
                self._harmless(annotation)
                if value is not None:
                    self._assign([target], value)
            case ast.AugAssign(target=changed, value=value):
                self._change(changed)
                self._harmless(value)
            case ast.Delete(targets=targets):
                for deleted in targets:
                    self._change(deleted)
            case ast.Expr(value=value):
                self._expression(value)
            case ast.Import() | ast.ImportFrom() | ast.Pass():
                return
            case _:
                self._compound(node)

    def _compound(self, node: ast.stmt) -> None:
        match node:
            case ast.If(test=test) | ast.While(test=test):
                self._harmless(test)
                self._steady(test)
                self._block(node.body, node.orelse)
            case ast.For(target=target, iter=iterated):
                self._harmless(iterated)
                self._steady(iterated)
                self._jobs_if(self._is_job(iterated), [target])
                self._targets([target])
                self._block(node.body, node.orelse)
            case ast.Try():
                for handler in node.handlers:
                    if handler.type:
                        self._harmless(handler.type)
                self._block(node.body, *(handler.body for handler in node.handlers), node.orelse, node.finalbody)
            case ast.With(items=items) if all(self._is_job_call(item.context_expr) for item in items):
                self._dag(node)
            case ast.Break() | ast.Continue():
                return
            case _:
                raise _EffectError

    def _block(self, *blocks: Iterable[ast.stmt]) -> None:
        for block in blocks:
            for statement in block:
                self._statement(statement)

    def _dag(self, node: ast.With) -> None:
        for item in node.items:
            self._harmless(item.context_expr)
            self._jobs_if(True, [item.optional_vars] if item.optional_vars else [])
        outer, self._in_dag = self._in_dag, True
        try:
            self._block(node.body)
        finally:
            self._in_dag = outer

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        annotations = [argument.annotation for argument in (*every, arguments.vararg, arguments.kwarg) if argument]
        for part in (*arguments.defaults, *arguments.kw_defaults, *annotations, node.returns):
            if part is not None:
                self._harmless(part)
        for decorator in node.decorator_list:
            self._decorator(decorator)

    def _class(self, node: ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            self._decorator(decorator)
        for base in node.bases:
            self._base(base.value if isinstance(base, ast.Subscript) else base)
        for keyword in node.keywords:
            if keyword.arg == "metaclass":
                self._base(keyword.value)
            else:
                self._harmless(keyword.value)
        before = set(self._local)
        self._local |= {name for statement in node.body for name in _bound_in(statement)}
        self._block(node.body)
        self._local = before

    def _assign(self, targets: Sequence[ast.expr], value: ast.expr) -> None:
        if self._is_live(value):
            raise _EffectError
        self._harmless(value)
        if not isinstance(value, ast.Name) or any(isinstance(target, ast.Tuple | ast.List) for target in targets):
            self._steady(value)
        self._jobs_if(self._is_job(value), targets)
        self._targets(targets)

    def _targets(self, targets: Sequence[ast.expr]) -> None:
        for target in targets:
            if isinstance(target, ast.Tuple | ast.List):
                self._targets(target.elts)
            elif isinstance(target, ast.Starred):
                self._targets([target.value])
            elif not isinstance(target, ast.Name):
                self._change(target)

    def _change(self, target: ast.expr) -> None:
        """A name, or the object that it alone owns, is changed in place."""
        name = target
        if isinstance(target, ast.Subscript):
            self._harmless(target.slice)
            name = target.value
        elif isinstance(target, ast.Attribute):
            name = target.value
        if isinstance(name, ast.Name) and name.id in self._jobs:
            return
        if not isinstance(name, ast.Name) or not self._owned(name.id):
            raise _EffectError
        self._changed.add(name.id)

    def _expression(self, value: ast.expr) -> None:
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            receiver = value.func.value
            if isinstance(receiver, ast.Name) and self._owned(receiver.id) and not self._is_job(receiver):
                self._changed.add(receiver.id)
                self._arguments(value, hands_on=False)
                return
        self._harmless(value)
        self._steady(value)

    def _owned(self, name: str) -> bool:
        """Whether a name is bound to objects made for it alone, so that who sees a change refers to the name."""
        values = self._around.values.get(name, ())
        return (
            name not in self._around.paths
            and name not in self._local
            and bool(values)
            and all(map(self._fresh, values))
        )

    def _fresh(self, value: ast.expr | None) -> bool:
        if isinstance(value, ast.Call):
            return (self._path(value.func) or "").removeprefix("builtins.") in _CONTAINERS
        if isinstance(value, ast.BinOp):
            return self._fresh(value.left) and self._fresh(value.right)
        return isinstance(value, _DISPLAYS) or (isinstance(value, ast.UnaryOp) and self._fresh(value.operand))

    def _steady(self, value: ast.expr) -> None:
        """What is iterated over here can be iterated over again: it is not the rest of something."""
        stack: list[ast.AST] = [value]
        while stack:
            node = stack.pop()
            chain = chain_of(node) if isinstance(node, ast.Attribute | ast.Name) else None
            if chain is None:
                stack.extend(() if isinstance(node, ast.Lambda) else ast.iter_child_nodes(node))
            elif any(map(self._passing, self._around.values.get(chain[0], ()))):
                raise _EffectError
            elif chain[0] in self._around.paths and chain[0] not in self._local:
                self._suspects.append(Suspect("value", chain))

    def _passing(self, value: ast.expr | None) -> bool:
        if isinstance(value, ast.Call):
            path = self._path(value.func)
            return self._is_live(value) or not (self._is_job_call(value) or (path is not None and is_quiet(path)))
        return isinstance(value, ast.GeneratorExp)

    def _is_live(self, value: ast.expr) -> bool:
        """Whether a value is, or holds, an iterator that nobody has read to its end."""
        if isinstance(value, ast.GeneratorExp):
            return True
        if not isinstance(value, ast.Call):
            return any(self._is_live(part) for part in ast.iter_child_nodes(value) if isinstance(part, ast.expr))
        path = self._path(value.func)
        if path is not None and gives_iterator(path):
            return True
        read = list(value.args) if path is not None and path.startswith("builtins.") else []
        inside = [part for part in ast.walk(value) if isinstance(part, ast.expr) and part is not value]
        consumed = {id(part) for part in read} | {id(a) for r in read if isinstance(r, ast.Call) for a in r.args}
        return any(
            id(part) not in consumed
            and (isinstance(part, ast.GeneratorExp) or (isinstance(part, ast.Call) and self._gives_iterator(part)))
            for part in inside
        )

    def _gives_iterator(self, node: ast.Call) -> bool:
        path = self._path(node.func)
        return path is not None and gives_iterator(path)

    # Expressions

    def _harmless(self, value: ast.expr) -> None:
        """Raises ``_EffectError`` where evaluating an expression may change anything."""
        stack: list[ast.AST] = [value]
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Lambda):
                stack.extend([*node.args.defaults, *(d for d in node.args.kw_defaults if d)])
                continue
            if isinstance(node, ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr):
                raise _EffectError
            if isinstance(node, ast.Call):
                self._call(node)
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.RShift | ast.LShift):
                self._shift(node)
            elif isinstance(node, ast.Subscript) and self._around.may_miss:
                raise _EffectError
            elif isinstance(node, ast.comprehension):
                self._steady(node.iter)
            stack.extend(ast.iter_child_nodes(node))

    def _call(self, node: ast.Call) -> None:
        function = node.func
        if self._is_job_call(node):
            return
        path = self._path(function)
        if path is not None and is_quiet(path):
            self._relies_on.add(path.partition(".")[0])
            self._arguments(node, hands_on=calls_its_arguments(path))
            for argument in node.args:
                self._steady(argument)
            return
        if isinstance(function, ast.Attribute) and function.attr in QUIET_METHODS and self._calm(function.value):
            self._arguments(node, hands_on=False)
            return
        raise _EffectError

    def _arguments(self, node: ast.Call, *, hands_on: bool) -> None:
        """The arguments of a call that calls functions among them are literals, and types of Python."""
        for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
            inner = argument.body if isinstance(argument, ast.Lambda) else argument
            if hands_on and isinstance(inner, ast.Name | ast.Attribute):
                self._only_value(inner)
            self._harmless(inner)

    def _only_value(self, argument: ast.expr) -> None:
        path = self._path(argument)
        owned = isinstance(argument, ast.Name) and self._owned(argument.id)
        if not owned and not (path is not None and is_quiet(path)):
            raise _EffectError

    def _calm(self, receiver: ast.expr) -> bool:
        """Whether a method of this object, by its name harmless, is one of Python's own."""
        if isinstance(receiver, ast.Constant | ast.JoinedStr):
            return True
        if isinstance(receiver, ast.Name):
            return self._owned(receiver.id)
        if isinstance(receiver, ast.Attribute):
            return self._calm(receiver.value)
        if not isinstance(receiver, ast.Call):
            return False
        path = self._path(receiver.func)
        if path is not None:
            return is_quiet(path)
        return isinstance(receiver.func, ast.Attribute) and self._calm(receiver.func.value)

    def _shift(self, node: ast.BinOp) -> None:
        for side in (node.left, node.right):
            if not isinstance(side, ast.Constant) and not self._is_job(side):
                raise _EffectError

    def _decorator(self, node: ast.expr) -> None:
        called = isinstance(node, ast.Call)
        function = node.func if isinstance(node, ast.Call) else node
        if isinstance(node, ast.Call):
            self._arguments(node, hands_on=False)
        path, chain = self._path(function), chain_of(function)
        if path is not None and is_quiet(path):
            self._relies_on.add(path.partition(".")[0])
        elif chain is not None and chain[-1] in ("setter", "getter", "deleter") and chain[0] in self._local:
            return
        elif chain is not None and chain[0] not in self._local:
            self._suspects.append(Suspect("decorator", chain, called))
        else:
            raise _EffectError

    def _base(self, node: ast.expr) -> None:
        path, chain = self._path(node), chain_of(node)
        if path is not None and is_plain_base(path):
            self._relies_on.add(path.partition(".")[0])
        elif chain is not None and chain[0] not in self._local:
            self._suspects.append(Suspect("base", chain))
        else:
            raise _EffectError

    # Names

    def _path(self, node: ast.expr) -> str | None:
        """The dotted name of what is imported from elsewhere, or of a builtin."""
        chain = chain_of(node)
        if chain is None or chain[0] in self._local or chain[0] in self._around.values:
            return None
        if chain[0] in self._around.paths:
            return ".".join((self._around.paths[chain[0]], *chain[1:]))
        if hasattr(builtins, chain[0]) and not self._around.has_star:
            return ".".join(("builtins", *chain))
        return None

    def _jobs_if(self, job: bool, targets: Sequence[ast.expr]) -> None:
        names = {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
        self._jobs = self._jobs | names if job else self._jobs - names

    def _is_job(self, node: ast.expr) -> bool:
        """Whether a value is a job, a task, or something that they gave."""
        while isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        if isinstance(node, ast.List | ast.Tuple):
            return bool(node.elts) and all(map(self._is_job, node.elts))
        if isinstance(node, ast.ListComp):
            return self._is_job(node.elt)
        if isinstance(node, ast.BinOp):
            return self._is_job(node.left) and self._is_job(node.right)
        return self._is_job_call(node) or (isinstance(node, ast.Name) and node.id in self._jobs)

    def _is_job_call(self, node: ast.expr) -> bool:
        """``DAG(...)``, ``Task(...)``, ``load(...)`` within a DAG, ``dag.save()``, ``load().alias(...)``."""
        if not isinstance(node, ast.Call):
            return False
        root: ast.expr = node.func
        while (chain := chain_of(root)) is None:
            if not isinstance(root, ast.Call | ast.Attribute | ast.Subscript):
                return False
            root = root.func if isinstance(root, ast.Call) else root.value
        path = self._path(root)
        if chain[0] in self._jobs or (path is not None and is_ours(path)):
            return True
        if not self._in_dag or (path is not None and (is_quiet(path) or path.startswith("builtins."))):
            return False
        if isinstance(root, ast.Attribute) and not path and self._owned(chain[0]):
            return False
        if chain[0] not in self._around.tasks:
            self._suspects.append(Suspect("task", chain))
        return True


def _bound_in(statement: ast.stmt) -> Iterable[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
