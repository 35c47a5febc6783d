"""What SQLite and a server say in different words."""

from __future__ import annotations

import unicodedata
from string import punctuation
from typing import Any

from sqlalchemy import ColumnElement, false
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import Boolean, Integer, Text

from dtscheduler.model.names import LONGEST_NAME

_ESCAPED = str.maketrans({sign: f"/{sign}" for sign in "/%_"})


def contains(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Whether a name contains a text, in capitals or not; nothing in the text is a wildcard."""
    wanted = text.lower()
    if len(wanted) > LONGEST_NAME or any(unicodedata.category(letter) in ("Cc", "Cs") for letter in wanted):
        return false()  # no name has that, and not every database takes it
    if wanted.isascii():
        return _Like(column, f"%{wanted.translate(_ESCAPED)}%")
    # databases may know the capitals of ASCII only: each letter is given in both forms
    glob = "".join(_either(letter) or (f"[{letter}]" if letter in "*?[" else letter) for letter in wanted)
    regular = "".join(_either(letter) or (f"\\{letter}" if letter in punctuation else letter) for letter in wanted)
    return _Match(column, f"*{glob}*", regular)


def holds(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Whether a text is in a column exactly as it is."""
    return _Place(column, text) > 0


def unindexed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column by which SQLite, which does not know how many rows have a value, is not to look rows up."""
    return _Unindexed(column)


class _Like(GenericFunction[bool]):
    type = Boolean()
    inherit_cache = True


class _Match(GenericFunction[bool]):
    type = Boolean()
    inherit_cache = True


class _Place(GenericFunction[int]):
    type = Integer()
    inherit_cache = True


class _Unindexed(GenericFunction[str]):
    type = Text()
    inherit_cache = True


@compiles(_Like)
def _like(element: _Like, compiler: SQLCompiler, **options: Any) -> str:
    return f"{_between(element, 'LIKE', compiler, options)} ESCAPE '/'"


@compiles(_Like, "postgresql")
def _like_on_a_server(element: _Like, compiler: SQLCompiler, **options: Any) -> str:
    return f"{_between(element, 'ILIKE', compiler, options)} ESCAPE '/'"


@compiles(_Match)
def _match(element: _Match, compiler: SQLCompiler, **options: Any) -> str:
    column, glob, _ = element.clauses
    return f"{compiler.process(column, **options)} GLOB {compiler.process(glob, **options)}"


@compiles(_Match, "postgresql")
def _match_on_a_server(element: _Match, compiler: SQLCompiler, **options: Any) -> str:
    column, _, regular = element.clauses
    return f"{compiler.process(column, **options)} ~ {compiler.process(regular, **options)}"


@compiles(_Place)
def _place(element: _Place, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(_Place, "postgresql")
def _place_on_a_server(element: _Place, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


@compiles(_Unindexed)
def _unindexed(element: _Unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"


@compiles(_Unindexed, "postgresql")
def _unindexed_on_a_server(element: _Unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


def _either(letter: str) -> str:
    """A letter and its capital, as patterns name a choice; nothing where it has none, or one of several letters."""
    capital = letter.upper()
    return f"[{letter}{capital}]" if capital != letter and len(capital) == 1 else ""


def _between(element: _Like, word: str, compiler: SQLCompiler, options: dict[str, Any]) -> str:
    return f" {word} ".join(compiler.process(clause, **options) for clause in element.clauses)
