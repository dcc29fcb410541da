"""Why one cell has a concept: the genes of largest effect in a cell of high activation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.cells import read_obs
from scconcepts_app.views.genes import why_no_attribution
from scconcepts_app.views.numbers import MISSING, format_number, format_share, known_or_none

N_GENES = 12


@dataclass(frozen=True)
class TopCell:
    """A cell of high activation; `place` is its row in the store's table."""

    place: int
    cell: int
    id: str
    activation: float | None
    type: str

    @property
    def words(self) -> str:
        """The cell in one line."""
        parts = (self.id, f"activation {format_number(self.activation)}", self.type)
        return " · ".join(part for part in parts if part)


@dataclass(frozen=True)
class CellGene:
    """A gene in one cell; None where a number is missing.

    Attributes
    ----------
    effect : what replacing it takes from the pre-activation in this cell.
    value, counterfactual : log1p counts in the cell and in its counterfactual.
    """

    symbol: str
    effect: float | None
    value: float | None
    counterfactual: float | None

    @property
    def side(self) -> str:
        """``presence`` when the cell has more of it than its counterfactual, else ``absence``."""
        more = (self.value or 0.0) >= (self.counterfactual or 0.0)
        return "presence" if more else "absence"


@dataclass(frozen=True)
class CellExplanation:
    """The genes of largest effect in one cell, largest first.

    Attributes
    ----------
    full_drop : what replacing all genes takes from the pre-activation; None when missing.
    total : sum of the effects of all genes.
    share : share of `total` that `genes` carry; None where it has no sense.
    """

    top: TopCell
    genes: list[CellGene]
    full_drop: float | None
    total: float | None
    share: float | None

    @property
    def sentence(self) -> str:
        """The explanation in words."""
        text = f"Replacing all genes of this cell takes {format_number(self.full_drop)} from the "
        text += "concept's pre-activation"
        if self.share is not None and self.genes:
            text += (
                f"; the {len(self.genes)} genes shown carry {format_share(self.share)} of the sum "
                f"of all effects ({format_number(self.total)})"
            )
        return f"{text}. {_describe_first(self.genes)}".strip()


def list_top_cells(store: ConceptStore, concept: int, attribution: str | None) -> list[TopCell]:
    """Return the cells that can be explained, highest activation first; empty without any."""
    if attribution not in {info.key for info in store.manifest.cell_effects}:
        return []
    cells = np.asarray(store.array(f"cell_effects/{attribution}/cell")[concept])
    rows = store.activations.rows(concept)
    listed = np.isin(rows["cell"], cells)  # a dense concept has rows for half a million others
    values = dict(zip(rows["cell"][listed].tolist(), rows["value"][listed].tolist(), strict=True))
    ids = store.strings("cells/id")
    column = next((c for c in store.manifest.obs if c.role == "cell_type"), None)
    return [
        TopCell(
            place=place,
            cell=int(cell),
            id=ids[cell],
            activation=values.get(int(cell)),
            type=str(read_obs(store, column, int(cell)) or MISSING) if column else "",
        )
        for place, cell in enumerate(cells)
        if cell >= 0
    ]


def explain_cell(
    store: ConceptStore, concept: int, attribution: str, top: TopCell, n: int = N_GENES
) -> CellExplanation:
    """Return the `n` genes of largest absolute effect in a cell of `list_top_cells`."""
    folder = f"cell_effects/{attribution}"
    columns = {
        name: np.asarray(store.array(f"{folder}/{name}")[concept, top.place])
        for name in ("gene", "effect", "value", "counterfactual")
    }
    listed = np.flatnonzero((columns["gene"] >= 0) & np.isfinite(columns["effect"]))
    listed = listed[np.argsort(-np.abs(columns["effect"][listed]), kind="stable")][:n]
    full_drop, total = (
        known_or_none(store.array(f"{folder}/{name}")[concept, top.place])
        for name in ("full_drop", "total")
    )
    carried = float(columns["effect"][listed].sum())
    return CellExplanation(
        top=top,
        genes=[
            CellGene(
                symbol=store.gene_symbols[columns["gene"][i]],
                effect=known_or_none(columns["effect"][i]),
                value=known_or_none(columns["value"][i]),
                counterfactual=known_or_none(columns["counterfactual"][i]),
            )
            for i in listed
        ],
        full_drop=full_drop,
        total=total,
        # Of a sum that is not positive, a share would mislead.
        share=carried / total if total is not None and total > 0 else None,
    )


def why_no_cells(store: ConceptStore, concept: int, attribution: str | None) -> str:
    """Return in words why no cell can be explained."""
    if not store.manifest.attributions:
        return why_no_attribution(store)
    if not store.manifest.cell_effects:
        return (
            "This store holds no effects in single cells. Stores built by this release or a later "
            "one can hold them."
        )
    known = {info.key for info in store.manifest.cell_effects}
    if attribution not in known:
        titles = ", ".join(i.title for i in store.manifest.attributions if i.key in known)
        return (
            f"Single cells were not explained with this counterfactual; they were with: {titles}."
        )
    if len(store.activations.rows(concept)["cell"]) == 0:
        return "This concept is active in no cell, so there is no cell to explain."
    return why_no_attribution(store, concept)


def _describe_first(genes: list[CellGene]) -> str:
    if not genes:
        return ""
    first = genes[0]
    return (
        f"{first.symbol} matters most: the cell has {format_number(first.value)} (log1p counts), "
        f"its counterfactual {format_number(first.counterfactual)}."
    )
