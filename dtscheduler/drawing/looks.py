"""How each status looks in every picture: a word, a glyph and colours, so that colour is never the only sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dtscheduler.model.status import RunStatus, TaskStatus


class Theme(StrEnum):
    """For which background a picture is drawn; ``auto`` asks the reader's browser."""

    LIGHT = "light"
    DARK = "dark"
    AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Tone:
    """Colours as ``#rrggbb``: ``ink`` for glyph, border and text on ``fill``, ``solid`` for bars."""

    ink: str
    fill: str
    solid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One status. ``glyph`` is a character; ``path`` is the same sign as strokes of an SVG path in a box of 16 x 16."""

    word: str
    glyph: str
    path: str
    light: Tone
    dark: Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """Colours of what has no status: the page, text, secondary text, lines, the card of a task and its border."""

    page: str
    text: str
    muted: str
    line: str
    card: str
    border: str
    strong: str


PAPERS = {
    Theme.LIGHT: Paper(
        page="#ffffff",
        text="#1b2230",
        muted="#545c6b",
        line="#8a93a3",
        card="#f6f7f9",
        border="#c3c9d3",
        strong="#1b2230",
    ),
    Theme.DARK: Paper(
        page="#14171d",
        text="#eef1f6",
        muted="#b3bac6",
        line="#7d8696",
        card="#222732",
        border="#475061",
        strong="#f5f7fa",
    ),
}

# The colours of Okabe and Ito, which colour-blind eyes tell apart, with darker and lighter ones of the same hue as ink.
_LOOKS: Mapping[str, Look] = {
    "scheduled": Look(
        word="scheduled",
        glyph="◇",
        path="M8 4 L12 8 L8 12 L4 8 Z",
        light=Tone("#4a5590", "#eef0f8", "#9aa5d6"),
        dark=Tone("#b3bdf0", "#262c45", "#6f7bb8"),
    ),
    "pending": Look(
        word="pending",
        glyph="○",
        path="M8 4.2 A3.8 3.8 0 1 1 7.99 4.2 Z",
        light=Tone("#565d6b", "#f1f2f5", "#b9bec9"),
        dark=Tone("#b0b7c4", "#282d37", "#5d6575"),
    ),
    "ready": Look(
        word="ready",
        glyph="◔",
        path="M8 4.2 A3.8 3.8 0 1 1 7.99 4.2 Z M8 5 L8 8 L11 8",
        light=Tone("#4b4ba8", "#ececfa", "#8f92dc"),
        dark=Tone("#b8bbff", "#2a2b4d", "#7477c9"),
    ),
    "running": Look(
        word="running",
        glyph="▶",
        path="M6 4.4 L11.6 8 L6 11.6 Z",
        light=Tone("#005a8f", "#e0effa", "#0072b2"),
        dark=Tone("#7cc4f8", "#0f2f49", "#3f9fdc"),
    ),
    "completed": Look(
        word="completed",
        glyph="✓",
        path="M4.3 8.4 L7 11 L11.8 5.2",
        light=Tone("#00684a", "#e1f4ed", "#009e73"),
        dark=Tone("#5cd6ac", "#12342b", "#1fb487"),
    ),
    "reused": Look(
        word="reused",
        glyph="↻",
        path="M11.6 6.6 A3.9 3.9 0 1 0 11.9 8.6 M12.1 4.2 L11.8 6.9 L9.2 6.3",
        light=Tone("#1c6076", "#e1f1f7", "#56b4e9"),
        dark=Tone("#86d0ea", "#12303c", "#4aa3c7"),
    ),
    "failed": Look(
        word="failed",
        glyph="✕",
        path="M4.9 4.9 L11.1 11.1 M11.1 4.9 L4.9 11.1",
        light=Tone("#a03a00", "#fdeae0", "#d55e00"),
        dark=Tone("#ffa474", "#48240f", "#f07a2b"),
    ),
    "failed_after": Look(
        word="out of time",
        glyph="◷",
        path="M8 4 A4 4 0 1 1 7.99 4 Z M8 5.4 L8 8.2 L10 9.4",
        light=Tone("#785000", "#fcf1d8", "#e69f00"),
        dark=Tone("#f4c95a", "#3d2f0d", "#e0a526"),
    ),
    "out_of_memory": Look(
        word="out of memory",
        glyph="▲",
        path="M8 3.9 L12.4 11.6 L3.6 11.6 Z M8 6.8 L8 9",
        light=Tone("#8c3167", "#fae8f2", "#cc79a7"),
        dark=Tone("#f3a6cf", "#41203a", "#d583b1"),
    ),
    "stopped": Look(
        word="stopped",
        glyph="■",
        path="M5 5 L11 5 L11 11 L5 11 Z",
        light=Tone("#3a3f4a", "#e3e5ea", "#6b7280"),
        dark=Tone("#d5d9e1", "#3a3f4a", "#8e96a5"),
    ),
    "did_not_run": Look(
        word="did not run",
        glyph="–",
        path="M4.6 8 L11.4 8",
        light=Tone("#626977", "#f8f8fa", "#d3d7de"),
        dark=Tone("#a3abb9", "#1e222a", "#434a57"),
    ),
    "expired": Look(
        word="expired",
        glyph="◌",
        path="M5 4.2 L11 4.2 L5 11.8 L11 11.8 Z",
        light=Tone("#67543f", "#f4eee6", "#a78a69"),
        dark=Tone("#d8bf9f", "#372d22", "#a78a69"),
    ),
}

# Which status of several says most about them: what needs a person comes first, then what goes on.
MOST_TELLING = (
    TaskStatus.FAILED,
    TaskStatus.OUT_OF_MEMORY,
    TaskStatus.FAILED_AFTER,
    TaskStatus.RUNNING,
    TaskStatus.STOPPED,
    TaskStatus.READY,
    TaskStatus.PENDING,
    TaskStatus.DID_NOT_RUN,
    TaskStatus.COMPLETED,
    TaskStatus.REUSED,
)


def look_of(status: TaskStatus | RunStatus) -> Look:
    """How a status of a task run or of a run looks."""
    return _LOOKS[status.value]


def contrast(one: str, other: str) -> float:
    """How well two colours ``#rrggbb`` stand apart, from 1 to 21; text needs 4.5 (WCAG 2.2, 1.4.3)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
