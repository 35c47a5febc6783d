"""Text becomes markup in one place, and comes back from it as it was."""

from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dtscheduler.drawing.markup import NOTHING, Markup, element, joined, number

CARRIED = st.text(
    st.characters(
        exclude_categories=("Cs",),
        exclude_characters=[*map(chr, (*range(9), 11, 12, *range(14, 32), *range(127, 160))), "\ufffe", "\uffff"],
    )
)


@given(CARRIED)
def test_every_text_comes_back_from_content_and_from_an_attribute(text):
    root = ElementTree.fromstring(element("text", text, class_=text))
    assert (root.text or "", root.get("class"), len(root)) == (text, text, 0)


@given(st.text(st.characters()))
@example("\ud800 \udfff \x00 \x1f \x7f \x9f \ufffe \uffff")
def test_what_xml_cannot_carry_is_replaced_and_the_rest_is_kept(text):
    root = ElementTree.fromstring(element("text", text, class_=text).encode())
    for found in (root.text or "", root.get("class")):
        assert len(found) == len(text)
        assert all(one == other or other == "\ufffd" for one, other in zip(text, found, strict=True))


def test_markup_is_not_escaped_twice_and_text_that_looks_like_it_is():
    inner = element("b", "&")
    assert joined(inner, "<b>&amp;</b>") == "<b>&amp;</b>&lt;b&gt;&amp;amp;&lt;/b&gt;"
    assert isinstance(joined(inner), Markup) and not isinstance(inner + "<", Markup)


def test_nothing_is_an_element_without_trace():
    assert element("g", NOTHING, class_=None) == "<g></g>"


@pytest.mark.parametrize("name", ["p onload=x", "p>", "", "1p", "p\n", "é", 'p"'])
def test_odd_names_of_elements_and_attributes_are_refused(name):
    with pytest.raises(ValueError, match="cannot name"):
        element(name)
    with pytest.raises(ValueError, match="cannot name"):
        element("p", **{name: "x"})


@given(st.floats(-1e6, 1e6))
def test_coordinates_are_short_and_within_a_hundredth(value):
    written = number(value)
    assert abs(float(written) - value) <= 0.005 + 1e-9
    assert "e" not in written and len(written.partition(".")[2]) <= 2


def test_coordinates_have_no_needless_digits():
    assert [number(value) for value in (0.0, 0.001, -0.0, 2.50, 3.0, -7.126)] == ["0", "0", "0", "2.5", "3", "-7.13"]
