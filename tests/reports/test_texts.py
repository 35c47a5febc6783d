"""Reasons without secrets: the quick look leaves out no text that the careful one would mask."""

from hypothesis import given
from hypothesis import strategies as st

from dtscheduler.model.secrets import masked_text
from dtscheduler.reports.texts import labels, reasons

WORDS = st.sampled_from(
    ["password", "token", " ", "=", ":", "--", "key", "'", '"', "://", "a@b", "abc", ">", "\n", "-"]
)
TEXTS = st.lists(WORDS, max_size=12).map("".join) | st.text(max_size=40)


@given(st.lists(TEXTS, max_size=20))
def test_every_text_is_masked_as_if_it_were_alone(texts):
    assert reasons(texts) == [masked_text(text) for text in texts]


def test_labels_are_written_as_people_write_them_and_damaged_ones_as_they_are():
    assert labels(['["x","y"]', "[]", '["\\u002c"]', "{", "7"]) == ["x, y", "", ",", "{", "7"]
