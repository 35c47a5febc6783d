"""Every status has a look that can be read in both themes and told apart without colours."""

import re

import pytest

from dtscheduler.drawing.looks import MOST_TELLING, PAPERS, Theme, contrast, look_of
from dtscheduler.model.status import RunStatus, TaskStatus

STATUSES = [*TaskStatus, *RunStatus]
THEMES = [Theme.LIGHT, Theme.DARK]


def tone(status, theme):
    look = look_of(status)
    return look.dark if theme is Theme.DARK else look.light


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("status", STATUSES)
def test_the_ink_of_a_status_can_be_read_on_the_page_and_on_a_card(status, theme):
    ink = tone(status, theme).ink
    assert contrast(ink, PAPERS[theme].page) >= 4.5
    assert contrast(ink, PAPERS[theme].card) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("status", STATUSES)
def test_colours_are_written_in_full(status, theme):
    found = tone(status, theme)
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in (found.ink, found.fill, found.solid))


@pytest.mark.parametrize("theme", THEMES)
def test_lines_of_the_critical_path_stand_out_from_the_others(theme):
    paper = PAPERS[theme]
    assert contrast(paper.line, paper.page) >= 3
    assert contrast(paper.strong, paper.page) > 2 * contrast(paper.line, paper.page)


@pytest.mark.parametrize("status", STATUSES)
def test_a_glyph_is_one_character_and_its_strokes_stay_on_the_badge(status):
    look = look_of(status)
    assert len(look.glyph) == 1 and look.word.strip() == look.word != ""
    coordinates = [float(found) for found in re.findall(r"\d+(?:\.\d+)?", look.path)]
    assert coordinates and all(0 <= value <= 16 for value in coordinates)


def test_what_needs_a_person_tells_most_and_every_status_has_a_rank():
    assert sorted(MOST_TELLING) == sorted(TaskStatus)
    ranks = [MOST_TELLING.index(status) for status in (TaskStatus.FAILED, TaskStatus.RUNNING, TaskStatus.COMPLETED)]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("status", sorted(set(map(str, TaskStatus)) & set(map(str, RunStatus))))
def test_a_status_of_a_run_looks_like_that_of_a_task(status):
    assert look_of(TaskStatus(status)) == look_of(RunStatus(status))
