"""What a synthetic store says of itself: in every place that it is drawn, and from what."""

from __future__ import annotations

import platform
from dataclasses import asdict
from datetime import UTC, datetime

import numpy as np

from precompute.synthetic.big_store.cells import SyntheticCells
from precompute.synthetic.big_store.concepts import MEDIAN_SHARE, SPREAD, Activations
from precompute.synthetic.big_store.design import D_EMBEDDING, N_SAMPLE, N_SEEDS, StoreDesign
from precompute.synthetic.big_store.expression import N_PLANTED, N_SETS
from precompute.synthetic.big_store.tables import N_RANDOM
from precompute.synthetic.big_store.trust import RANKINGS, RULE
from scconcepts_app.store.manifest import (
    AttributionInfo,
    CellEffectsInfo,
    DifferentialInfo,
    EnrichmentInfo,
    FaithfulnessInfo,
    GeneSetLibrary,
    Manifest,
    MapInfo,
    ObsColumn,
    SetSwapInfo,
)
from scconcepts_app.store.schema import CONCEPT_FLAGS

COUNTERFACTUALS = ("neighbours", "random_matched")
_TITLES = {
    "neighbours": (
        "Inactive cells of the same type",
        "Mean over inactive cells of the same cell types, in the proportions of the active cells.",
    ),
    "random_matched": ("Random inactive cells", "Mean over all inactive cells."),
}
_METHOD = "planted weight x difference of means, on a sample of cells"
_DESCRIPTION = (
    "SYNTHETIC: nothing here is biology. Cells, embeddings, dictionary and counts were drawn at "
    "random to measure this program at its limits. Activations and shares are counted over all "
    "cells; attributions, tests, F1, AUROC and correlations come from {n_sample:,} of them."
)


def make_manifest(design: StoreDesign, cells: SyntheticCells, found: Activations) -> Manifest:
    """Return the manifest, without arrays and digest."""
    n_sample = min(design.n_cells, N_SAMPLE)
    return Manifest(
        title=f"SYNTHETIC, {design.n_cells:,} cells",
        description=_DESCRIPTION.format(n_sample=n_sample),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        counts={
            "n_cells": design.n_cells,
            "n_genes": design.n_genes,
            "n_concepts": design.n_concepts,
            "n_gene_sets": N_SETS,
            "d_embedding": D_EMBEDDING,
            "k": design.k,
        },
        obs=[
            ObsColumn(
                column.key,
                column.name,
                "numeric" if column.categories is None else "categorical",
                column.role,
                column.categories or [],
            )
            for column in cells.obs.columns
        ],
        maps=[MapInfo("umap", "Drawn map: one blob a cell type", cells.bounds)],
        attributions=_list_attributions(),
        differentials=[
            DifferentialInfo(
                "inactive",
                "Active against all inactive cells",
                f"Difference of means over its standard error, on {n_sample:,} cells.",
            ),
            DifferentialInfo(
                "matched",
                "Active against inactive cells of the same types",
                f"Difference of means over its standard error, on {n_sample:,} cells.",
            ),
        ],
        enrichments=_list_enrichments(),
        faithfulness=[FaithfulnessInfo(key, RANKINGS, RULE) for key in COUNTERFACTUALS],
        cell_effects=[CellEffectsInfo(key) for key in COUNTERFACTUALS],
        set_swaps=[
            SetSwapInfo(
                key,
                "Set swap",
                "The sum of the effects of all genes of the set, against "
                f"{N_RANDOM} random sets of the same size.",
                "prerank_differential",
            )
            for key in COUNTERFACTUALS
        ],
        gene_set_libraries=[
            GeneSetLibrary("Synthetic sets", f"drawn; the first {N_PLANTED} share a direction")
        ],
        concept_flags=list(CONCEPT_FLAGS),
        dictionary=_describe_dictionary(design, found),
        model={"name": "none: embeddings were drawn", "d_embedding": D_EMBEDDING},
        provenance={
            "synthetic": asdict(design),
            "packages": {"numpy": np.__version__},
            "python": platform.python_version(),
        },
        arrays={},
        digest="",
    )


def _list_attributions() -> list[AttributionInfo]:
    return [
        AttributionInfo(key, *_titled(key), default=key == COUNTERFACTUALS[0])
        for key in COUNTERFACTUALS
    ]


def _titled(key: str) -> tuple[str, str, str, str]:
    title, description = _TITLES[key]
    return title, key, _METHOD, description


def _list_enrichments() -> list[EnrichmentInfo]:
    z = "z of the mean"
    return [
        EnrichmentInfo(
            "prerank_presence",
            "Mean rank of presence genes",
            "prerank",
            "presence",
            z,
            default=True,
        ),
        EnrichmentInfo("prerank_differential", "Mean rank in DE", "prerank", "differential", z),
        EnrichmentInfo(
            "overrepresentation_presence",
            "Overrepresentation in presence genes",
            "overrepresentation",
            "presence",
            "fold enrichment",
        ),
    ]


def _describe_dictionary(design: StoreDesign, found: Activations) -> dict[str, object]:
    counts = found.counts
    return {
        "n_concepts": design.n_concepts,
        "k": design.k,
        "n_seeds": N_SEEDS,
        "mean_active": float(counts.sum() / design.n_cells),
        "median_active_cells": int(np.median(counts)),
        "largest_concept": float(counts.max() / design.n_cells),
        "drawn": (
            f"Directions at random; shares of cells log-normal around {MEDIAN_SHARE:g} with "
            f"deviation {SPREAD:g} in the logarithm, before the cut to k; stability at random."
        ),
    }
