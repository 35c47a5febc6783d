"""A suite that is filled in: its values, what there is to choose, what is wrong and where that is said, what it builds."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dtscheduler.api.suites import Built, Suite
from dtscheduler.errors import InvalidJobError
from dtscheduler.forms.checking import BROKEN_CHOICES
from dtscheduler.forms.fields import Choice, Field, Kind, Problem
from dtscheduler.model.secrets import masked
from dtscheduler.suites.remote import RemoteSuite
from dtscheduler.ui.views.problems import Path, problems_at, value_at

AnySuite = Suite[..., Any] | RemoteSuite

SLOW_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said of a form.

    Args:
        at: Messages by the places where they are said.
        needed: Places of values that are merely not there yet, which is no alarm.
        whole: Messages about the whole form.
    """

    at: Mapping[Path, tuple[str, ...]]
    needed: tuple[Path, ...]
    whole: tuple[str, ...]


def said_of(problems: Sequence[Problem], plain: Mapping[str, Any], places: Collection[Path]) -> Said:
    """Where problems are said; a value that is merely not there yet is no alarm."""
    said = problems_at(problems, places)
    whole = said.pop((), [])
    needed = tuple(
        path
        for path, messages in said.items()
        if value_at(plain, path) in (None, "", []) and not any(each.startswith(BROKEN_CHOICES) for each in messages)
    )
    return Said(
        at={path: tuple(messages) for path, messages in said.items() if path not in needed},
        needed=needed,
        whole=tuple(whole),
    )


def given_values(suite: AnySuite, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values that a form is filled with, plain. Raises ``InvalidJobError`` for one that no parameter takes."""
    given = suite.form.plain(values) if isinstance(suite, Suite) else dict(values)
    unknown = sorted(given.keys() - {field.name for field in suite.fields})
    if unknown:
        raise InvalidJobError(f"suite {suite.name}: {unknown[0]}: there is no such parameter to give a value to")
    for name, value in given.items():
        try:
            json.dumps(value)
        except (TypeError, ValueError, RecursionError) as error:
            what = f"a value of type {type(value).__name__} does not fit"
            raise InvalidJobError(f"suite {suite.name}: {name}: {what} ({error})") from None
    return given


def as_text(plain: Mapping[str, Any]) -> str:
    """Values as text: 1, 1.0 and True are equal for Python, and not the same."""
    return json.dumps(plain, default=repr, sort_keys=True)


class SuiteFormModel:
    """A suite that is filled in.

    Args:
        suite: Here, or in another process.
        values: What it is filled with at first, in the place of the defaults.

    Raises:
        InvalidJobError: A value that no parameter takes, or a parameter that no form could ask for.
    """

    def __init__(self, suite: AnySuite, values: Mapping[str, Any] | None = None) -> None:
        if not hasattr(suite, "construct"):
            raise InvalidJobError(f"a form is that of a function marked with @suite, not of {suite!r:.80}")
        self.suite = suite
        self.fields: tuple[Field, ...] = suite.fields
        self.plain: dict[str, Any] = {}
        self._built: tuple[object, Built] | None = None
        self._choices: tuple[str, Mapping[str, tuple[Choice, ...]]] | None = None
        self._took = 0.0
        self.fill(values or {})

    def fill(self, values: Mapping[str, Any]) -> None:
        """Fill it anew: with these values, and the defaults of the rest. Raises ``InvalidJobError`` as the form does."""
        given = given_values(self.suite, values)
        self.plain = started(self.fields, given)

    def set(self, path: Path, value: Any) -> None:
        """Set the value that a path leads to; None is no value, unless the field may be empty."""
        field = field_at(self.fields, path)
        if field is None:
            raise KeyError(path)
        within: Any = self.plain
        for step in path[:-1]:
            within = within.setdefault(step, {}) if isinstance(within, dict) else within[step]
        if value is None and field.required and not field.optional:
            within.pop(path[-1], None)
        else:
            within[path[-1]] = value

    def choices(self, field: Field) -> tuple[Choice, ...]:
        """The choices of a field, or of the items of its list, as the others are filled in."""
        if not field.depends_on:
            return field.choices or (field.item.choices if field.item else ())
        text = as_text(self.plain)
        if self._choices is None or self._choices[0] != text:
            found = self.suite.choices(self.plain)
            if not found and self._choices is not None:  # another process cannot tell now: what it offered stays
                return self._choices[1].get(field.name, ())
            self._choices = text, found
        return self._choices[1].get(field.name, ())

    @property
    def slow(self) -> bool:
        """Whether the suite took so long that it is not to be built at each key."""
        return self._took > SLOW_SECONDS

    @property
    def is_built(self) -> bool:
        """Whether what is filled in has been built."""
        return self._built is not None and self._built[0] == self._cause()

    @property
    def built(self) -> Built:
        """What the suite makes of what is filled in; it is called when that has changed, or the day."""
        cause = self._cause()
        if self._built is None or self._built[0] != cause:
            begun = time.monotonic()
            built = self.suite.construct(copy.deepcopy(self.plain))
            self._built = self._cause(), built  # code that had changed is imported only now
            self._took = time.monotonic() - begun
        return self._built[1]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that is wrong; of a slow suite that is not built yet, what its form says."""
        if self.slow and not self.is_built:
            return tuple(self.suite.check(self.plain))
        return self.built.problems

    def forget(self) -> None:
        """Build anew the next time; ask a suite in another process, loaded again if need be, for its parameters anew.

        Raises:
            SuiteError: It cannot be imported, or is not yet.
        """
        self._built = None
        if isinstance(self.suite, RemoteSuite):
            self.suite.load()
            self.fields = self.suite.fields
            known = {field.name for field in self.fields}
            self.fill({name: value for name, value in self.plain.items() if name in known})

    @property
    def text(self) -> str:
        """It as a line, secrets masked: ``flight_delays(origins=["JFK"], worst=10)``."""
        values = ", ".join(f"{key}={json.dumps(value, default=str)}" for key, value in masked(self.plain).items())
        return f"{self.suite.name}({values})"

    def _cause(self) -> object:
        """What is built follows from the values, the code, and what day it is."""
        code = (self.suite.changed, self.suite.state.since) if isinstance(self.suite, RemoteSuite) else None
        return as_text(self.plain), code, date.today()


def started(fields: Sequence[Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """What fields start with: what is given, else their defaults; groups with what their members start with."""
    plain = {}
    for field in fields:
        value = copy.deepcopy(given.get(field.name, field.default))
        if field.kind is Kind.GROUP and (value is not None or not field.optional):
            value = started(field.fields, value if isinstance(value, Mapping) else {})
        if value is not None or not field.required or field.optional:
            plain[field.name] = value
    return plain


def field_at(fields: Sequence[Field], path: Path) -> Field | None:
    """The field that a path leads to; None where there is none."""
    found: Field | None = None
    for step in path:
        found = next((field for field in fields if field.name == step), None)
        if found is None:
            return None
        fields = found.fields
    return found
