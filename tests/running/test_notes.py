"""The note beside a result tells how the attempt went, where nothing else is left of it; it may be of another's making."""

import json

import pytest

from dtscheduler.model.call import PartCall
from dtscheduler.running.perform import outcome_from_note

CALL = PartCall(0, 0, "load", "{}", 1, "key")
SOUND = {
    "started": "2026-01-31T12:00:00+00:00",
    "ended": None,
    "cpu_seconds": 0.5,
    "peak_memory_mb": 30,
    "result_bytes": 7,
    "preview": "7",
}


def test_a_sound_note_gives_the_outcome():
    outcome = outcome_from_note(CALL, "kept", json.dumps(SOUND))
    assert (outcome.result_key, outcome.cpu_seconds, outcome.preview) == ("kept", 0.5, "7")


@pytest.mark.parametrize(
    "note",
    ["", "[]", "null", "{}", *(json.dumps({**SOUND, name: ["x"]}) for name in SOUND)],
)
def test_any_other_note_is_refused(note):
    with pytest.raises(ValueError):
        outcome_from_note(CALL, "kept", note)
