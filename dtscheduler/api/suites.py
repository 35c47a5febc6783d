"""Suites: functions of parameters that make DAGs, with a form read off their signature."""

from __future__ import annotations

import functools
import inspect
import linecache
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar, overload

from dtscheduler.api.context import writing
from dtscheduler.api.dag import DAG
from dtscheduler.errors import InvalidJobError
from dtscheduler.forms.checking import Form
from dtscheduler.forms.choices import Choices as Choices
from dtscheduler.forms.docs import summary_of
from dtscheduler.forms.fields import Choice, Field, Problem
from dtscheduler.forms.leaves import raised
from dtscheduler.model.names import name_key
from dtscheduler.model.secrets import MASK, looks_secret, masked_text
from dtscheduler.model.shown import printable
from dtscheduler.model.text import one_line
from dtscheduler.running.importing import quiet_import

P = ParamSpec("P")
R = TypeVar("R", bound=DAG | list[DAG])

_OURS = Path(__file__).resolve().parent.parent
_EXAMPLES = _OURS / "examples"
_STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib"))
LONGEST_LINE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What came of filling in a form: DAGs, or what is wrong. ``many`` tells that the suite gives a list."""

    dags: tuple[DAG, ...] = ()
    many: bool = False
    problems: tuple[Problem, ...] = ()

    @property
    def value(self) -> DAG | list[DAG]:
        """What the suite returned."""
        return list(self.dags) if self.many else self.dags[0]


class Suite(Generic[P, R]):
    """A function that makes a DAG, or a list of them, of typed parameters; made by ``@suite``.

    It is called like the function. Whatever it is called from, values are checked first, and nothing is saved or run:
    that is up to whoever gets the DAG.

    Args:
        function: what makes the DAGs.
        title: what forms are headed with. Default: the function's name in words.

    Raises:
        InvalidJobError: a parameter that no form could ask for, with what could be asked for.
    """

    def __init__(self, function: Callable[P, R], title: str | None = None) -> None:
        if (
            not inspect.isfunction(function)
            or inspect.iscoroutinefunction(function)
            or inspect.isasyncgenfunction(function)
        ):
            raise InvalidJobError(f"@suite marks functions that return a DAG, not {function!r:.60}")
        functools.update_wrapper(self, function)
        self.function, self.name = function, function.__name__
        self.title = title or self.name.replace("_", " ").strip().capitalize()
        self.doc = summary_of(function)
        self._where = f"suite {self.name}"
        if any(name in ("self", "cls") for name in inspect.signature(function).parameters):
            raise InvalidJobError(f"{self._where}: a suite is a function of its own, not a method")
        self.form = Form(function, self._where)

    @property
    def fields(self) -> tuple[Field, ...]:
        """What is asked for, in the order of the parameters."""
        return self.form.fields

    def schema(self) -> dict[str, Any]:
        """The form as JSON Schema (2020-12)."""
        from dtscheduler.forms.schema import schema_of

        return schema_of(self.fields, title=self.title, description=self.doc)

    def build(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Make the DAG, or the DAGs, of these values; those that are not given are the defaults.

        Args:
            *args: values in the order of the parameters.
            **kwargs: values by parameter.

        Raises:
            InvalidJobError: values that do not fit, all of them; or what the function returns is no DAG.
        """
        given = self._bound(args, kwargs)
        checked = self.form.check_values(given)
        if checked.problems:
            raise InvalidJobError("; ".join(self.told(problem) for problem in checked.problems))
        return self._made(checked.values)  # type: ignore[return-value] # a tuple becomes a list

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.build(*args, **kwargs)

    def _bound(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        names = list(inspect.signature(self.function).parameters)
        if len(args) > len(names):
            raise InvalidJobError(f"{self._where} takes {len(names)} values, not {len(args)}")
        given = dict(zip(names, args, strict=False))
        twice = [name for name in kwargs if name in given]
        if twice:
            raise InvalidJobError(f"{self._where}: {twice[0]} is given twice")
        return given | dict(kwargs)

    def check(self, plain: Mapping[str, Any]) -> tuple[Problem, ...]:
        """All that is wrong with values in their plain form, as JSON has them; the function is not called."""
        return self.form.check(plain).problems

    def choices(self, plain: Mapping[str, Any]) -> dict[str, tuple[Choice, ...]]:
        """The choices of the parameters whose choices depend on others, with the others as they are filled in."""
        return self.form.choices(plain)

    def construct(self, plain: Mapping[str, Any]) -> Built:
        """Make the DAGs of values in their plain form; whatever goes wrong is told as problems.

        What the function raises is a problem of the whole form, with the line of the user's code.
        """
        checked = self.form.check(plain)
        if checked.problems:
            return Built(problems=checked.problems)
        try:
            made = self._made(checked.values)
        except (Exception, SystemExit) as error:  # the border to the user's code
            return Built(problems=(Problem((), told_with_line(error)),))
        return Built(dags=tuple(made) if isinstance(made, list) else (made,), many=isinstance(made, list))

    def _made(self, values: Mapping[str, Any]) -> DAG | list[DAG]:
        with _only_built():
            made = self.function(**values)
        found = list(made) if isinstance(made, list | tuple) else [made]
        self._check_made(made, found)
        for dag in found:
            dag.last_run = None  # it was not to be run while it was built
        return found if isinstance(made, list | tuple) else found[0]

    def _check_made(self, made: object, found: list[Any]) -> None:
        strange = [type(one).__name__ for one in found if not isinstance(one, DAG)]
        if strange or not found:
            several = isinstance(made, list | tuple)
            what = f"a list with {strange[0]}" if several and strange else "an empty list" if several else strange[0]
            forgotten = "; is there a return?" if made is None else ""
            raise InvalidJobError(
                f"{self._where} returned {what}; it returns a DAG, or a list of DAGs{forgotten}{self._place}"
            )
        names = [name_key(dag.name) for dag in found]
        twice = [dag.name for place, dag in enumerate(found) if names[place] in names[:place]]
        if twice:
            raise InvalidJobError(
                f"{self._where} returned two DAGs of the name {twice[0]!r}; give each its own Name{self._place}"
            )
        empty = [dag.name for dag in found if not dag.tasks]
        if empty:
            raise InvalidJobError(
                f"{self._where}: DAG {empty[0]!r} has no tasks; there is nothing to save or run{self._place}"
            )

    @property
    def _place(self) -> str:
        """Where the function is defined, as messages say it."""
        code = self.function.__code__
        lines = range(code.co_firstlineno, code.co_firstlineno + 100)  # decorators come first
        texts = {number: linecache.getline(code.co_filename, number).lstrip() for number in lines}
        number = next((number for number, text in texts.items() if text.startswith("def ")), code.co_firstlineno)
        return f" ({_line(Path(code.co_filename), number)})"

    def told(self, problem: Problem) -> str:
        """A problem as an error says it, with the suite and the field."""
        return (
            f"{self._where}: {problem.field}: {problem.message}"
            if problem.path
            else f"{self._where}: {problem.message}"
        )

    def _repr_html_(self) -> str:
        from dtscheduler.model.tables import html_table

        cells = [(field.name, str(field.kind), _default(field), field.help) for field in self.fields]
        heads = ("parameter", "type", "default", "meaning") if cells else ()
        return html_table([self.title, *([self.doc] if self.doc else [])], heads, cells)

    def __repr__(self) -> str:
        return f"<Suite {self.name}({', '.join(field.name for field in self.fields)})>"


@overload
def suite(function: Callable[P, R]) -> Suite[P, R]: ...
@overload
def suite(*, title: str | None = None) -> Callable[[Callable[P, R]], Suite[P, R]]: ...
def suite(
    function: Callable[P, R] | None = None, *, title: str | None = None
) -> Suite[P, R] | Callable[[Callable[P, R]], Suite[P, R]]:
    """Mark a function of typed parameters that returns a DAG, or a list of DAGs, as a suite.

    Its signature is the form: ``int, float, str, bool, date, datetime, time, timedelta, Literal``, enums, lists of these,
    ``Optional``, dataclasses and pydantic models, DataFrames; limits and texts with ``Annotated[..., Field(...)]``, help
    from the docstring's ``Args:``, choices that depend on other parameters with ``Annotated[str, Choices(function)]``.

    Args:
        function: The function, where the decorator is written without brackets.
        title: What forms are headed with. Default: the function's name in words.

    Returns:
        A ``Suite``, which is called like the function.

    Raises:
        InvalidJobError: A parameter that no form could ask for.
    """
    if function is None:
        return lambda marked: Suite(marked, title)
    return Suite(function, title)


def _default(field: Field) -> str:
    """What a field starts with, as a table says it; secrets are masked."""
    if field.required:
        return "required"
    if field.default is not None and looks_secret(field.name):
        return MASK
    return "" if field.default is None else one_line(str(field.default), LONGEST_LINE)


@contextmanager
def _only_built() -> Iterator[None]:
    """While a suite is built its DAGs are neither saved nor run, and belong to no DAG that is being written."""
    outside = writing.set(())
    try:
        with quiet_import():
            yield
    finally:
        writing.reset(outside)


def told_with_line(error: BaseException) -> str:
    """What was raised, and the line of the user's code that led to it: its file, number and text."""
    found = None
    trace = error.__traceback__
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if not _is_ours(file) and not _is_installed(file):
            found = (file, trace.tb_lineno)
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return printable(f"{type(error).__name__}: {error.msg} ({_line(Path(error.filename), error.lineno)})")
    said = raised(error)
    return printable(f"{said} ({_line(*found)})" if found else said)


def _line(file: Path, number: int) -> str:
    text = linecache.getline(str(file), number).strip()
    return f"{file.name} line {number}{f': {masked_text(text[:LONGEST_LINE])}' if text else ''}"


def _is_installed(file: Path) -> bool:
    """Whether a file is of Python itself or of what is installed for it, and so not of the user."""
    return "site-packages" in file.parts or file.is_relative_to(_STANDARD_LIBRARY) or str(file).startswith("<frozen")


def _is_ours(file: Path) -> bool:
    return file.is_relative_to(_OURS) and not file.is_relative_to(_EXAMPLES)
