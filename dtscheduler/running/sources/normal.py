"""The normal form of a syntax tree: what two spellings of the same code have in common."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

Statements = Sequence[ast.stmt]

_SKIPPED = frozenset({"ctx", "type_comment", "kind", "type_ignores"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_BLOCKS = frozenset({"body", "orelse", "finalbody"})
_fields: dict[type[ast.AST], tuple[str, ...]] = {}


def normal_form(statements: Statements) -> list[str]:
    """The tree as words, without docstrings, positions, ``pass`` and annotations of a function's own variables.

    Number, string and bracket spellings are gone with the parser. Deep trees are no trouble: nothing here recurses.
    """
    words: list[str] = []
    stack: list[tuple[object, bool]] = [(statement, False) for statement in reversed(executed(statements))]
    while stack:
        item, in_function = stack.pop()
        if isinstance(item, ast.AST):
            item, in_function, parts = _parts(item, in_function)
            words.append(type(item).__name__)
            stack.extend((part, in_function if part_inside else False) for part, part_inside in reversed(parts))
        elif isinstance(item, list):
            words.append(f"[{len(item)}")
            stack.extend((part, in_function) for part in reversed(item))
        else:
            words.append(_word(item))
    return words


def executed(statements: Statements) -> list[ast.stmt]:
    """The statements that do anything: no ``pass``, no constant that stands alone."""
    return [
        statement
        for statement in statements
        if not isinstance(statement, ast.Pass)
        and not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
    ]


def _word(item: object) -> str:
    if type(item) is int:
        return f"int {item:x}"  # in decimals, Python refuses numbers of more than 4,300 digits
    return "-" if item is None else f"{type(item).__name__} {item!r}"


def _parts(node: ast.AST, in_function: bool) -> tuple[ast.AST, bool, list[tuple[object, bool]]]:
    """A node, whether its parts belong to a function, and the parts."""
    if in_function and isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        # The annotation of a function's own variable is never evaluated.
        if node.value:
            node = ast.Assign(targets=[node.target], value=node.value)
        else:
            node = ast.AnnAssign(target=node.target, annotation=ast.Constant(None), simple=1)
    inside = isinstance(node, _FUNCTIONS) or (in_function and not isinstance(node, ast.ClassDef))
    return node, inside, list(_fields_of(node, inside))


def _fields_of(node: ast.AST, inside: bool) -> Iterator[tuple[object, bool]]:
    kind = type(node)
    names = _fields.get(kind)
    if names is None:
        names = _fields[kind] = tuple(name for name in kind._fields if name not in _SKIPPED)
    for name in names:
        value = getattr(node, name, None)
        if name in _BLOCKS and isinstance(value, list):
            value = executed(value)
        yield value, inside
