"""A set of cells as an address says it: a polygon on a map, conditions on obs, or both.

``sel=MAP:x1,y1,x2,y2,...`` has corners on the map's 16-bit grid and closes itself; what lies
inside by the even-odd rule is taken. ``where=COLUMN:VALUE,VALUE;COLUMN:LOW..HIGH`` joins the
values of a column by or and its conditions by and. Names with ``% , ; :`` are percent-encoded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.manifest import ObsColumn
from scconcepts_app.views.numbers import format_count

MOST_CORNERS = 48
REST = "rest"  # as `against`: all other cells
_LARGEST = 65535
_ESCAPED = {"%": "%25", ",": "%2C", ";": "%3B", ":": "%3A"}
Mask = np.ndarray  # (n_cells,) bool
_NUMBER = re.compile(r"\d{1,5}", re.ASCII)


class SelectionError(ValueError):
    """The address defines no set of cells of this store; the message says why."""


@dataclass(frozen=True)
class Polygon:
    """A drawn outline; `corners` (n_corners, 2) int64 on the grid of the map `key`."""

    key: str
    corners: np.ndarray

    @property
    def words(self) -> str:
        """The outline in words."""
        return f"outline of {len(self.corners)} corners on the map {self.key}"


@dataclass(frozen=True)
class Condition:
    """One condition on an obs column: some of its categories, or a range of numbers.

    Attributes
    ----------
    values : names of categories; empty for a range.
    low, high : both included; None where the range is open.
    """

    column: ObsColumn
    values: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    @property
    def text(self) -> str:
        """The condition as it stands in an address."""
        if self.column.kind == "numeric":
            return f"{escape(self.column.key)}:{_plain(self.low)}..{_plain(self.high)}"
        return f"{escape(self.column.key)}:{','.join(escape(value) for value in self.values)}"

    @property
    def words(self) -> str:
        """The condition in words."""
        if self.column.kind != "numeric":
            return f"{self.column.name}: {' or '.join(self.values)}"
        low, high = _plain(self.low), _plain(self.high)
        if low and high:
            return f"{self.column.name}: {low} to {high}"
        return f"{self.column.name}: {'at least ' + low if low else 'at most ' + high}"


@dataclass(frozen=True)
class Selection:
    """What defines a set of cells; without outline and conditions, it is all cells."""

    polygon: Polygon | None = None
    conditions: tuple[Condition, ...] = ()

    def __bool__(self) -> bool:
        return self.polygon is not None or bool(self.conditions)

    @property
    def sel(self) -> str:
        """The outline as it stands in an address, empty without one."""
        if self.polygon is None:
            return ""
        return f"{self.polygon.key}:{','.join(str(n) for n in self.polygon.corners.ravel())}"

    @property
    def where(self) -> str:
        """The conditions as they stand in an address."""
        return write_where(self.conditions)

    @property
    def words(self) -> str:
        """The definition in words."""
        parts = [each.words for each in (self.polygon, *self.conditions) if each is not None]
        return "; ".join(parts) or "all cells"


def read_selection(store: ConceptStore, choices: Mapping[str, str]) -> Selection:
    """Return what ``sel`` and ``where`` of an address define.

    Raises
    ------
    SelectionError
        A map, column or category that the store does not have, or text of another form.
    """
    sel, where = choices.get("sel") or "", choices.get("where") or ""
    return Selection(
        polygon=_read_polygon(store, sel) if sel else None,
        conditions=read_where(store, where) if where else (),
    )


def read_sides(store: ConceptStore, choices: Mapping[str, str]) -> tuple[str, Selection, Selection]:
    """Return what is wrong with the two sets of an address, empty for nothing, and the two.

    The second is ``against``; nothing chosen in it stands for all other cells.
    """
    text = choices.get("against") or REST
    try:
        first = read_selection(store, choices)
        second = Selection(conditions=() if text == REST else read_where(store, text))
    except SelectionError as error:
        return str(error), Selection(), Selection()
    if not first:
        return "Choose cells first: draw around them or add a condition.", first, second
    return "", first, second


def read_where(store: ConceptStore, text: str) -> tuple[Condition, ...]:
    """Return the conditions of a ``where``.

    Raises
    ------
    SelectionError
        As `read_selection`.
    """
    columns = {column.key: column for column in store.manifest.obs}
    found = []
    for part in filter(None, text.split(";")):
        name, colon, values = part.partition(":")
        column = columns.get(unquote(name))
        if column is None:
            known = ", ".join(columns) or "none"
            raise SelectionError(
                f"This store has no column “{unquote(name)}”. Its columns: {known}."
            )
        if not colon or not values:
            raise SelectionError(f"The condition on {column.name} names no value.")
        found.append(_read_condition(column, values))
    return tuple(found)


def find_column(store: ConceptStore, key: str | None) -> ObsColumn | None:
    """Return the obs column of a key, None when the store has none such."""
    return next((column for column in store.manifest.obs if column.key == key), None)


def write_where(conditions: Sequence[Condition]) -> str:
    """Return conditions as they stand in an address."""
    return ";".join(condition.text for condition in conditions)


def escape(name: str) -> str:
    """Return a name with the characters that part conditions percent-encoded."""
    return "".join(_ESCAPED.get(c, c) for c in name)


def find_cells(store: ConceptStore, selection: Selection | None) -> Mask:
    """Return which cells are in the set, (n_cells,) bool; none where nothing defines one."""
    if selection is None:
        return np.zeros(store.n_cells, bool)
    inside = np.ones(store.n_cells, bool)
    for condition in selection.conditions:
        inside &= _meets(store, condition)
    if selection.polygon is not None:
        xy = store.array(f"maps/{selection.polygon.key}/quantised")
        inside &= within(xy, selection.polygon.corners)
    return inside


def within(xy: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Return which points lie inside a polygon by the even-odd rule, (n_points,) bool.

    Exact in whole numbers. A point on a left or lower edge is inside, on a right or upper one
    outside, so that two polygons that share an edge share no point.

    Parameters
    ----------
    xy : (n_points, 2) whole numbers.
    corners : (n_corners, 2) int64.
    """
    low, high = corners.min(axis=0), corners.max(axis=0)
    x, y = np.asarray(xy[:, 0]), np.asarray(xy[:, 1])
    found = np.flatnonzero((x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1]))
    # In order of height, each edge passes only the points beside it.
    found = found[np.argsort(y[found], kind="stable")]
    x, y = x[found].astype(np.int64), y[found].astype(np.int64)
    odd = np.zeros(len(found), bool)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if ay > by:
            (ax, ay), (bx, by) = (bx, by), (ax, ay)
        beside = slice(*np.searchsorted(y, (ay, by)))
        odd[beside] ^= (x[beside] - ax) * (by - ay) < (y[beside] - ay) * (bx - ax)
    inside = np.zeros(len(xy), bool)
    inside[found[odd]] = True
    return inside


def describe_size(inside: np.ndarray) -> str:
    """Return the number of cells of a set and its share in words."""
    n, n_cells = int(inside.sum()), len(inside)
    share = 100 * n / n_cells if n_cells else 0.0
    words = "< 0.1 %" if 0 < share < 0.1 else f"{share:.1f} %"
    return f"{format_count(n)} of {format_count(n_cells)} cells ({words})"


def _meets(store: ConceptStore, condition: Condition) -> np.ndarray:
    column = condition.column
    if column.kind == "numeric":
        values = np.asarray(store.array(f"obs/{column.key}/values"))
        inside = np.isfinite(values)
        if condition.low is not None:
            inside &= values >= np.float32(condition.low)
        if condition.high is not None:
            inside &= values <= np.float32(condition.high)
        return inside
    # One place more for the missing value, -1.
    wanted = np.zeros(len(column.categories) + 1, bool)
    for value in condition.values:
        wanted[column.categories.index(value)] = True
    return wanted[np.asarray(store.array(f"obs/{column.key}/codes"))]


def _read_polygon(store: ConceptStore, text: str) -> Polygon:
    key, _, numbers = text.rpartition(":")
    known = [info.key for info in store.manifest.maps]
    if key not in known:
        raise SelectionError(f"This store has no map “{key}”. Its maps: {', '.join(known)}.")
    parts = numbers.split(",")
    if not all(_NUMBER.fullmatch(part) and int(part) <= _LARGEST for part in parts):
        raise SelectionError("The outline is not made of whole numbers x,y on the grid of the map.")
    if len(parts) % 2 or not 6 <= len(parts) <= 2 * MOST_CORNERS:
        raise SelectionError(
            f"The outline has {len(parts)} numbers; it needs two each for 3 to {MOST_CORNERS} "
            "corners."
        )
    return Polygon(key, np.array([int(part) for part in parts], np.int64).reshape(-1, 2))


def _read_condition(column: ObsColumn, text: str) -> Condition:
    if column.kind == "numeric":
        return _read_range(column, text)
    values = tuple(dict.fromkeys(unquote(value) for value in text.split(",")))
    unknown = [value for value in values if value not in column.categories]
    if unknown:
        raise SelectionError(
            f"{column.name} has no category “{unknown[0]}”. It has "
            f"{', '.join(column.categories[:12])}{' …' if len(column.categories) > 12 else '.'}"
        )
    return Condition(column, values)


def _read_range(column: ObsColumn, text: str) -> Condition:
    low, dots, high = text.partition("..")
    try:
        ends = [float(end) if end else None for end in (low, high)]
    except ValueError:
        ends = [None, None]
    if (
        not dots
        or ends == [None, None]
        or any(e is not None and not math.isfinite(e) for e in ends)
    ):
        raise SelectionError(
            f"{column.name} holds numbers: give a range such as {column.key}:0.05..0.2, open at "
            "one end if you like."
        )
    return Condition(column, low=ends[0], high=ends[1])


def _plain(number: float | None) -> str:
    return "" if number is None else f"{number:.10g}"
