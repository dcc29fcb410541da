"""Two concepts in the same cells: how often they are active together, and do they rise together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.columns import StringColumn
from scconcepts_app.views.comparison import correlate_ranks
from scconcepts_app.views.fact import Fact
from scconcepts_app.views.numbers import format_count, format_number, format_share

_FEWEST_CELLS = 3
# See `match_cells`.
Matched = np.ndarray


@dataclass(frozen=True)
class Coactivation:
    """Counts over the cells that both sides hold; None where a number has no sense.

    Attributes
    ----------
    n_cells : cells that both stores hold.
    n_a, n_b, n_both : of them, active in the one, the other, in both.
    pearson, spearman : of the two activations, over cells in which either is active (an inactive
        concept counts as 0).
    """

    n_cells: int
    n_a: int
    n_b: int
    n_both: int
    pearson: float | None
    spearman: float | None

    @property
    def n_either(self) -> int:
        """Cells in which at least one is active."""
        return self.n_a + self.n_b - self.n_both

    @property
    def jaccard(self) -> float | None:
        """Cells active in both over cells active in either."""
        return self.n_both / self.n_either if self.n_either else None

    @property
    def enrichment(self) -> float | None:
        """Cells active in both over those expected if the two were independent."""
        expected = self.n_a * self.n_b / self.n_cells if self.n_cells else 0.0
        return self.n_both / expected if expected else None

    @property
    def facts(self) -> list[Fact]:
        """The numbers with their definitions."""
        of_a, of_b = (self.n_both / n if n else None for n in (self.n_a, self.n_b))
        return [
            Fact(
                "Both active",
                f"{format_count(self.n_both)} cells",
                f"Cells in which A and B are active, of {format_count(self.n_cells)} cells. "
                f"A: {format_count(self.n_a)}, B: {format_count(self.n_b)}.",
            ),
            Fact("Of A's cells", format_share(of_a), "Share of A's active cells in which B is."),
            Fact("Of B's cells", format_share(of_b), "Share of B's active cells in which A is."),
            Fact(
                "Jaccard",
                format_number(self.jaccard),
                "Cells active in both over cells active in either; 1: the same cells.",
            ),
            Fact(
                "Observed / expected",
                format_number(self.enrichment),
                "Cells active in both over those expected if the two were independent; 1: as by "
                "chance, 0: never together.",
            ),
            Fact(
                "Pearson",
                format_number(self.pearson),
                "Correlation of the two activations over cells in which either is active. An "
                "inactive concept counts as 0: concepts of different cells correlate negatively.",
            ),
            Fact(
                "Spearman",
                format_number(self.spearman),
                "Rank correlation over the same cells.",
            ),
        ]


def match_cells(first: ConceptStore, second: ConceptStore) -> np.ndarray | None:
    """Return for each cell of `first` its index in `second` by its id, -1 for none.

    None where no id agrees, or where one id stands for several cells of either.
    """
    if first is second:
        return np.arange(first.n_cells)
    a, b = first.strings("cells/id"), second.strings("cells/id")
    if np.array_equal(a.offsets, b.offsets) and np.array_equal(a.utf8, b.utf8):
        return np.arange(len(a))
    width = max(_width(a), _width(b), 1)
    ids_a, ids_b = _as_bytes(a, width), _as_bytes(b, width)
    order = np.argsort(ids_b, kind="stable")
    ordered = ids_b[order]
    if len(ordered) == 0 or (ordered[1:] == ordered[:-1]).any():
        return None
    at = np.minimum(np.searchsorted(ordered, ids_a), len(ordered) - 1)
    matched = np.where(ordered[at] == ids_a, order[at], -1)
    times = np.bincount(matched[matched >= 0])
    return matched if times.max(initial=0) == 1 else None


def coactivate(
    first: ConceptStore, a: int, second: ConceptStore, b: int, matched: np.ndarray
) -> Coactivation:
    """Return how concept `a` of `first` and `b` of `second` go together.

    Parameters
    ----------
    matched : (n_cells of `first`,) index of each cell in `second`, -1 for none; see `match_cells`.
    """
    active_b = np.zeros(second.n_cells)
    rows_b = second.activations.rows(b)
    active_b[rows_b["cell"]] = rows_b["value"]
    active_a = np.zeros(first.n_cells)
    rows_a = first.activations.rows(a)
    active_a[rows_a["cell"]] = rows_a["value"]
    shared = matched >= 0
    x, y = active_a[shared], active_b[matched[shared]]
    either = (x > 0) | (y > 0)
    x, y = x[either], y[either]
    return Coactivation(
        n_cells=int(shared.sum()),
        n_a=int((x > 0).sum()),
        n_b=int((y > 0).sum()),
        n_both=int(((x > 0) & (y > 0)).sum()),
        pearson=_correlate(x, y),
        spearman=correlate_ranks(x, y),
    )


def list_companions(store: ConceptStore, concept: int, n: int) -> list[tuple[int, float]]:
    """Return the concepts most often active in the cells of one, with the share of its cells."""
    cells = np.sort(np.asarray(store.activations.rows(concept)["cell"]))
    if not len(cells):
        return []
    others = np.asarray(store.array("activations/by_cell/concept")[cells])
    counts = np.bincount(others[others >= 0], minlength=store.n_concepts)
    counts[concept] = 0
    order = np.argsort(-counts, kind="stable")[:n]
    return [(int(i), float(counts[i] / len(cells))) for i in order if counts[i]]


def _correlate(x: np.ndarray, y: np.ndarray) -> float | None:
    if len(x) < _FEWEST_CELLS or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    return float(np.corrcoef(x, y)[0, 1])


def _width(column: StringColumn) -> int:
    return int(np.diff(column.offsets).max(initial=0))


def _as_bytes(column: StringColumn, width: int) -> np.ndarray:
    """Return texts as (n,) bytes of one width, filled up with zeros."""
    lengths = np.diff(column.offsets)
    grid = np.zeros((len(column), width), dtype=np.uint8)
    grid[np.arange(width) < lengths[:, None]] = column.utf8
    return grid.view(f"S{width}").ravel()
