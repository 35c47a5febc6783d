"""Text from data in labels and messages, which read Markdown: it stands there as it is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtscheduler.ui.streamlit.texts import alarming, literal


def unescaped(markdown):
    """What a reader of Markdown makes of it, if every mark is escaped."""
    assert not re.search(r"(?<!\\)(?:\\\\)*[*_`$\[\]<>:#~|!{}()&]", re.sub(r"\\[!-/:-@\[-`{-~]", "", markdown))
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown).replace("\u2060", "").replace("\u00a0", " ")


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"])))
def test_any_text_is_kept_and_no_mark_in_it_means_anything(text):
    assert unescaped(literal(text)) == text


@pytest.mark.parametrize("drawn", ["->", "a -> b", "--", "<->", "x >= y", ":streamlit:"])
def test_what_streamlit_draws_as_a_sign_is_broken_up_without_a_trace(drawn):
    assert "\u2060" in literal(drawn)
    assert unescaped(literal(drawn)) == drawn


@pytest.mark.parametrize(
    "linked", ["see https://evil.invalid/x", "WWW.evil.invalid", "a@b.invalid", "mailto:a@b.invalid"]
)
def test_addresses_are_broken_up_without_a_trace(linked):
    assert "\u2060" in literal(linked)
    assert unescaped(literal(linked)) == linked


def test_a_text_that_begins_with_spaces_is_no_code():
    assert literal("    x").startswith("\u00a0" * 4)


def test_arrows_within_words_stay_whole():
    assert "\u2060" not in literal("a->b")


def test_control_characters_are_shown_instead_of_obeyed():
    assert unescaped(literal("a\x1b[31mb\nc\u202ed")) == "a\\x1b[31mb c\\u202ed"


def test_an_alarm_cannot_be_ended_by_its_text():
    assert alarming("x] **y**") == ":red[:small[:material/error: x\\] \\*\\*y\\*\\*]]"


@pytest.mark.slow
def test_a_hostile_text_is_shown_as_it_is_in_a_browser(serve_app, tmp_path, page):
    hostile = (
        "**x** <script>alert(1)</script> $y$ :red[z] -> [a](javascript:alert(2)) :streamlit: ![i](http://x.invalid)"
        " https://x.invalid www.x.invalid a@x.invalid"
    )
    script = tmp_path / "page.py"
    script.write_text(
        "import streamlit as st\nfrom dtscheduler.ui.streamlit.texts import literal\n"
        f"with st.container(key='shown'):\n    st.error(literal({hostile!r}), icon='')\n"
    )
    page.goto(serve_app(script))
    page.wait_for_selector(".st-key-shown [data-testid=stAlert]")
    assert page.locator(".st-key-shown").inner_text().replace("\u2060", "") == hostile
    assert page.locator(".st-key-shown a").count() == 0
