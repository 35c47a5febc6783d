"""A form for a suite: a widget for each parameter, problems where they are, and the DAG once all is right."""

import json

import pytest

HEAD = """
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Annotated, Literal

import streamlit as st
from pydantic import Field

from dtscheduler import DAG, Choices, Task, suite
from dtscheduler.ui.streamlit import suite_form

def job(name="Delays", **config):
    dag = DAG(Name=name, DevRun=True, WorkDir="/")
    Task(Name="one", Entrypoint="steps.one", ConfigurationJson=config, dag=dag)
    return dag

def cities(country):
    return [f"{country}-1", f"{country}-2"]

class Side(Enum):
    BUY = "buy"
    SELL = "sell"

@dataclass
class Costs:
    fee: Annotated[float, Field(gt=0)] = 0.5
    side: Side = Side.BUY
"""
TAIL = """
made = suite_form(delays)
st.session_state["made"] = None if made is None else made[0].spec() if isinstance(made, list) else made.spec()
st.session_state["many"] = isinstance(made, list)
"""
FLIGHTS = """
@suite
def delays(origins: list[Literal["EWR", "JFK"]] = ["JFK"], months: Annotated[list[int], Field(min_length=1)] = [1, 2],
           worst: Annotated[int, Field(ge=1, le=100)] = 10) -> DAG:
    \"\"\"How late?

    Args:
        worst: carriers to **list**
    \"\"\"
    if worst == 13:
        raise ValueError("13 is **unlucky**")
    if worst == 14:
        return None
    return job(origins=origins, months=months, worst=worst)
"""


@pytest.fixture
def form(app):
    """Runs the form of a suite ``delays`` that is defined in a script."""
    return lambda suite, tail=TAIL: app(HEAD + suite + tail)


def config(at) -> dict:
    return json.loads(at.session_state["made"].tasks[0].parts[0].config)


def widget(at, label):
    return next(found for found in _widgets(at) if found.label == label)


def _widgets(at):
    kinds = ("number_input", "text_input", "text_area", "toggle", "selectbox", "multiselect", "date_input", "pills")
    yield from (w for kind in (*kinds, "time_input", "datetime_input", "segmented_control") for w in at.get(kind))


def said(at) -> str:
    return " ".join(text.value for text in (*at.caption, *at.markdown))


def test_the_defaults_make_a_dag_at_once(form):
    at = form(FLIGHTS)
    assert config(at) == {"origins": ["JFK"], "months": [1, 2], "worst": 10}
    assert widget(at, "Worst").help == "carriers to \\*\\*list\\*\\*"


def test_a_value_that_is_changed_changes_the_dag(form):
    at = form(FLIGHTS)
    widget(at, "Worst").set_value(5).run()
    widget(at, "Months").set_value(["1", "12"]).run()
    assert config(at) == {"origins": ["JFK"], "months": [1, 12], "worst": 5}


def test_a_problem_is_said_and_there_is_no_dag_until_it_is_mended(form):
    at = form(FLIGHTS)
    widget(at, "Months").set_value(["1", "May"]).run()
    assert at.session_state["made"] is None
    assert "item 2\\: \\'May\\'" in said(at)
    widget(at, "Months").set_value(["1"]).run()
    assert config(at)["months"] == [1]


def test_a_limit_that_no_widget_knows_is_checked_by_the_core(form):
    at = form("@suite\ndef delays(fee: Annotated[float, Field(gt=0)] = 0.5) -> DAG:\n    return job(fee=fee)\n")
    widget(at, "Fee").set_value(0.0).run()
    assert at.session_state["made"] is None
    assert "0" in said(at)


def test_a_suite_that_raises_says_the_line_of_the_code_and_the_page_lives(form):
    at = form(FLIGHTS)
    widget(at, "Worst").set_value(13).run()
    assert not at.exception
    assert "13 is \\*\\*unlucky\\*\\*" in at.error[0].value
    assert at.session_state["made"] is None
    widget(at, "Worst").set_value(12).run()
    assert config(at)["worst"] == 12


def test_a_suite_that_returns_something_else_says_so(form):
    at = form(FLIGHTS)
    widget(at, "Worst").set_value(14).run()
    assert "NoneType" in at.error[0].value


def test_what_is_needed_is_no_alarm_before_it_is_filled_in(form):
    at = form("@suite\ndef delays(title: str) -> DAG:\n    return job(title)\n")
    assert said(at) == "Still needed\\: Title"
    widget(at, "Title \\*").set_value("Spring").run()
    assert at.session_state["made"].name == "Spring"


def test_choices_follow_the_field_that_they_depend_on(form):
    at = form(
        "@suite\ndef delays(country: Literal['FR', 'DE'], city: Annotated[str, Choices(cities)]) -> DAG:\n"
        "    return job(city)\n"
    )
    widget(at, "Country \\*").set_value("DE").run()
    widget(at, "City \\*").set_value("DE-2").run()
    assert at.session_state["made"].name == "DE-2"
    widget(at, "Country \\*").set_value("FR").run()
    assert at.session_state["made"] is None
    assert list(widget(at, "City \\*").options) == ["FR-1", "FR-2"]


def test_what_is_optional_is_not_set_until_its_switch_is_on(form):
    at = form("@suite\ndef delays(cut: int | None = None) -> DAG:\n    return job(cut=cut)\n")
    assert config(at) == {"cut": None}
    assert widget(at, "Cut").disabled
    widget(at, "Not set").set_value(True).run()
    widget(at, "Cut").set_value(3).run()
    assert config(at) == {"cut": 3}


def test_dates_times_and_lengths_of_time_are_filled_in_as_such(form):
    at = form(
        "@suite\ndef delays(day: date = date(2026, 1, 2), at: time = time(18), limit: timedelta = timedelta(hours=2),\n"
        "           when: datetime = datetime(2026, 1, 2, 3, 4)) -> DAG:\n"
        "    return job(day=str(day), at=str(at), limit=limit.total_seconds(), when=str(when))\n"
    )
    assert config(at) == {"day": "2026-01-02", "at": "18:00:00", "limit": 7200, "when": "2026-01-02 03:04:00"}
    widget(at, "Limit").set_value("1h 30m").run()
    assert config(at)["limit"] == 5400
    widget(at, "Limit").set_value("soon").run()
    assert at.session_state["made"] is None


def test_a_group_has_its_own_fields_and_problems(form):
    at = form("@suite\ndef delays(c: Costs = Costs()) -> DAG:\n    return job(fee=c.fee, side=c.side.name)\n")
    assert config(at) == {"fee": 0.5, "side": "BUY"}
    widget(at, "Side").set_value("SELL").run()
    assert config(at)["side"] == "SELL"
    widget(at, "Fee").set_value(0.0).run()
    assert at.session_state["made"] is None
    assert "0" in said(at)


def test_a_list_of_groups_is_a_table(form):
    at = form("@suite\ndef delays(cs: list[Costs] = [Costs(1.5)]) -> DAG:\n    return job(fees=[c.fee for c in cs])\n")
    assert config(at) == {"fees": [1.5]}
    edits = {"edited_rows": {0: {"fee": 2.5}}, "added_rows": [{"fee": 3.0, "side": "SELL"}], "deleted_rows": []}
    at.session_state[at.data_editor[0].key] = edits
    at.run()
    assert config(at) == {"fees": [2.5, 3.0]}


def test_a_data_frame_is_a_table_with_typed_columns(form):
    at = form(
        "import pandas as pd\nTRADES = pd.DataFrame({'city': ['Rome'], 'size': [3]})\n"
        "@suite\ndef delays(trades: pd.DataFrame = TRADES) -> DAG:\n    return job(sizes=trades['size'].tolist())\n"
    )
    assert config(at) == {"sizes": [3]}
    edits = {"edited_rows": {}, "added_rows": [{"city": "Oslo", "size": 4}], "deleted_rows": [0]}
    at.session_state[at.data_editor[0].key] = edits
    at.run()
    assert config(at) == {"sizes": [4]}


def test_several_dags_come_as_a_list(form):
    at = form("@suite\ndef delays(n: int = 2) -> list[DAG]:\n    return [job(f'job {i}') for i in range(n)]\n")
    assert at.session_state["many"]


def test_presets_fill_the_form_and_other_ones_fill_it_anew(form):
    tail = "made = suite_form(delays, values=st.session_state.get('preset'))\nst.session_state['made'] = made.spec()\n"
    at = form("@suite\ndef delays(day: date = date(2026, 1, 2)) -> DAG:\n    return job(day=str(day))\n", tail)
    at.session_state["preset"] = {"day": "2026-05-06"}
    at.run()
    assert config(at) == {"day": "2026-05-06"}


def test_a_preset_that_is_not_allowed_is_shown_with_what_is_wrong(form):
    tail = "made = suite_form(delays, values={'worst': 500, 'title': 'x' * 30})\nst.session_state['made'] = made\n"
    suite = (
        "@suite\ndef delays(worst: Annotated[int, Field(le=100)] = 1, title: Annotated[str, Field(max_length=9)] = '')"
        " -> DAG:\n    return job()\n"
    )
    at = form(suite, tail)
    assert not at.exception
    assert widget(at, "Worst").value == 500
    assert len([text for text in at.markdown if ":material/error:" in text.value]) == 2
    assert at.session_state["made"] is None


def test_a_time_with_seconds_is_not_cut(form):
    at = form("@suite\ndef delays(at: time = time(18, 0, 30)) -> DAG:\n    return job(at=str(at))\n")
    assert config(at) == {"at": "18:00:30"}


def test_the_function_is_called_once_for_the_same_values(form):
    suite = "@suite\ndef delays(n: int = 2) -> DAG:\n    st.session_state['calls'] += 1\n    return job(n=n)\n"
    kept = "delays = st.session_state.setdefault('suite', delays)\n"
    at = form("st.session_state.setdefault('calls', 0)\n" + suite + kept)
    at.run().run()
    assert at.session_state["calls"] == 1
    widget(at, "N").set_value(3).run()
    assert at.session_state["calls"] == 2


def test_labels_from_hostile_code_are_shown_as_they_are(form):
    hostile = "Literal['**x** :red[y]', '$z$']"
    at = form(f"@suite\ndef delays(n: {hostile} = '$z$') -> DAG:\n    return job(n=n)\n")
    assert list(widget(at, "N").options) == ["\\*\\*x\\*\\* \\:red\\[y\\]", "\\$z\\$"]
    assert config(at) == {"n": "$z$"}


def test_values_and_tables_are_there_again_when_the_form_comes_back(form):
    suite = (
        "@suite\ndef delays(n: int = 2, cs: list[Costs] = [Costs(1.5)]) -> DAG:\n"
        "    return job(n=n, fees=[c.fee for c in cs])\n"
    )
    at = form(suite, "if not st.session_state.get('away'):\n" + "\n".join(f"    {line}" for line in TAIL.splitlines()))
    widget(at, "N").set_value(7).run()
    edits = {"edited_rows": {0: {"fee": 2.5}}, "added_rows": [], "deleted_rows": []}
    at.session_state[at.data_editor[0].key] = edits
    at.run()
    at.session_state["away"] = True
    at.run()
    assert not at.number_input
    at.session_state["away"] = False
    at.run()
    assert config(at) == {"n": 7, "fees": [2.5]}


def test_times_with_a_zone_in_a_table_are_texts_and_come_back_as_they_were(form):
    at = form("""
from datetime import UTC
import pandas as pd
@suite
def delays(at: list[datetime] = [datetime(2026, 1, 2, tzinfo=UTC)],
           table: pd.DataFrame = pd.DataFrame({"a": [1.0, None], "b": ["x", None]})) -> DAG:
    return job(at=at[0].isoformat(), rows=len(table))
""")
    assert not at.exception
    assert config(at) == {"at": "2026-01-02T00:00:00+00:00", "rows": 2}


def test_a_secret_is_typed_unseen_and_lengths_of_any_sign_fit(form):
    at = form("""
@suite
def delays(password: str = "hunter2", wait: timedelta = timedelta(0), back: timedelta = timedelta(days=-1)) -> DAG:
    return job(seconds=(wait + back).total_seconds())
""")
    assert config(at) == {"seconds": -86400.0}
    assert [each.proto.type for each in at.text_input if each.label == "Password"] == [1]  # PASSWORD


def test_choices_that_cannot_be_worked_out_say_why(form):
    at = form("""
@suite
def delays(a: int = 0, b: Annotated[str, Choices(lambda a: [str(1 / a)])] = "") -> DAG:
    return job()
""")
    assert "its choices\\: ZeroDivisionError\\: division by zero" in said(at)


def test_a_preset_that_no_parameter_takes_is_refused(app):
    at = app(HEAD + FLIGHTS + "suite_form(delays, values={'nope': 5})")
    assert "suite delays: nope: there is no such parameter" in at.exception[0].message
