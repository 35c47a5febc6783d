"""Text of others in tables: without secrets, and labels as people write them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from dtscheduler.model.secrets import masked_text

_MAY_HOLD_A_SECRET = re.compile("[=:]|--")  # a secret follows its key after one of these, and nothing else is masked


def reasons(texts: Sequence[str]) -> list[str]:
    """Texts in which secrets are masked; many are alike, and each of them is looked at once."""
    seen = {text: masked_text(text) if _MAY_HOLD_A_SECRET.search(text) else text for text in set(texts)}
    return [seen[text] for text in texts]


def labels(texts: Sequence[str]) -> list[str]:
    """JSON lists of labels, as ``x, y``."""
    seen = {text: _listed(text) for text in set(texts)}
    return [seen[text] for text in texts]


def _listed(text: str) -> str:
    try:
        return ", ".join(map(str, json.loads(text)))
    except (ValueError, TypeError):  # a damaged row is no reason to show nobody any
        return text
