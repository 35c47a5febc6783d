"""Which parameters set the parts that failed apart from those that succeeded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal

from dtscheduler.model.secrets import looks_secret
from dtscheduler.model.text import one_line

MOST_NAMED = 3
LONGEST_COMPARED = 200


class Values:
    """How often each value of each key occurs in some configurations.

    Only plain values are compared (numbers, short texts, dates), and none of keys that look secret.
    """

    def __init__(self, configs: Iterable[Mapping[str, object]]) -> None:
        self.count = 0
        self.by_key: dict[str, Counter[str]] = {}
        for config in configs:
            self.count += 1
            for key, value in config.items():
                if type(value) in _PLAIN and (type(value) is not str or len(value) <= LONGEST_COMPARED):
                    self._counter(key)[_written(value)] += 1
        for key in [key for key in self.by_key if looks_secret(key)]:
            del self.by_key[key]

    def occurrences(self, key: str, value: str) -> int:
        return self.by_key[key][value] if key in self.by_key else 0

    def _counter(self, key: str) -> Counter[str]:
        found = self.by_key.get(key)
        if found is None:
            found = self.by_key[key] = Counter()
        return found


def set_apart(failed: Values, succeeded: Values) -> str:
    """Say which values the failures have and the successes have not: "all with tenor=7", "9 of 12 with month=2".

    Empty where nothing can be said: there are no successes, or no value is much rarer among them.
    """
    if not failed.count or not succeeded.count:
        return ""
    if shared := _shared(failed, succeeded):
        named = ", ".join(_named(key, value) for key, value in shared[:MOST_NAMED])
        more = f" and {len(shared) - MOST_NAMED} more" if len(shared) > MOST_NAMED else ""
        return f"{'all ' if failed.count > 1 else ''}with {named}{more}"
    return _best(failed, succeeded)


def _shared(failed: Values, succeeded: Values) -> list[tuple[str, str]]:
    """Keys with one value in all failures that no success has."""
    found = []
    for key, values in failed.by_key.items():
        value, count = next(iter(values.items()))
        if count == failed.count and not succeeded.occurrences(key, value) and _recurs(key, failed, succeeded):
            found.append((key, value))
    return found


def _recurs(key: str, failed: Values, succeeded: Values) -> bool:
    """Whether a value is more than the number of its part: one that every part has for itself says nothing."""
    return failed.count > 1 or 2 * len(succeeded.by_key.get(key, ())) <= succeeded.count


def _best(failed: Values, succeeded: Values) -> str:
    """The value that most failures have, if at least half have it, and at most half as large a share of successes."""
    candidates = [
        (count, -elsewhere, key, value)
        for key, values in failed.by_key.items()
        for value, count in values.most_common(1)
        if count > 1 and 2 * count >= failed.count
        for elsewhere in [succeeded.occurrences(key, value)]
        if 2 * elsewhere * failed.count <= count * succeeded.count
    ]
    if not candidates:
        return ""
    count, elsewhere, key, value = max(candidates, key=lambda candidate: candidate[:2])
    also = f", and {-elsewhere:,} of {succeeded.count:,} that succeeded" if elsewhere else ""
    return f"{count:,} of {failed.count:,} with {_named(key, value)}{also}"


def _named(key: str, value: str) -> str:
    return f"{one_line(key, 60)}={one_line(value, 80)}"


_DATES = frozenset({date, datetime, Decimal})
_PLAIN = frozenset({str, int, float, bool, type(None)}) | _DATES


def _written(value: object) -> str:
    return str(value) if type(value) in _DATES else repr(value)
