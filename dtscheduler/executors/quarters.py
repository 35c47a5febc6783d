"""What the workers of one account use: where their results and their logs go."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dtscheduler.caches.account import Account
from dtscheduler.errors import SchedulerError
from dtscheduler.executors.spools import Spools
from dtscheduler.model.call import Outcome, PartCall
from dtscheduler.ports import ResultCache
from dtscheduler.running.perform import outcome_from_note

logger = logging.getLogger("dtscheduler")


@dataclass(frozen=True, slots=True)
class Quarters:
    """What the workers of one account use.

    Args:
        results: folder of the result cache that workers open.
        spools: where workers write the logs of what they execute.
        cache: opens the cache in which results of calls are looked up whose worker died before it could report them.
        account: the account; None is that of this process.
    """

    results: Path
    spools: Spools
    cache: Callable[[], ResultCache]
    account: Account | None = None

    def adopted(self, call: PartCall) -> Outcome | None:
        """The outcome of a call whose result was kept and whose report was lost."""
        try:
            cache = self.cache()
            key = cache.find([call.key]).get(call.key)
            note = cache.note(key) if key else None
            return outcome_from_note(call, key, note) if key and note else None
        except (SchedulerError, ValueError, TypeError, KeyError, AttributeError) as error:  # of an account's own making
            logger.warning("whether there is a result of %s cannot be told: %s", call.key, error)
            return None
