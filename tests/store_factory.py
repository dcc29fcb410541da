"""Writes a small, complete concept store from numpy alone: the app's fixture."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from scconcepts_app.store.columns import encode_ragged, encode_strings
from scconcepts_app.store.manifest import (
    AttributionInfo,
    DifferentialInfo,
    EnrichmentInfo,
    GeneSetLibrary,
    Manifest,
    MapInfo,
    ObsColumn,
)
from scconcepts_app.store.payload import encode_payload, join_payloads
from scconcepts_app.store.schema import (
    ATTRIBUTION_COLUMNS,
    ATTRIBUTION_EXTRA_COLUMNS,
    CONCEPT_FLAGS,
    DIFFERENTIAL_COLUMNS,
    ENRICHMENT_COLUMNS,
)
from scconcepts_app.store.writer import StoreWriter
from tests.store_factory_association import add_donor_tests
from tests.store_factory_evaluation import add_evaluation, describe_evaluation
from tests.store_factory_latents import (
    N_LATENTS,
    N_SEEDS_NEEDED,
    add_kinship,
    add_latents,
)
from tests.store_factory_trust import (
    add_cell_effects,
    add_faithfulness,
    add_set_swap,
    describe_trust,
)

CELL_TYPES = ["B cell", "CD4 T cell", "CD8 T cell", "Monocyte", "NK cell"]
MARKERS = {
    "B cell": ["CD79A", "MS4A1", "CD79B", "CD74", "HLA-DRA"],
    "CD4 T cell": ["IL7R", "LTB", "CD3D", "CD3E", "CCR7"],
    "CD8 T cell": ["CD8A", "CD8B", "GZMK", "CD3G", "CCL5"],
    "Monocyte": ["LYZ", "CD14", "S100A8", "S100A9", "FCN1"],
    "NK cell": ["NKG7", "GNLY", "PRF1", "GZMB", "KLRD1"],
}
INTERFERON = ["ISG15", "IFI6", "IFIT1", "CXCL10", "MX1"]
D_EMBEDDING, K = 8, 2


def write_store(target: Path, n_cells: int = 300, n_other_genes: int = 30, seed: int = 0) -> Path:
    """Write a store of six concepts (five cell types, one interferon response) to `target`."""
    rng, more = np.random.default_rng(seed), np.random.default_rng(seed + 1)
    cells = _make_cells(rng, n_cells)
    symbols = [g for genes in MARKERS.values() for g in genes] + INTERFERON
    symbols += [f"GENE{i}" for i in range(n_other_genes)]
    n_concepts, n_genes = len(CELL_TYPES) + 1, len(symbols)
    activation = _make_activations(rng, cells, n_concepts)
    expression = _make_expression(rng, cells, symbols)
    with StoreWriter(target) as writer:
        _add_cells(writer, cells, symbols, expression)
        _add_concepts(writer, rng, n_concepts, n_cells)
        _add_activations(writer, activation)
        _add_genes_of_concepts(writer, rng, n_concepts, n_genes)
        _add_gene_sets(writer, rng, symbols, n_concepts)
        _add_association(writer, cells, activation)
        add_donor_tests(writer, n_concepts)
        add_faithfulness(writer, n_concepts, n_genes - 3)
        add_cell_effects(writer, more, activation, expression, n_genes - 3)
        add_set_swap(writer, more, n_concepts)
        add_latents(writer, n_cells, D_EMBEDDING)
        add_evaluation(writer, CELL_TYPES)
        counts = {
            "n_cells": n_cells,
            "n_genes": n_genes,
            "n_concepts": n_concepts,
            "n_latents": N_LATENTS,
            "n_gene_sets": len(CELL_TYPES) + 1,
            "d_embedding": D_EMBEDDING,
            "k": K,
        }
        return writer.commit(_make_manifest(counts))


def _make_cells(rng, n_cells):
    kind = np.sort(rng.integers(0, len(CELL_TYPES), n_cells))
    angle = 2 * np.pi * kind / len(CELL_TYPES)
    xy = 5 * np.stack([np.cos(angle), np.sin(angle)], 1) + rng.normal(0, 1, (n_cells, 2))
    return {
        "kind": kind,
        "stimulated": rng.integers(0, 2, n_cells),
        "donor": rng.integers(0, 4, n_cells),
        "mito": rng.uniform(0, 0.1, n_cells),
        "xy": xy.astype(np.float32),
    }


def _make_activations(rng, cells, n_concepts):
    dense = np.zeros((len(cells["kind"]), n_concepts), np.float32)
    for c in range(n_concepts - 1):
        rows = np.flatnonzero((cells["kind"] == c) & (rng.random(len(dense)) < 0.9))
        dense[rows, c] = rng.gamma(4, 0.5, len(rows))
    rows = np.flatnonzero(cells["stimulated"] & (rng.random(len(dense)) < 0.8))
    dense[rows, -1] = rng.gamma(3, 0.4, len(rows))
    return dense


def _make_expression(rng, cells, symbols):
    rate = np.full((len(cells["kind"]), len(symbols)), 0.2)
    for c in range(len(CELL_TYPES)):
        rate[np.ix_(cells["kind"] == c, range(5 * c, 5 * c + 5))] = 4.0
    rate[np.ix_(cells["stimulated"] == 1, range(25, 30))] = 5.0
    return rng.poisson(rate).astype(np.float32)


def _add_cells(writer, cells, symbols, counts):
    n_cells = len(counts)
    writer.add_group("cells/id", encode_strings([f"CELL{i:04d}" for i in range(n_cells)]))
    writer.add("cells/source_row", np.arange(n_cells))
    library_size = counts.sum(1)
    writer.add("cells/library_size", library_size)
    writer.add("obs/cell_type/codes", cells["kind"])
    writer.add("obs/condition/codes", cells["stimulated"])
    writer.add("obs/donor/codes", cells["donor"])
    writer.add("obs/percent_mito/values", cells["mito"])
    low = cells["xy"].min(0)
    side = (cells["xy"].max(0) - low).max()
    writer.add("maps/umap/xy", cells["xy"])
    writer.add("maps/umap/quantised", np.rint((cells["xy"] - low) / side * 65535))
    writer.add_group("genes/id", encode_strings([f"ENSG{i:011d}" for i in range(len(symbols))]))
    writer.add_group("genes/symbol", encode_strings(symbols))
    writer.add("genes/in_model", np.arange(len(symbols)) < len(symbols) - 3)
    writer.add("embeddings", np.zeros((n_cells, D_EMBEDDING)))
    log_counts = np.log1p(counts / library_size[:, None] * 1e4)
    payloads = [encode_payload(np.flatnonzero(c), c[c > 0]) for c in log_counts.T]
    writer.add_group("payloads/expression", join_payloads(payloads))


def _add_concepts(writer, rng, n_concepts, n_cells):
    unit = np.eye(n_concepts, D_EMBEDDING)
    writer.add("dictionary/encoder", unit)
    writer.add("dictionary/encoder_bias", np.zeros(n_concepts))
    writer.add("dictionary/decoder", unit)
    writer.add("dictionary/center", np.zeros(D_EMBEDDING))
    writer.add("dictionary/scale", np.ones(1))
    ids = [f"c{i + 1:04d}" for i in range(n_concepts)]
    labels = [*CELL_TYPES, "Interferon response"]
    genes = [*MARKERS.values(), INTERFERON]
    evidence = [
        json.dumps(
            {
                "cell_type": {"name": label, "auroc": 0.97, "f1": 0.9},
                "gene_set": {
                    "name": f"{label} markers",
                    "q": 1e-4,
                    "enrichment": "prerank_presence",
                },
                "genes": top,
            }
        )
        for label, top in zip(labels, genes, strict=True)
    ]
    writer.add_group("concepts/id", encode_strings(ids))
    writer.add_group("concepts/label", encode_strings(labels))
    writer.add_group("concepts/evidence", encode_strings(evidence))
    stability = np.linspace(0.98, 0.55, n_concepts)
    writer.add("concepts/stability", stability)
    add_kinship(writer, stability)
    writer.add("concepts/n_seeds", [5, 5, 5, 4, 4, 3])
    flags = ["", "", "", "unfaithful", "few_cells", "unstable"]
    writer.add("concepts/flags", [1 << CONCEPT_FLAGS.index(f) if f else 0 for f in flags])
    writer.add("concepts/match_rate", np.full(n_concepts, 0.98))


def _add_activations(writer, dense):
    order = np.argsort(-dense, axis=1, kind="stable")[:, :K]
    value = np.take_along_axis(dense, order, 1)
    writer.add("activations/by_cell/concept", np.where(value > 0, order, -1))
    writer.add("activations/by_cell/value", value)
    rows, payloads = [], []
    for column in dense.T:
        cells = np.flatnonzero(column)
        cells = cells[np.argsort(-column[cells], kind="stable")]
        rows.append({"cell": cells, "value": column[cells]})
        payloads.append(encode_payload(cells, column[cells]))
    dtypes = {"cell": "int32", "value": "float32"}
    writer.add_group("activations/by_concept", encode_ragged(rows, dtypes))
    writer.add_group("payloads/activations", join_payloads(payloads))


def _add_genes_of_concepts(writer, rng, n_concepts, n_genes):
    n_model = n_genes - 3
    for key in ("neighbours", "random_matched"):
        rows = []
        for c in range(n_concepts):
            presence = np.abs(rng.normal(0, 0.02, n_model))
            presence[5 * c : 5 * c + 5] += np.linspace(0.9, 0.3, 5)
            absence = rng.normal(0, 0.03, n_model)
            less = np.arange(n_model) % 3 == 2
            less[5 * c : 5 * c + 5] = False
            presence, absence = np.where(less, 0, presence), np.where(less, absence, 0)
            order = np.argsort(-presence, kind="stable")
            exact = np.where(np.arange(n_model) < 15, (presence + absence)[order] * 1.02, np.nan)
            rows.append(
                {
                    "gene": order,
                    "effect": (presence + absence)[order],
                    "presence": presence[order],
                    "absence": absence[order],
                    "standard_error": np.full(n_model, 0.02),
                    "exact": exact,
                    "q": np.exp(-np.abs((presence + absence)[order]) / 0.02),
                }
            )
        columns = ATTRIBUTION_COLUMNS | ATTRIBUTION_EXTRA_COLUMNS
        writer.add_group(f"attribution/{key}", encode_ragged(rows, columns))
    for key in ("inactive", "matched"):
        rows = []
        for c in range(n_concepts):
            z = rng.normal(0, 1, n_model)
            z[5 * c : 5 * c + 5] += np.linspace(12, 8, 5)
            order = np.argsort(-z, kind="stable")
            p = np.clip(np.exp(-(z[order] ** 2) / 2), 1e-300, 1)
            rows.append(
                {
                    "gene": order,
                    "z": z[order],
                    "p": p,
                    "q": np.minimum(1, p * n_model),
                    "log_fold_change": z[order] / 3,
                    "share_active": np.clip(0.3 + z[order] / 15, 0, 1),
                    "share_rest": np.full(n_model, 0.2),
                }
            )
        writer.add_group(f"differential/{key}", encode_ragged(rows, DIFFERENTIAL_COLUMNS))


def _add_gene_sets(writer, rng, symbols, n_concepts):
    names = [f"{label} markers" for label in CELL_TYPES] + ["Interferon response"]
    writer.add_group("gene_sets/name", encode_strings(names))
    told = ["A reference, 2020"] * len(CELL_TYPES) + ["GO:0034340, 2020"]
    writer.add_group("gene_sets/description", encode_strings(told))
    writer.add("gene_sets/library", np.zeros(len(names)))
    members = [{"gene": np.arange(5 * i, 5 * i + 5)} for i in range(len(names))]
    writer.add_group("gene_sets/members", encode_ragged(members, {"gene": "int32"}))
    keys = ("prerank_presence", "prerank_differential", "overrepresentation_presence")
    for key in keys:
        rows = []
        for c in range(n_concepts):
            order = np.concatenate([[c], np.delete(np.arange(n_concepts), c)])
            p = np.concatenate([[1e-5], np.sort(rng.uniform(0.05, 1, n_concepts - 1))])
            statistic = np.concatenate([[2.4], np.sort(rng.uniform(-1, 1.2, n_concepts - 1))[::-1]])
            rows.append(
                {
                    "gene_set": order,
                    "statistic": statistic,
                    "p": p,
                    "q": np.minimum(1, p * n_concepts),
                    "size": np.full(n_concepts, 5),
                    "n_leading": np.full(n_concepts, 4),
                }
            )
        writer.add_group(f"enrichment/{key}", encode_ragged(rows, ENRICHMENT_COLUMNS))
        sets = np.concatenate([row["gene_set"] for row in rows])
        writer.add(f"enrichment/{key}/leading_offsets", np.arange(len(sets) + 1) * 4)
        writer.add(f"enrichment/{key}/leading_gene", (sets[:, None] * 5 + np.arange(4)).ravel())


def _add_association(writer, cells, dense):
    levels = [(0, i) for i in range(5)] + [(1, i) for i in range(2)] + [(2, i) for i in range(4)]
    columns = ["kind", "stimulated", "donor"]
    member = np.stack([cells[columns[o]] == level for o, level in levels], 1)
    active = dense > 0
    hits = active.T.astype(float) @ member
    f1 = 2 * hits / (active.sum(0)[:, None] + member.sum(0)[None, :])
    share = hits / np.maximum(1, active.sum(0))[:, None]
    writer.add("association/level", levels)
    writer.add("association/auroc", 0.5 + 0.5 * f1)
    writer.add("association/f1", f1)
    writer.add("association/share", share)
    writer.add("association/numeric", [3])
    writer.add("association/rank_correlation", np.zeros((dense.shape[1], 1)))


def _make_manifest(counts) -> Manifest:
    return Manifest(
        title="Fixture",
        description="Six planted concepts in simulated immune cells: a test fixture, not data.",
        created="2026-01-01T00:00:00+00:00",
        counts=counts,
        obs=[
            ObsColumn("cell_type", "cell_type", "categorical", "cell_type", CELL_TYPES),
            ObsColumn(
                "condition", "condition", "categorical", "condition", ["control", "stimulated"]
            ),
            ObsColumn("donor", "donor", "categorical", "donor", ["D1", "D2", "D3", "D4"]),
            ObsColumn("percent_mito", "percent_mito", "numeric", "qc"),
        ],
        maps=[MapInfo("umap", "UMAP of the embeddings", [-7.0, -7.0, 14.0])],
        attributions=[
            AttributionInfo(
                "neighbours",
                "Nearest inactive cells",
                "neighbours",
                "gradient",
                "Mean of the 10 nearest cells that do not activate the concept.",
                default=True,
            ),
            AttributionInfo(
                "random_matched",
                "Random inactive cells",
                "random_matched",
                "gradient",
                "Random inactive cells, scaled to the same library size.",
            ),
        ],
        differentials=[
            DifferentialInfo("inactive", "Active against all inactive cells", "Wilcoxon rank sum."),
            DifferentialInfo("matched", "Active against matched neighbours", "Wilcoxon rank sum."),
        ],
        enrichments=[
            EnrichmentInfo(
                "prerank_presence", "GSEA of presence", "prerank", "presence", "NES", default=True
            ),
            EnrichmentInfo("prerank_differential", "GSEA of DE", "prerank", "differential", "NES"),
            EnrichmentInfo(
                "overrepresentation_presence",
                "Overrepresentation of the top presence genes",
                "overrepresentation",
                "presence",
                "odds ratio",
            ),
        ],
        gene_set_libraries=[GeneSetLibrary("Fixture sets", "written for the tests")],
        concept_flags=list(CONCEPT_FLAGS),
        dictionary={
            "n_seeds": 5,
            "min_seeds": N_SEEDS_NEEDED,
            "n_latents": 16,
            "k": K,
            "explained_variance": 0.82,
            "mean_active": 1.4,
            "dead_latents": 0,
        },
        model={"name": "fixture", "d_embedding": D_EMBEDDING},
        provenance={"config": {}, "inputs": {}, "packages": {}, "seeds": [0, 1, 2, 3, 4]},
        arrays={},
        digest="",
        **describe_trust(),
        **describe_evaluation(CELL_TYPES),
    )


if __name__ == "__main__":
    import sys

    print(write_store(Path(sys.argv[1])))
