"""Names beside points of a scatter, placed so that they neither overlap nor leave the plot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Point = tuple[float, float]
# A point with its name: (x, y, text).
Named = tuple[float, float, str]
_Box = tuple[float, float, float, float]

# Sizes of a plot, in pixels, in which every label must find its place: it shares the panel with
# words, and the panel follows the window. Labels keep their size, so points move below them.
SIZES = ((260.0, 125.0), (340.0, 180.0), (470.0, 260.0))
_CHARACTER, _LINE, _GAP = 6.4, 13.0, 5.0
_BIN = 4.0
# Anchors and direction of the sides, in the order they are tried; corners come last.
_SIDES = (
    ("left", "middle", 1, 0),
    ("right", "middle", -1, 0),
    ("center", "bottom", 0, 1),
    ("center", "top", 0, -1),
    ("right", "top", -1, -1),
    ("left", "bottom", 1, 1),
    ("right", "bottom", -1, 1),
    ("left", "top", 1, -1),
)


def place_labels(
    named: Sequence[Named],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    color: str,
    points: Sequence[Point] = (),
    sizes: Sequence[tuple[float, float]] = SIZES,
) -> list[dict[str, Any]]:
    """Return plotly annotations for the names that find a free place; the first ones win.

    A name covers no other name and no point, at any of the `sizes`.

    Parameters
    ----------
    named : points with names, most important first.
    x_range, y_range : limits of the axes.
    points : all that is drawn.
    sizes : width and height of the plot in pixels.
    """
    plots = [_Plot(size, x_range, y_range, points) for size in sizes]
    found = []
    for x, y, text in named:
        for xanchor, yanchor, dx, dy in _SIDES:
            boxes = [_box(plot.place((x, y)), text, dx, dy) for plot in plots]
            if all(plot.is_free(box) for plot, box in zip(plots, boxes, strict=True)):
                for plot, box in zip(plots, boxes, strict=True):
                    plot.taken.append(box)
                found.append(
                    {
                        "x": x,
                        "y": y,
                        "text": text,
                        "xanchor": xanchor,
                        "yanchor": yanchor,
                        "xshift": dx * _GAP,
                        "yshift": dy * _GAP,
                        "showarrow": False,
                        "font": {"size": 10.5, "color": color},
                    }
                )
                break
    return found


class _Plot:
    """A plot of one size: where its points lie, and which places are taken."""

    def __init__(
        self,
        size: tuple[float, float],
        x_range: tuple[float, float],
        y_range: tuple[float, float],
        points: Sequence[Point],
    ) -> None:
        self.size, self.x_range, self.y_range = size, x_range, y_range
        self.taken: list[_Box] = []
        self.crowded = {_bin(self.place(point)) for point in points}

    def place(self, point: Point) -> Point:
        """Return pixels from the lower left corner."""
        return (
            _scale(point[0], self.x_range, self.size[0]),
            _scale(point[1], self.y_range, self.size[1]),
        )

    def is_free(self, box: _Box) -> bool:
        """Say whether a label fits there without covering a point or another label."""
        if box[0] < 0 or box[1] < 0 or box[2] > self.size[0] or box[3] > self.size[1]:
            return False
        if any(_overlap(box, other) for other in self.taken):
            return False
        left, low = _bin((box[0] + 1, box[1] + 1))
        right, high = _bin((box[2] - 1, box[3] - 1))
        columns, rows = range(left, right + 1), range(low, high + 1)
        return not any((column, row) in self.crowded for column in columns for row in rows)


def pad(values: Sequence[float], share: float = 0.1) -> tuple[float, float]:
    """Return limits that leave room around values; 0 lies within them."""
    low, high = min([0.0, *values]), max([0.0, *values])
    room = share * ((high - low) or 1.0)
    return low - room, high + room


def _scale(value: float, limits: tuple[float, float], pixels: float) -> float:
    return (value - limits[0]) / (limits[1] - limits[0]) * pixels


def _box(at: Point, text: str, dx: int, dy: int) -> _Box:
    width = _CHARACTER * len(text)
    x = at[0] + dx * (_GAP + width / 2)
    y = at[1] + dy * (_GAP + _LINE / 2)
    return x - width / 2, y - _LINE / 2, x + width / 2, y + _LINE / 2


def _bin(at: Point) -> tuple[int, int]:
    return int(at[0] // _BIN), int(at[1] // _BIN)


def _overlap(a: _Box, b: _Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
