"""The arrays of a concept store: name, dtype and axes. FORMAT.md is the prose of this table."""

from __future__ import annotations

import re
from dataclasses import dataclass

FORMAT = "scconcepts-store"
SCHEMA_VERSION = 3
READABLE_VERSIONS = (1, 2, 3)

# Order is the bit order of `concepts/flags`; a flag is added at the end, never moved.
CONCEPT_FLAGS = (
    "few_cells",
    "one_donor",
    "one_batch",
    "library_size",
    "mitochondrial",
    "dense",
    "unstable",
    "unfaithful",
    "cell_cycle",
    "ribosomal",
    "donor_driven",
)
OBS_ROLES = ("cell_type", "condition", "donor", "batch", "tissue", "qc", "other")

AXES = ("n_cells", "n_genes", "n_concepts", "n_gene_sets", "d_embedding", "k")
# An axis that a manifest may leave out, which means 0.
OPTIONAL_AXES = ("n_latents",)

_KEY = r"[a-z0-9_]+"


@dataclass(frozen=True)
class ArraySpec:
    """One array, or with ``{key}`` in the name a family of arrays.

    Attributes
    ----------
    name : path inside the store without ``.npy``.
    dtype : numpy dtype name, little endian on disk.
    shape : axis names, integers, ``n+1`` for offsets, ``*`` for a free length.
    required : whether a store without it is invalid (families are required per manifest entry).
    """

    name: str
    dtype: str
    shape: tuple[str | int, ...]
    required: bool = True

    def matches(self, name: str) -> bool:
        """Say whether `name` is this array or one of this family."""
        pattern = re.escape(self.name).replace(r"\{key\}", _KEY)
        return re.fullmatch(pattern, name) is not None


def _strings(name: str, axis: str, *, required: bool = True) -> tuple[ArraySpec, ...]:
    return (
        ArraySpec(f"{name}/offsets", "int64", (f"{axis}+1",), required),
        ArraySpec(f"{name}/utf8", "uint8", ("*",), required),
    )


def _ragged(name: str, axis: str, columns: dict[str, str], *, required: bool = True):
    return (
        ArraySpec(f"{name}/offsets", "int64", (f"{axis}+1",), required),
        *(
            ArraySpec(f"{name}/{column}", dtype, ("*",), required)
            for column, dtype in columns.items()
        ),
    )


ATTRIBUTION_COLUMNS = {
    "gene": "int32",
    "effect": "float32",
    "presence": "float32",
    "absence": "float32",
    "standard_error": "float32",
    "exact": "float32",
}
ATTRIBUTION_EXTRA_COLUMNS = {"q": "float32"}  # since version 2
DIFFERENTIAL_COLUMNS = {
    "gene": "int32",
    "z": "float32",
    "p": "float64",
    "q": "float64",
    "log_fold_change": "float32",
    "share_active": "float32",
    "share_rest": "float32",
}
ENRICHMENT_COLUMNS = {
    "gene_set": "int32",
    "statistic": "float32",
    "p": "float64",
    "q": "float64",
    "size": "int32",
    "n_leading": "int32",
}
SET_SWAP_COLUMNS = {
    "gene_set": "int32",
    "effect": "float32",
    "share": "float32",
    "difference": "float32",
    "expected": "float32",
    "z": "float32",
    "p": "float64",
    "q": "float64",
    "size": "int32",
    "n_random": "int32",
    "quadrant": "int32",
}
# Numbers of a faithfulness card, one a concept.
FAITHFULNESS_MEASURES = {
    "grade": "int32",
    "held_out": "int32",
    "n_cells": "int32",
    "full_drop": "float32",
    "completeness": "float32",
    "rank_top": "float32",
    "sign_top": "float32",
    "rank_random": "float32",
    "sign_random": "float32",
    "split_cells": "float32",
    "split_donors": "float32",
    "share_top": "float32",
    "match_rate": "float32",
    "distance": "float32",
    "in_support": "float32",
    "inactive": "float32",
}
CELL_EFFECT_CELLS = {"cell": "int32", "full_drop": "float32", "total": "float32"}
CELL_EFFECT_GENES = {
    "gene": "int32",
    "effect": "float32",
    "value": "float32",
    "counterfactual": "float32",
}
# Latents of single seeds that belong to no concept; since version 3.
LATENT_COLUMNS = {
    "seed": "int32",
    "index": "int32",
    "n_active": "int32",
    "n_seeds": "int32",
    "closest": "int32",
    "similarity": "float32",
}
# Of the methods of an evaluation those that are concepts; all others are what these have to beat.
# The second is there where concepts are more than the dimensions of the embedding.
OWN_UNITS = ("Concepts", "Fewer concepts")
# How good the dictionary is: optional in every version, see FORMAT.md.
EVALUATION_METHODS = {
    "n_units": "int32",
    "active": "float32",
    "explained_variance": "float32",
    "to_programmes": "float32",
    "of_programmes": "float32",
}
EVALUATION_MEASURES = ("f1", "auroc", "probe_auroc", "probe_accuracy")
EVALUATION_GROUPS = {"kind": "int32", "size": "int32"}
SWEEP_SETTINGS = {
    "variant": "int32",
    "expansion": "float32",
    "k": "int32",
    "n_latents": "int32",
    "n_concepts": "float32",
}
SWEEP_MEASURES = (
    "come_back",
    "stability",
    "explained_variance",
    "dead",
    "f1",
    "f1_error",
    "probe_auroc",
    "probe_accuracy",
)
# What gene sets find by chance: optional in every version, see FORMAT.md.
NULLS: dict[str, tuple[str | int, ...]] = {
    "found": ("n_concepts",),
    "random": ("*", "*", "n_concepts"),
    "shuffled": ("*",),
}
TRAINING = "training/explained_variance"
# Concepts against obs columns with the donor as the replicate: optional in every version.
ASSOCIATION_DESIGNS = (
    "paired",
    "unpaired",
    "correlation",
    "no donors",
    "few donors",
    "is the donor",
)
ASSOCIATION_TESTS = ("column", "code", "within", "design", "n_donors", "n_others")
ASSOCIATION_NUMBERS = {
    "effect": "float32",
    "standard_error": "float32",
    "p": "float64",
    "q": "float64",
}
FAITHFULNESS_CURVES = ("deletion", "deletion_low", "deletion_high", "insertion", "remaining")
GRADES = ("A", "B", "C", "D")
HELD_OUT = ("donors", "cells")
# Below this q a gene set is found, in the counts of nulls, in labels, in the report and in the app.
SIGNIFICANT = 0.05
QUADRANTS = ("neither", "only differential", "used only", "used and differential")

ARRAYS: tuple[ArraySpec, ...] = (
    *_strings("cells/id", "n_cells"),
    ArraySpec("cells/source_row", "int64", ("n_cells",)),
    ArraySpec("cells/library_size", "float32", ("n_cells",)),
    ArraySpec("obs/{key}/codes", "int32", ("n_cells",), False),
    ArraySpec("obs/{key}/values", "float32", ("n_cells",), False),
    ArraySpec("maps/{key}/xy", "float32", ("n_cells", 2), False),
    ArraySpec("maps/{key}/quantised", "uint16", ("n_cells", 2), False),
    *_strings("genes/id", "n_genes"),
    *_strings("genes/symbol", "n_genes"),
    ArraySpec("genes/in_model", "uint8", ("n_genes",)),
    ArraySpec("embeddings", "float32", ("n_cells", "d_embedding")),
    ArraySpec("dictionary/encoder", "float32", ("n_concepts", "d_embedding")),
    ArraySpec("dictionary/encoder_bias", "float32", ("n_concepts",)),
    ArraySpec("dictionary/decoder", "float32", ("n_concepts", "d_embedding")),
    ArraySpec("dictionary/center", "float32", ("d_embedding",)),
    ArraySpec("dictionary/scale", "float32", (1,)),
    *_strings("concepts/id", "n_concepts"),
    *_strings("concepts/label", "n_concepts"),
    *_strings("concepts/evidence", "n_concepts"),
    ArraySpec("concepts/stability", "float32", ("n_concepts",)),
    ArraySpec("concepts/stability_low", "float32", ("n_concepts",), False),
    ArraySpec("concepts/stability_high", "float32", ("n_concepts",), False),
    ArraySpec("concepts/n_seeds", "int32", ("n_concepts",)),
    ArraySpec("concepts/parent", "int32", ("n_concepts",), False),
    ArraySpec("concepts/flags", "uint32", ("n_concepts",)),
    ArraySpec("concepts/match_rate", "float32", ("n_concepts",)),
    ArraySpec("activations/by_cell/concept", "int32", ("n_cells", "k")),
    ArraySpec("activations/by_cell/value", "float32", ("n_cells", "k")),
    *_ragged("activations/by_concept", "n_concepts", {"cell": "int32", "value": "float32"}),
    ArraySpec("payloads/activations/offsets", "int64", ("n_concepts+1",)),
    ArraySpec("payloads/activations/bytes", "uint8", ("*",)),
    *(
        ArraySpec(f"latents/{column}", dtype, ("n_latents",), False)
        for column, dtype in LATENT_COLUMNS.items()
    ),
    ArraySpec("latents/decoder", "float32", ("n_latents", "d_embedding"), False),
    ArraySpec("latents/best_code", "int32", ("n_latents", "*"), False),
    ArraySpec("latents/best_f1", "float32", ("n_latents", "*"), False),
    ArraySpec("payloads/latents/offsets", "int64", ("n_latents+1",), False),
    ArraySpec("payloads/latents/bytes", "uint8", ("*",), False),
    ArraySpec("payloads/expression/offsets", "int64", ("n_genes+1",)),
    ArraySpec("payloads/expression/bytes", "uint8", ("*",)),
    *_ragged(
        "attribution/{key}",
        "n_concepts",
        ATTRIBUTION_COLUMNS | ATTRIBUTION_EXTRA_COLUMNS,
        required=False,
    ),
    ArraySpec("faithfulness/{key}/n_replaced", "int32", ("*",), False),
    *(
        ArraySpec(f"faithfulness/{{key}}/{curve}", "float32", ("n_concepts", "*", "*"), False)
        for curve in FAITHFULNESS_CURVES
    ),
    *(
        ArraySpec(f"faithfulness/{{key}}/{measure}", dtype, ("n_concepts",), False)
        for measure, dtype in FAITHFULNESS_MEASURES.items()
    ),
    *_strings("faithfulness/{key}/reason", "n_concepts", required=False),
    *(
        ArraySpec(f"cell_effects/{{key}}/{column}", dtype, ("n_concepts", "*"), False)
        for column, dtype in CELL_EFFECT_CELLS.items()
    ),
    *(
        ArraySpec(f"cell_effects/{{key}}/{column}", dtype, ("n_concepts", "*", "*"), False)
        for column, dtype in CELL_EFFECT_GENES.items()
    ),
    *_ragged("set_swap/{key}", "n_concepts", SET_SWAP_COLUMNS, required=False),
    *_ragged("differential/{key}", "n_concepts", DIFFERENTIAL_COLUMNS, required=False),
    *_ragged("enrichment/{key}", "n_concepts", ENRICHMENT_COLUMNS, required=False),
    ArraySpec("enrichment/{key}/leading_offsets", "int64", ("*",), False),
    ArraySpec("enrichment/{key}/leading_gene", "int32", ("*",), False),
    *_strings("gene_sets/name", "n_gene_sets"),
    *_strings("gene_sets/description", "n_gene_sets"),
    ArraySpec("gene_sets/library", "int32", ("n_gene_sets",)),
    *_ragged("gene_sets/members", "n_gene_sets", {"gene": "int32"}),
    ArraySpec("association/level", "int32", ("*", 2)),
    ArraySpec("association/auroc", "float32", ("n_concepts", "*")),
    ArraySpec("association/f1", "float32", ("n_concepts", "*")),
    ArraySpec("association/share", "float32", ("n_concepts", "*")),
    ArraySpec("association/numeric", "int32", ("*",)),
    ArraySpec("association/rank_correlation", "float32", ("n_concepts", "*")),
    ArraySpec("association/share_of_variance", "float32", ("n_concepts", "*"), False),
    *(ArraySpec(f"association/tests/{n}", "int32", ("*",), False) for n in ASSOCIATION_TESTS),
    *(
        ArraySpec(f"association/tests/{name}", dtype, ("n_concepts", "*"), False)
        for name, dtype in ASSOCIATION_NUMBERS.items()
    ),
    ArraySpec(TRAINING, "float32", ("*", "*"), False),
    *(
        ArraySpec(f"evaluation/{{key}}/{name}", dtype, ("*",), False)
        for name, dtype in (EVALUATION_METHODS | EVALUATION_GROUPS).items()
    ),
    *(
        ArraySpec(f"evaluation/{{key}}/{name}", "float32", ("*", "*"), False)
        for name in (*EVALUATION_MEASURES, "f1_error")
    ),
    *(ArraySpec(f"nulls/{{key}}/{name}", "int32", shape, False) for name, shape in NULLS.items()),
    ArraySpec("nulls/{key}/neurons", "int32", ("*",), False),
    *(
        ArraySpec(f"sweep/{{key}}/{name}", dtype, ("*",), False)
        for name, dtype in (SWEEP_SETTINGS | dict.fromkeys(SWEEP_MEASURES, "float32")).items()
    ),
)


def find_spec(name: str) -> ArraySpec | None:
    """Return the spec of the array `name`, or None when the schema has no such array."""
    return next((spec for spec in ARRAYS if spec.matches(name)), None)


def check_shape(spec: ArraySpec, shape: tuple[int, ...], counts: dict[str, int]) -> str | None:
    """Return what is wrong with `shape` under `spec`, or None; `counts` gives the axis lengths."""
    if len(shape) != len(spec.shape):
        return f"has {len(shape)} axes, expected {spec.shape}"
    for found, axis in zip(shape, spec.shape, strict=True):
        if axis == "*":
            continue
        expected = axis if isinstance(axis, int) else _axis_length(axis, counts)
        if found != expected:
            return f"has length {found} where {axis} is {expected}"
    return None


def _axis_length(axis: str, counts: dict[str, int]) -> int:
    name, plus, _ = axis.partition("+")
    length = counts.get(name, 0) if name in OPTIONAL_AXES else counts[name]
    return length + (1 if plus else 0)
