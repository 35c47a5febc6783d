"""The controls of fields: what each is drawn with, what it holds as a plain value, and that its texts stay texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtscheduler.forms.fields import Choice, Field, Kind
from dtscheduler.ui.notebook.controls import Control, message_html, muted_html
from dtscheduler.ui.views.fields import Shape

CITIES = (Choice("ams", "Amsterdam"), Choice("ber", "Berlin"))


def control(kind, given=None, choices=(), told=lambda: None, **facts):
    return Control(Field(name=facts.pop("name", "x"), kind=kind, label="X", **facts), given, choices, told)


def items(kind, **facts):
    return Field(name="", kind=kind, label="", **facts)


@pytest.mark.parametrize(
    ("found", "typed", "value"),
    [
        (control(Kind.INT, required=True), "0", 0),
        (control(Kind.FLOAT, required=True), "0.0", 0.0),
        (control(Kind.INT, required=True), " ", None),
        (control(Kind.INT, required=True), "many", "many"),
        (control(Kind.INT, given=2**60), str(2**61), 2**61),
        (control(Kind.FLOAT, given=0.25), 1e-9, 1e-9),
        (control(Kind.TEXT, required=True), "", None),
        (control(Kind.TEXT, given="a"), "", ""),
        (control(Kind.DURATION, given="1h"), "2h 30m", "2h 30m"),
        (control(Kind.TIME, given="10:00:07"), "10:00:08", "10:00:08"),
    ],
)
def test_what_is_typed_is_the_value_and_what_means_none_is_left_to_the_core(found, typed, value):
    found.input.value = typed
    assert (type(found.read()), found.read()) == (type(value), value)


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_that_is_given_comes_back_unchanged(number):
    kind = Kind.INT if isinstance(number, int) else Kind.FLOAT
    assert control(kind, given=number).read() == number


@given(st.lists(st.text(min_size=1, max_size=20), unique=True))
def test_texts_that_are_given_come_back_unchanged(texts):
    assert control(Kind.LIST, given=texts, item=items(Kind.TEXT)).read() == texts


def test_a_moment_keeps_its_zone_when_its_clock_is_changed():
    found = control(Kind.DATETIME, given="2026-01-01T10:00:00+02:00")
    found.input.value = found.input.value.replace(hour=11)
    assert found.read() == "2026-01-01T11:00:00+02:00"


def test_a_choice_stays_while_it_is_among_those_that_are_offered():
    found = control(Kind.CHOICE, given="ber", choices=CITIES, depends_on=("y",))
    found.offer((Choice("ber", "Berlin"), Choice("par", "Paris")))
    assert found.read() == "ber"
    found.offer((Choice("par", "Paris"),))
    assert found.read() is None


def test_offering_other_choices_tells_nobody_and_choosing_does():
    told = []
    found = control(Kind.CHOICE, choices=CITIES, depends_on=("y",), told=lambda: told.append(1))
    found.offer(CITIES[1:])
    assert told == []
    found.input.value = "ber"
    assert told == [1]


def test_choices_that_are_called_alike_are_told_apart():
    twins = (Choice("a", "Same"), Choice("b", "Same"))
    found = control(Kind.LIST, given=["b"], choices=twins, item=items(Kind.CHOICE), depends_on=("y",))
    assert (found.shape, found.read()) == (Shape.SEVERAL, ["b"])
    assert [label for label, _ in found._pairs()] == ["Same (a)", "Same (b)"]


def test_a_row_that_was_added_and_not_filled_in_is_none():
    columns = tuple(Field(name=name, kind=Kind.TEXT, label=name) for name in ("city", "code"))
    group = Field(name="", kind=Kind.GROUP, label="", fields=columns)
    found = control(Kind.LIST, given=[{"city": "Oslo", "code": "OSL"}], item=group)
    found.input.rows = [*found.input.rows, [None, None], ["Rome", None]]
    assert found.read() == [{"city": "Oslo", "code": "OSL"}, {"city": "Rome"}]


def test_a_secret_is_typed_unseen():
    assert type(control(Kind.TEXT, name="db_password").input).__name__ == "Password"
    assert type(control(Kind.TEXT, name="passenger").input).__name__ == "Text"


@pytest.mark.parametrize("drawn", [lambda text: message_html([text]), muted_html])
def test_markup_in_a_message_is_text(drawn):
    assert "<img" not in drawn("<img src=x onerror=alert(1)>")
    assert "&lt;img" in drawn("<img src=x onerror=alert(1)>")


@pytest.mark.parametrize("kind", [Kind.INT, Kind.FLOAT, Kind.TEXT, Kind.FLAG, Kind.DATE, Kind.DATETIME, Kind.TIME])
def test_a_screen_reader_is_told_what_a_control_is_for(kind):
    assert control(kind, help="more of it", required=True).input.tooltip == "X *"
