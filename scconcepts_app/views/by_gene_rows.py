"""Concepts by one gene, or by several, as rows of plain values for a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.by_gene import GeneAcross, read_effects
from scconcepts_app.views.spread import list_known
from scconcepts_app.views.statistics import SIGNIFICANT_Q

# A row: the concept, and its values by field.
Row = tuple[int, dict[str, Any]]


def list_rows(found: GeneAcross) -> list[Row]:
    """Return the numbers of a gene in every concept, in the order of `found`; missing is None.

    ``effect_heat`` holds the size of the effect as a share of the largest, and its side.
    """
    columns = {
        "effect": found.effect,
        "rank": found.rank,
        "share": found.share,
        "effect_q": found.effect_q,
        "exact": found.exact,
        "z": found.z,
        "fold": found.log_fold_change,
        "q": found.q,
    }
    known = {name: list_known(values) for name, values in columns.items()}
    heat, side = _heat(found.effect), found.side
    return [
        (
            i,
            {
                "side": side[i],
                "effect_heat": {"heat": heat[i], "side": side[i]},
                **{name: values[i] for name, values in known.items()},
            },
        )
        for i in found.order.tolist()
    ]


def list_rows_of_genes(store: ConceptStore, genes: Sequence[int], attribution: str) -> list[Row]:
    """Return the effects of several genes on every concept, the largest of them first.

    The gene at place i has the fields ``gene_i``, ``gene_i_heat`` and ``gene_i_found`` (q <= 0.05).
    """
    table = read_effects(store, genes, attribution)
    sizes = np.nan_to_num(np.abs([columns["effect"] for columns in table]), nan=-1.0)
    order = np.argsort(-sizes.max(axis=0), kind="stable")
    cells = [_cells(number, columns) for number, columns in enumerate(table)]
    return [
        (i, {name: value for of_gene in cells for name, value in of_gene[i].items()})
        for i in order.tolist()
    ]


def _cells(number: int, columns: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    effect, presence = columns["effect"], columns["presence"]
    side = np.where(effect < 0, "opposing", np.where(presence != 0, "presence", "absence"))
    field = f"gene_{number}"
    return [
        {
            field: value,
            f"{field}_heat": {"heat": heat, "side": str(at)},
            f"{field}_found": bool(is_found),
        }
        for value, heat, at, is_found in zip(
            list_known(effect), _heat(effect), side, columns["q"] <= SIGNIFICANT_Q, strict=True
        )
    ]


def _heat(effect: np.ndarray) -> list[float]:
    """Return absolute effects as shares of the largest, 0 where there is none."""
    size = np.abs(np.nan_to_num(effect))
    return (size / (size.max(initial=0.0) or 1.0)).tolist()
