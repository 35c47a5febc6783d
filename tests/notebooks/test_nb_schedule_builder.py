"""The widget that asks when a job runs: controls make a schedule, a schedule fills controls, errors stand below them."""

from zoneinfo import ZoneInfo

import pytest
from traitlets import TraitError

from dtscheduler import DAG, Schedule, Task
from dtscheduler.errors import InvalidScheduleError
from dtscheduler.ui.notebook import ScheduleBuilder, listed_runs
from dtscheduler.ui.views.schedule_form import Group, Kind, Mode

A_UUID = "a9f7b6de-0f6c-4ef5-9a9a-0d27b2f0f0f0"


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch):
    """The clock of this machine shows UTC."""
    monkeypatch.setattr(listed_runs, "viewers_zone", lambda: ZoneInfo("UTC"))


def controls(builder):
    return builder._controls


def complaints(builder):
    """What is said to be wrong, by group of controls."""
    return {group: slot.value for group, slot in controls(builder)._slots.items() if slot.value}


def hours(builder, text):
    """Write the list of hours, as a user does."""
    _, found, _ = controls(builder).levels
    controls(builder).kind.value = Kind.AT_TIMES
    found.mode.value = Mode.LISTED
    found.text.value = text


def test_at_first_a_job_runs_only_by_hand():
    builder = ScheduleBuilder()
    assert builder.value == Schedule()
    assert "Nothing starts it by itself" in builder._meaning.value


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule(at_minutes=[0, 30], at_hours=[2, 18], weekdays=["Mon", "Fri"], timezone="Europe/Paris"),
        Schedule(every_minute=15, in_months=[1, 12]),
        Schedule(every_hour=6, day_of_month=31, timezone="America/New_York"),
        Schedule(first_last={"Weekday": "Fri", "Which": "Last"}, every_month=3, rundate_offset=-1),
        Schedule(run_after_job_name="Load", run_after_job_condition="always", timezone="Asia/Tokyo"),
        Schedule(run_after_job_uuid=A_UUID),
        Schedule(timezone="Asia/Tokyo", rundate_offset=2),
    ],
    ids=str,
)
def test_the_controls_hold_a_schedule_that_is_given_or_set(schedule, workspace):
    set_later = ScheduleBuilder()
    set_later.value = schedule
    for builder in (ScheduleBuilder(schedule), set_later):
        assert builder.value == schedule
        builder._entered(None)
        assert builder.value == schedule


def test_what_is_entered_is_told_once_each_time_it_means_something_else():
    builder, heard = ScheduleBuilder(), []
    builder.observe(lambda change: heard.append(change["new"]), "value")
    hours(builder, "9-10")
    hours(builder, "9, 10")
    assert heard == [None, Schedule(at_hours=[9, 10])]


def test_what_is_wrong_stands_below_its_controls_and_what_was_typed_stays():
    builder = ScheduleBuilder(Schedule(day_of_month=1))
    hours(builder, "9, <img onerror=x>")
    assert builder.value is None
    assert list(complaints(builder)) == [Group.HOURS]
    assert "&lt;img" in complaints(builder)[Group.HOURS]
    assert controls(builder).levels[1].text.value == "9, <img onerror=x>"
    hours(builder, "9")
    assert complaints(builder) == {}
    assert builder.value == Schedule(at_hours=[9], day_of_month=1)


def test_what_the_core_refuses_is_shown_and_the_widget_goes_on():
    builder = ScheduleBuilder(Schedule(at_hours=[1]))
    controls(builder).zone.value = "Mars/Olympus"
    assert builder.value is None
    assert list(complaints(builder)) == [Group.PLACE]
    controls(builder).zone.value = "Europe/Paris"
    assert builder.value == Schedule(at_hours=[1], timezone="Europe/Paris")


def test_only_the_controls_of_the_chosen_kind_are_shown(workspace):
    builder = ScheduleBuilder()
    boxes = controls(builder)._boxes
    shown = lambda: {group for group, box in boxes.items() if box.layout.display != "none"}
    assert shown() == set()
    controls(builder).kind.value = Kind.AFTER_A_JOB
    assert shown() == {Group.AFTER, Group.PLACE}
    assert "Choose the job" in builder._meaning.value


def test_jobs_to_run_after_are_offered_once_they_are_asked_for(workspace, work_dir):
    folder = work_dir({"steps.py": "from dtscheduler import batch\n@batch()\ndef one(): return 1\n"})
    dag = DAG(Name="<b>Load</b>", DevRun=True, WorkDir=folder)
    Task(Name="one", Entrypoint="steps.one", dag=dag)
    dag.save()
    builder = ScheduleBuilder()
    assert controls(builder).job.options == ()
    controls(builder).kind.value = Kind.AFTER_A_JOB
    assert controls(builder).job.options == ("<b>Load</b>",)
    controls(builder).job.value = "<b>Load</b>"
    assert builder.value == Schedule(run_after_job_name="<b>Load</b>")
    assert "&lt;b&gt;Load" in builder._meaning.value


def test_the_next_fires_are_shown_with_what_a_clock_change_does():
    builder = ScheduleBuilder(Schedule(at_hours=[2], at_minutes=[30], in_months=[3], timezone="Europe/Paris"))
    controls(builder).levels[2].text.value = "Mar, Oct"
    assert "at 02:30 Europe/Paris every day in March and October" in builder._meaning.value.replace("At", "at")
    assert builder._meaning.value.count("<tr>") == 6


def test_the_kernels_own_zone_comes_first(monkeypatch):
    monkeypatch.setattr(listed_runs, "viewers_zone", lambda: ZoneInfo("Asia/Tokyo"))
    builder = ScheduleBuilder()
    controls(builder).kind.value = Kind.AT_TIMES
    assert controls(builder).zone.options[:2] == ("Asia/Tokyo", "UTC")
    assert controls(builder).zone.value == "Asia/Tokyo"


def test_what_is_not_set_says_so():
    form = controls(ScheduleBuilder(Schedule(at_hours=[1])))
    assert (form.day.label, form.which.label) == ("Not set", "Not set")
    assert form.weekday.disabled
    form.which.value = "Last"
    assert not form.weekday.disabled


def test_none_empties_the_form():
    builder = ScheduleBuilder(Schedule(at_hours=[1]))
    builder.value = None
    assert builder.value == Schedule()
    assert controls(builder).kind.value is Kind.BY_HAND


def test_who_observes_it_may_set_it_too():
    builder = ScheduleBuilder()
    builder.observe(
        lambda change: setattr(builder, "value", Schedule(at_hours=[7])) if change["new"] else None, "value"
    )
    builder.value = Schedule(at_hours=[5])
    assert builder.value == Schedule(at_hours=[7])
    assert controls(builder).levels[1].text.value == "7"


@pytest.mark.parametrize("wrong", ["Mon", 5, {"at_hours": [1]}])
def test_what_is_no_schedule_is_refused(wrong):
    with pytest.raises(InvalidScheduleError, match="filled with a Schedule, not with a"):
        ScheduleBuilder(wrong)
    with pytest.raises(TraitError):
        ScheduleBuilder().value = wrong


def test_without_a_page_it_says_in_text_what_it_holds():
    builder = ScheduleBuilder(Schedule(at_hours=[18], timezone="Asia/Tokyo"))
    text = builder._repr_mimebundle_()["text/plain"]
    assert "At 18:00 Asia/Tokyo every day" in text
    assert len(text.splitlines()) == 7
    hours(builder, "soon")
    assert "no schedule yet. 'soon' is none of the hours" in repr(builder)


def test_closing_it_closes_its_controls():
    builder = ScheduleBuilder()
    builder.close()
    assert controls(builder).zone.comm is None
    assert "Only by hand" in repr(builder)
