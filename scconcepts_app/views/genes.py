"""The genes of a concept: what moves it (attribution) beside what differs (expression)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.manifest import AttributionInfo, DifferentialInfo
from scconcepts_app.views.numbers import known_or_none

N_GENES = 15


@dataclass(frozen=True)
class GeneRow:
    """One gene of a concept; None where a number is missing.

    Attributes
    ----------
    effect : fall of the pre-activation when the gene takes its counterfactual value; a gene of
        positive effect raises the concept.
    presence : the effect of a gene that the cells express more than their counterfactuals.
    absence : the effect of a gene that they express less.
    standard_error : of `effect`.
    share : absolute effect as a share of that of all genes of the concept.
    effect_q : false discovery rate of `effect` against a permutation null; None in stores of
        schema version 1.
    exact : `effect` measured by swapping this gene alone; measured for the top genes only.
    z, log_fold_change, q : differential expression of the same gene.
    share_active, share_rest : share of cells that express it, active and compared ones.
    """

    symbol: str
    gene_id: str
    effect: float | None
    presence: float | None
    absence: float | None
    standard_error: float | None
    share: float | None
    effect_q: float | None
    exact: float | None
    z: float | None
    log_fold_change: float | None
    q: float | None
    share_active: float | None
    share_rest: float | None


@dataclass(frozen=True)
class GeneTable:
    """Genes of one list, first the strongest, and how many genes were in question."""

    rows: list[GeneRow]
    list_name: str
    n_listed: int
    attribution: AttributionInfo | None
    differential: DifferentialInfo | None

    @property
    def share(self) -> float | None:
        """Share of the total absolute effect that the rows carry; None without attribution."""
        known = [row.share for row in self.rows if row.share is not None]
        return sum(known) if known else None


def default_attribution(store: ConceptStore) -> AttributionInfo | None:
    """Return the attribution to show first, or None in a store without any."""
    infos = store.manifest.attributions
    return next((info for info in infos if info.default), infos[0] if infos else None)


def list_genes(
    store: ConceptStore,
    concept: int,
    list_name: str,
    attribution: str | None,
    differential: str | None,
    n: int | None = N_GENES,
) -> GeneTable:
    """Return the first `n` genes (None: all) of a list, attribution beside DE.

    Parameters
    ----------
    list_name : ``presence``: genes that raise the concept where they are expressed more than
        in the counterfactual; ``absence``: genes whose lower expression raises it;
        ``opposing``: genes whose total effect lowers it; ``differential``: by DE z.
    attribution, differential : keys of the manifest, or None where the store has none.

    Raises
    ------
    KeyError
        The store has no such key.
    """
    effects = _columns(store.attribution(attribution), concept) if attribution else {}
    if effects:
        effects["share"] = share_of_effect(effects["effect"])
    tests = _columns(store.differential(differential), concept) if differential else {}
    genes, n_listed = _rank(list_name, effects, tests, n)
    rows = [_make_row(store, gene, effects, tests) for gene in genes]
    manifest = store.manifest
    return GeneTable(
        rows=rows,
        list_name=list_name,
        n_listed=n_listed,
        attribution=next((i for i in manifest.attributions if i.key == attribution), None),
        differential=next((i for i in manifest.differentials if i.key == differential), None),
    )


def share_of_effect(effect: np.ndarray) -> np.ndarray:
    """Return absolute effects as shares of their sum, (n_rows,) float64; 0 where all are 0."""
    size = np.abs(np.asarray(effect, dtype=float))
    return size / (np.nansum(size) or 1.0)


def why_no_attribution(store: ConceptStore, concept: int | None = None) -> str:
    """Return in words why a store, or one concept of it, has no attribution."""
    record = store.manifest.provenance.get("attribution")
    record = record if isinstance(record, dict) else {}
    if not store.manifest.attributions:
        return str(record.get("refused") or "This store holds no attribution.")
    for detail in record.get("counterfactuals", []):
        reason = detail.get("not_attributed", {}).get(str(concept))
        if reason:
            return str(reason)
    return "No gene was attributed for this concept."


def _columns(table, concept: int) -> dict[str, np.ndarray]:
    """Return the rows of a concept with the row of each gene under ``_row``."""
    rows = {name: np.asarray(column) for name, column in table.rows(concept).items()}
    rows["_row"] = {int(gene): i for i, gene in enumerate(rows["gene"])}  # type: ignore[assignment]
    return rows


def _rank(list_name: str, effects: dict, tests: dict, n: int | None) -> tuple[list[int], int]:
    """Return the genes of a list, strongest first, and how many belong to it."""
    source = tests if list_name == "differential" else effects
    column = {"opposing": "effect", "differential": "z"}.get(list_name, list_name)
    if not source:
        return [], 0
    values = np.asarray(source[column], dtype=float)
    strength = np.nan_to_num(-values if list_name == "opposing" else values, nan=0.0)
    order = np.argsort(-strength, kind="stable")
    order = order[strength[order] > 0]
    return [int(gene) for gene in source["gene"][order[:n]]], len(order)


def _make_row(store: ConceptStore, gene: int, effects: dict, tests: dict) -> GeneRow:
    def value(source: dict, column: str) -> float | None:
        row = source["_row"].get(gene) if source else None
        return None if row is None or column not in source else known_or_none(source[column][row])

    return GeneRow(
        symbol=store.gene_symbols[gene],
        gene_id=store.strings("genes/id")[gene],
        effect=value(effects, "effect"),
        presence=value(effects, "presence"),
        absence=value(effects, "absence"),
        standard_error=value(effects, "standard_error"),
        share=value(effects, "share"),
        effect_q=value(effects, "q"),
        exact=value(effects, "exact"),
        z=value(tests, "z"),
        log_fold_change=value(tests, "log_fold_change"),
        q=value(tests, "q"),
        share_active=value(tests, "share_active"),
        share_rest=value(tests, "share_rest"),
    )
