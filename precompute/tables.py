"""Between result objects and flat arrays: what stages save and the store packs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from precompute.enrichment.results import Enrichment
from precompute.workspace import StageOutput
from scconcepts_app.store.schema import FAITHFULNESS_CURVES

EFFECT_FIELDS = ("effect", "presence", "absence", "standard_error", "exact", "q")
# Curves of a faithfulness card, and its columns that come with the attribution.
CARD_FROM_ATTRIBUTION = (
    "full_drop",
    "completeness",
    "rank_top",
    "sign_top",
    "rank_random",
    "sign_random",
    "match_rate",
    "distance",
    "in_support",
    "inactive",
)
CURVES = FAITHFULNESS_CURVES
DIFFERENTIAL_FIELDS = ("z", "p", "q", "log_fold_change", "share_active", "share_rest")
_ENRICHMENT_FIELDS = ("gene_set", "statistic", "p", "q", "size")


def flatten_enrichment(key: str, tables: Sequence[Enrichment]) -> dict[str, np.ndarray]:
    """Return the tables of all concepts as flat arrays with offsets, names below `key`."""
    lengths = [len(table.gene_set) for table in tables]
    leading = [genes for table in tables for genes in table.leading]
    arrays = {
        f"{key}.{name}": np.concatenate([getattr(table, name) for table in tables])
        for name in _ENRICHMENT_FIELDS
    }
    arrays[f"{key}.offsets"] = _offsets(lengths)
    arrays[f"{key}.leading_offsets"] = _offsets([len(genes) for genes in leading])
    arrays[f"{key}.leading_gene"] = (
        np.concatenate(leading) if leading else np.empty(0, dtype=np.int64)
    )
    return arrays


def enrichment_arrays(output: StageOutput, key: str) -> dict[str, np.ndarray]:
    """Return the flat arrays that `flatten_enrichment` named below `key`, without the key."""
    names = (*_ENRICHMENT_FIELDS, "offsets", "leading_offsets", "leading_gene")
    return {name: output.array(f"{key}.{name}") for name in names}


def read_enrichment(arrays: Mapping[str, np.ndarray], concept: int) -> Enrichment:
    """Return the table of one concept from the flat arrays, whose names carry no key."""
    start, stop = (int(i) for i in arrays["offsets"][concept : concept + 2])
    bounds = arrays["leading_offsets"]
    columns = {name: np.asarray(arrays[name][start:stop]) for name in _ENRICHMENT_FIELDS}
    leading = [
        np.asarray(arrays["leading_gene"][bounds[row] : bounds[row + 1]])
        for row in range(start, stop)
    ]
    return Enrichment(**columns, leading=leading)


def _offsets(lengths: Sequence[int]) -> np.ndarray:
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets
