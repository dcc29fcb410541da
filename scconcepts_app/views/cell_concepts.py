"""One cell in full: what is known about it, its concepts, and the genes behind each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.cells import list_cell_concepts, read_obs
from scconcepts_app.views.genes import default_attribution
from scconcepts_app.views.numbers import MISSING, format_number, known_or_none

N_GENES = 10

MEASURED = (
    "Effects in this cell: what replacing the gene by its counterfactual takes from the "
    "pre-activation here."
)
EXPECTED = (
    "No effects were measured in this cell for this concept. These are the concept's genes of "
    "largest mean effect over its active cells; bold ones are expressed in this cell."
)
EXPECTED_DE = (
    "This store holds no attribution. These are the genes that differ most between the concept's "
    "active cells and the others; bold ones are expressed in this cell."
)


@dataclass(frozen=True)
class GeneBehind:
    """A gene of a concept in a cell.

    Attributes
    ----------
    effect : in this cell where it was measured, else the mean over cells (z of DE without any).
    value : log1p of counts per 10,000 in this cell, 0 where it is not expressed.
    """

    symbol: str
    effect: float | None
    value: float

    @property
    def is_expressed(self) -> bool:
        """Whether the cell has counts of it."""
        return self.value > 0


@dataclass(frozen=True)
class ConceptOfCell:
    """A concept that is active in a cell.

    Attributes
    ----------
    rank, n_active : place of the cell among the active ones, 1 the highest activation.
    percentile : share of the active cells with an activation as high or lower, in percent.
    origin : what the genes' effects are, in words; `is_measured` where they are of this cell.
    """

    index: int
    id: str
    activation: float
    rank: int
    n_active: int
    percentile: float
    genes: list[GeneBehind]
    origin: str
    is_measured: bool


@dataclass(frozen=True)
class CellInFull:
    """A cell: index, id, (name, value) of what is known about it, and its concepts."""

    index: int
    id: str
    facts: list[tuple[str, str]]
    concepts: list[ConceptOfCell]


def describe_cell_in_full(store: ConceptStore, cell: int) -> CellInFull:
    """Return everything that the store says about a cell."""
    facts = [
        ("total counts", format_number(known_or_none(store.array("cells/library_size")[cell]), 0))
    ]
    for column in store.manifest.obs:
        value = read_obs(store, column, cell)
        facts.append((column.name, _write(value)))
    values = _Expression(store, cell)
    concepts = [
        _describe(store, cell, found["index"], found["activation"], values)
        for found in list_cell_concepts(store, cell)
    ]
    store.release("payloads/expression/bytes", "activations/by_concept/value")
    return CellInFull(cell, store.strings("cells/id")[cell], facts, concepts)


def _write(value: str | float | None) -> str:
    if not isinstance(value, float):
        return value or MISSING
    return format_number(value, 0 if value == int(value) else 3)


class _Expression:
    """Values of genes in one cell; each gene is decoded once."""

    def __init__(self, store: ConceptStore, cell: int) -> None:
        self._store, self._cell = store, cell
        self._known: dict[int, float] = {}

    def __getitem__(self, gene: int) -> float:
        if gene not in self._known:
            cells, values = self._store.expression(gene)
            at = int(np.searchsorted(cells, self._cell))
            hit = at < len(cells) and cells[at] == self._cell
            self._known[gene] = float(values[at]) if hit else 0.0
        return self._known[gene]


def _describe(
    store: ConceptStore, cell: int, concept: int, activation: float, values: _Expression
) -> ConceptOfCell:
    active = np.asarray(store.activations.rows(concept)["value"])
    # Highest first: those above this cell, then its equals.
    above = int(np.searchsorted(-active, -np.float32(activation), side="left"))
    genes, origin, is_measured = _genes_behind(store, cell, concept, values)
    return ConceptOfCell(
        index=concept,
        id=store.concept_ids[concept],
        activation=activation,
        rank=above + 1,
        n_active=len(active),
        percentile=100 * (len(active) - above) / max(1, len(active)),
        genes=genes,
        origin=origin,
        is_measured=is_measured,
    )


def _genes_behind(
    store: ConceptStore, cell: int, concept: int, values: _Expression
) -> tuple[list[GeneBehind], str, bool]:
    for info in store.manifest.cell_effects:
        at = np.flatnonzero(store.array(f"cell_effects/{info.key}/cell")[concept] == cell)
        if len(at):
            genes, effects = (
                np.asarray(store.array(f"cell_effects/{info.key}/{name}")[concept, at[0]])
                for name in ("gene", "effect")
            )
            listed = genes >= 0
            return _largest(store, genes[listed], effects[listed], values), MEASURED, True
    attribution = default_attribution(store)
    if attribution:
        rows, column, origin = store.attribution(attribution.key).rows(concept), "effect", EXPECTED
    elif store.manifest.differentials:
        key = store.manifest.differentials[0].key
        rows, column, origin = store.differential(key).rows(concept), "z", EXPECTED_DE
    else:
        return [], "This store holds no genes of its concepts.", False
    behind = _largest(store, np.asarray(rows["gene"]), np.asarray(rows[column]), values)
    return behind, origin, False


def _largest(
    store: ConceptStore, genes: np.ndarray, effects: np.ndarray, values: _Expression
) -> list[GeneBehind]:
    order = np.argsort(-np.abs(effects), kind="stable")[:N_GENES]
    return [
        GeneBehind(
            store.gene_symbols[genes[at]], known_or_none(effects[at]), values[int(genes[at])]
        )
        for at in order
    ]
