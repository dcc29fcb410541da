"""The best F1 of a group over units, signs and thresholds; all units and groups at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_VALUES_AT_ONCE = 4_000_000


@dataclass(frozen=True, eq=False)
class Cuts:
    """For each group the unit, sign and threshold that find it best.

    Attributes
    ----------
    f1 : (n_groups,) on the cells they were chosen on; 0 for a group without cells.
    unit : (n_groups,) index.
    sign : (n_groups,) 1, or -1 where low values mean the group.
    threshold : (n_groups,) a cell is called when sign x value is at least this, midway between
        the last cell that was called and the next.
    """

    f1: np.ndarray
    unit: np.ndarray
    sign: np.ndarray
    threshold: np.ndarray

    def call(self, units: np.ndarray) -> np.ndarray:
        """Return which cells are said to be in each group, (n_cells, n_groups) bool."""
        return units[:, self.unit] * self.sign >= self.threshold


def best_cuts(units: np.ndarray, codes: np.ndarray, n_groups: int) -> Cuts:
    """Return the cut of highest F1 for each group.

    Cells of equal value pass a threshold together, so the order of the cells does not matter. The
    cost does not grow with the number of groups: F1 can only rise where a cell of the group is
    called, and groups share no cell.

    Parameters
    ----------
    units : (n_cells, n_units), of either sign.
    codes : (n_cells,) group of each cell; `n_groups` and above for none, -1 to leave it out.
    """
    known = codes >= 0
    units, codes = np.asarray(units)[known], codes[known]
    best = Cuts(
        np.zeros(n_groups),
        np.zeros(n_groups, np.int64),
        np.ones(n_groups),
        np.full(n_groups, np.inf),
    )
    step = max(1, _VALUES_AT_ONCE // max(1, len(units)))
    for sign in (1, -1):
        for start in range(0, units.shape[1], step):
            _improve(best, sign * units[:, start : start + step], codes, sign, start)
    return best


def _improve(best: Cuts, values: np.ndarray, codes: np.ndarray, sign: int, first: int) -> None:
    """Put better cuts into `best`; `first` is the index of the first unit of `values`."""
    f1, n_called, bounds = _f1_of_all_cuts(values, codes, len(best.f1))
    for group, (start, stop) in enumerate(zip(bounds[:-1], bounds[1:], strict=True)):
        if start == stop:
            continue
        row, unit = np.unravel_index(f1[start:stop].argmax(), (stop - start, f1.shape[1]))
        if f1[start + row, unit] > best.f1[group]:
            best.f1[group] = f1[start + row, unit]
            best.unit[group], best.sign[group] = first + unit, sign
            best.threshold[group] = _threshold(values[:, unit], n_called[start + row, unit])


def _threshold(values: np.ndarray, n_called: int) -> float:
    """Return what lies midway between the last of the called cells and the next one."""
    ordered = -np.sort(-values)
    if n_called == len(ordered):
        return -np.inf
    return float(ordered[n_called - 1] + ordered[n_called]) / 2


def _f1_of_all_cuts(
    values: np.ndarray, codes: np.ndarray, n_groups: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return F1 with each cell's value as the threshold for its group, and how many it calls.

    Returns
    -------
    f1, n_called : (n_cells, n_units), group after group, descending in the value.
    bounds : (n_groups+1,) where each group begins, then the end of the last.
    """
    n_cells = len(values)
    order = np.argsort(-values, axis=0, kind="stable")
    ordered = np.take_along_axis(values, order, axis=0)
    called = _ends(ordered, np.array([n_cells]))
    grouped = np.argsort(codes[order], axis=0, kind="stable")
    ordered = np.take_along_axis(ordered, grouped, axis=0)
    called = np.take_along_axis(called, grouped, axis=0)
    sizes = np.bincount(codes, minlength=n_groups)
    stops = np.cumsum(sizes)
    hits = _ends(ordered, stops[sizes > 0]) - np.repeat(stops - sizes, sizes)[:, None]
    f1 = 2 * hits / (called + np.repeat(sizes, sizes)[:, None])
    return f1, called, np.append(0, stops[:n_groups])


def _ends(ordered: np.ndarray, stops: np.ndarray) -> np.ndarray:
    """Return for each row how many rows there are up to the last one tied with it.

    A tie does not reach across `stops`, the ends of blocks.
    """
    n_rows = len(ordered)
    last = np.ones(ordered.shape, bool)
    last[:-1] = ordered[:-1] != ordered[1:]
    last[stops - 1] = True
    ends = np.where(last, np.arange(1, n_rows + 1)[:, None], n_rows)
    return np.minimum.accumulate(ends[::-1], axis=0)[::-1]
