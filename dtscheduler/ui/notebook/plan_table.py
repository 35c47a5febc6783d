"""A plan as a widget: its sentence, what it is for, and what becomes of each task."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import ipywidgets as widgets

from dtscheduler.ui.notebook.controls import message_html, muted_html
from dtscheduler.ui.notebook.tables import Column, Table
from dtscheduler.ui.views.plan import plan_view

if TYPE_CHECKING:
    from dtscheduler.api.plan import Plan

MOST_ROWS = 200


def plan_box(plan: Plan) -> widgets.VBox:
    """A plan as a box of widgets; of one with very many lines the first 200."""
    seen = plan_view(plan)
    columns = [
        Column("task", "Task", width=180),
        Column("parts", "Parts", width=180),
        Column("fate", "What becomes of it", width=150),
        Column("reason", "Why"),
    ]
    rows = [[line.task, line.parts, line.fate, line.reason] for line in seen.lines[:MOST_ROWS]]
    more = seen.more + max(0, len(seen.lines) - MOST_ROWS)
    return widgets.VBox(
        [
            widgets.HTML(f'<div style="font-weight:600">{escape(seen.sentence)}</div>'),
            widgets.HTML(muted_html(seen.about)),
            *([widgets.HTML(message_html(seen.differences))] if seen.differences else []),
            Table(columns, rows, label="Plan"),
            *([widgets.HTML(muted_html(f"and {more:,} more"))] if more else []),
        ]
    )
