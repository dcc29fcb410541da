"""A scatter of settings as SVG: how surely concepts come back against what they are worth."""

from __future__ import annotations

import math
from html import escape

from precompute.sweep.result import Point, Sweep
from precompute.sweep.rule import LEAST_SHARE

_WIDTH, _HEIGHT = 520, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 24, 28, 44
_COLORS = ("var(--a)", "var(--b)", "var(--c)")
_TICKS = 5


def draw_points(sweep: Sweep, measure: str, title: str) -> str:
    """Return a figure: the share that comes back across, a measure up, one circle a setting.

    A circle is larger with more concepts; the recommended one has a ring; words appear where the
    pointer rests.
    """
    points = [
        point
        for point in sweep.points
        if point.come_back is not None and getattr(point, measure) is not None
    ]
    if not points:
        return ""
    values = [getattr(point, measure) for point in points]
    low, high = min(values), max(values)
    room = 0.08 * ((high - low) or 0.1)
    low, high = low - room, high + room
    least = min([LEAST_SHARE, *(point.come_back or 0.0 for point in points)])
    least = math.floor(10 * least - 0.5) / 10
    variants = list(dict.fromkeys(point.variant for point in sweep.points))
    chosen = sweep.points[sweep.chosen] if sweep.chosen >= 0 else None
    most = max(point.n_concepts for point in points)
    parts = [_axes(least, low, high, title), _legend(variants)]
    for point, value in sorted(zip(points, values, strict=True), key=lambda x: -x[0].n_concepts):
        x, y = _across(point.come_back or 0.0, least), _up(value, low, high)
        radius = 3 + 6 * (point.n_concepts / most) ** 0.5
        color = _COLORS[variants.index(point.variant) % len(_COLORS)]
        words = escape(_describe(point, value, title))
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{color}" '
            f'fill-opacity=".6"><title>{words}</title></circle>'
        )
        if point is chosen:
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius + 4:.1f}" fill="none" '
                'stroke="var(--text)" stroke-width="2"/>'
            )
    drawn = "".join(parts)
    return (
        f'<figure><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" font-size="11" '
        f'aria-label="{escape(title)} against the share of concepts that come back">{drawn}</svg>'
        "<figcaption>One circle a setting, larger with more concepts; ring: recommended; "
        f"dashed: {LEAST_SHARE:.0%}.</figcaption></figure>"
    )


def _across(share: float, least: float) -> float:
    return _LEFT + (share - least) / (1 - least) * (_WIDTH - _LEFT - _RIGHT)


def _up(value: float, low: float, high: float) -> float:
    return _HEIGHT - _BOTTOM - (value - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)


def _axes(least: float, low: float, high: float, title: str) -> str:
    bottom = _HEIGHT - _BOTTOM
    parts = []
    for step in range(_TICKS + 1):
        share, value = (a + step / _TICKS * (b - a) for a, b in ((least, 1.0), (low, high)))
        x, y = _across(share, least), _up(value, low, high)
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}"/>')
        parts.append(_text(x, bottom + 16, f"{share:.0%}", "middle"))
        parts.append(_text(_LEFT - 8, y + 4, f"{value:.2f}", "end"))
    x = _across(LEAST_SHARE, least)
    parts.append(
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}" stroke="var(--muted)" '
        'stroke-dasharray="5 4"/>'
    )
    parts.append(
        _text(_across((1 + least) / 2, least), _HEIGHT - 8, "concepts that come back", "middle")
    )
    parts.append(_text(_LEFT, 16, title, "start"))
    return f'<g stroke="var(--line)">{"".join(parts)}</g>'


def _legend(variants: list[str]) -> str:
    parts, x = [], float(_WIDTH - _RIGHT)
    for i, name in reversed(list(enumerate(variants))):
        color = _COLORS[i % len(_COLORS)]
        parts.append(_text(x, 16, name, "end"))
        x -= 6.5 * len(name) + 10
        parts.append(f'<circle cx="{x:.1f}" cy="12" r="4" fill="{color}"/>')
        x -= 14
    return f"<g>{''.join(parts)}</g>"


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="var(--muted)" stroke="none">'
        f"{escape(text)}</text>"
    )


def _describe(point: Point, value: float, title: str) -> str:
    return (
        f"{point.name}: {point.n_concepts:g} concepts, {point.come_back or 0:.0%} come back, "
        f"{title} {value:.3f}"
    )
