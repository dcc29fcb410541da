"""Rows of points on one axis from 0 to 1, as SVG that takes its colours from the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _ROW = 520, 26
_LABEL, _RIGHT, _TOP, _BOTTOM = 190, 20, 38, 26
_TICKS = 5


@dataclass(frozen=True)
class Point:
    """A value under the name of its series, with an interval where it has one."""

    series: str
    value: float
    interval: tuple[float, float] | None = None


def draw_rows(rows: Sequence[tuple[str, Sequence[Point]]], title: str, caption: str) -> str:
    """Return a figure: a row of points under each label, on an axis from 0 to 1.

    The first series is a filled circle with its interval, the others are open marks of their own
    shape and colour, so that no colour alone tells them apart.
    """
    series = list(dict.fromkeys(point.series for _, points in rows for point in points))
    if not series:
        return ""
    height = _TOP + _ROW * len(rows) + _BOTTOM
    parts = [_axis(height), _legend(series)]
    for number, (label, points) in enumerate(rows):
        y = _TOP + _ROW * (number + 0.5)
        parts.append(_text(_LABEL - 10, y + 4, _shorten(label), "end"))
        drawn = sorted(points, key=lambda p: -series.index(p.series))
        parts += [_draw(point, series.index(point.series), y, label) for point in drawn]
    return (
        f'<figure><svg viewBox="0 0 {_WIDTH} {height}" role="img" font-size="11" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg>'
        f"<figcaption>{escape(title)}. {escape(caption)}</figcaption></figure>"
    )


def _across(value: float) -> float:
    return _LABEL + min(max(value, 0.0), 1.0) * (_WIDTH - _LABEL - _RIGHT)


def _axis(height: int) -> str:
    bottom, parts = height - _BOTTOM, []
    for step in range(_TICKS + 1):
        x = _across(step / _TICKS)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}" stroke="var(--line)"/>'
        )
        parts.append(_text(x, bottom + 16, f"{step / _TICKS:.1f}", "middle"))
    return "".join(parts)


def _legend(series: Sequence[str]) -> str:
    """Return the names of the series, each behind its mark, right of the labels."""
    parts, x, y = [], 6.0, 12.0
    for number, name in enumerate(series):
        width = 5.8 * len(name) + 30
        if x + width > _WIDTH and x > 6:
            x, y = 6.0, y + 14
        parts.append(_mark(number, x + 4, y - 4))
        parts.append(_text(x + 14, y, name, "start"))
        x += width
    return "".join(parts)


def _draw(point: Point, number: int, y: float, label: str) -> str:
    x, whisker = _across(point.value), ""
    words = f"{label}, {point.series}: {point.value:.2f}"
    if point.interval is not None:
        low, high = (_across(end) for end in point.interval)
        whisker = (
            f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}" stroke="var(--a)" '
            'stroke-width="2"/>'
        )
        words += f" ({point.interval[0]:.2f} to {point.interval[1]:.2f})"
    return f"<g><title>{escape(words)}</title>{whisker}{_mark(number, x, y)}</g>"


def _mark(number: int, x: float, y: float) -> str:
    """Return the mark of a series: circle, ring, diamond, cross, square, triangle."""
    if number == 0:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="var(--a)"/>'
    color = ("var(--b)", "var(--c)", "var(--muted)")[(number - 1) % 3]
    shape = (
        "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0",
        "M0,-5L5,0L0,5L-5,0Z",
        "M-4,-4L4,4M-4,4L4,-4",
        "M-4,-4H4V4H-4Z",
        "M0,-5L5,4H-5Z",
    )[(number - 1) % 5]
    return (
        f'<path d="{shape}" transform="translate({x:.1f},{y:.1f})" fill="none" '
        f'stroke="{color}" stroke-width="2"/>'
    )


def _shorten(label: str) -> str:
    return label if len(label) <= 32 else label[:31] + "…"


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="var(--muted)">'
        f"{escape(text)}</text>"
    )
