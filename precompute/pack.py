"""Writes the concept store from the outputs of a run. Nothing else writes a store."""

from __future__ import annotations

import json
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from precompute.grid import order_by_morton, quantise
from precompute.pack_evaluation import (
    add_evaluations,
    add_nulls,
    add_sweeps,
    add_training,
)
from precompute.pack_latents import add_latents
from precompute.pack_tables import (
    add_attributions,
    add_cell_effects,
    add_differentials,
    add_enrichments,
    add_faithfulness,
    add_gene_sets,
    add_set_swaps,
)
from precompute.run import Run
from scconcepts_app.store.columns import encode_ragged, encode_strings
from scconcepts_app.store.manifest import Manifest, MapInfo, ObsColumn
from scconcepts_app.store.payload import encode_payload, join_payloads
from scconcepts_app.store.schema import ASSOCIATION_NUMBERS, ASSOCIATION_TESTS, CONCEPT_FLAGS
from scconcepts_app.store.writer import StoreWriter

_PACKAGES = ("scconcepts", "numpy", "torch", "anndata", "scanpy", "scvi-tools", "gseapy")


def pack_store(run: Run, target: Path) -> Path:
    """Write the store of a finished run to `target`, which must not exist.

    Cells are stored in Morton order of their first map; ``cells/source_row`` leads back to the
    input.

    Raises
    ------
    StoreError
        The target exists or cannot be written; nothing is left behind.
    """
    first = run.outputs["maps"].record["maps"][0]["key"]
    order = order_by_morton(quantise(run.outputs["maps"].array(first))[0])
    with StoreWriter(target) as writer:
        _add_cells(writer, run, order)
        maps = _add_maps(writer, run, order)
        _add_genes(writer, run, order)
        _add_concepts(writer, run)
        _add_activations(writer, run, order)
        add_training(writer, run)
        manifest = _make_manifest(
            run,
            maps,
            n_latents=add_latents(writer, run, order),
            attributions=add_attributions(writer, run),
            faithfulness=add_faithfulness(writer, run),
            cell_effects=add_cell_effects(writer, run, order),
            set_swaps=add_set_swaps(writer, run),
            differentials=add_differentials(writer, run),
            enrichments=add_enrichments(writer, run),
            evaluations=add_evaluations(writer, run),
            sweeps=add_sweeps(writer, run),
            nulls=add_nulls(writer, run),
            libraries=add_gene_sets(writer, run),
        )
        _add_association(writer, run)
        return writer.commit(manifest)


def _add_cells(writer: StoreWriter, run: Run, order: np.ndarray) -> None:
    cells = run.cells
    writer.add_group("cells/id", encode_strings([cells.cell_ids[i] for i in order]))
    writer.add("cells/source_row", cells.source_rows[order])
    writer.add("cells/library_size", cells.library_size[order])
    for column in cells.obs.columns:
        leaf = "values" if column.categories is None else "codes"
        writer.add(f"obs/{column.key}/{leaf}", column.values[order])
    writer.add("embeddings", run.embeddings[order])


def _add_maps(writer: StoreWriter, run: Run, order: np.ndarray) -> list[MapInfo]:
    output, infos = run.outputs["maps"], []
    for found in output.record["maps"]:
        xy = np.asarray(output.array(found["key"]))
        grid, bounds = quantise(xy)
        writer.add(f"maps/{found['key']}/xy", xy[order])
        writer.add(f"maps/{found['key']}/quantised", grid[order])
        infos.append(MapInfo(found["key"], found["title"], bounds))
    return infos


def _add_genes(writer: StoreWriter, run: Run, order: np.ndarray) -> None:
    genes, in_model = stored_genes(run), np.isin(stored_genes(run), run.cells.model_genes)
    names = run.cells.genes
    writer.add_group("genes/id", encode_strings([names.ids[g] for g in genes]))
    writer.add_group("genes/symbol", encode_strings([names.symbols[g] for g in genes]))
    writer.add("genes/in_model", in_model)
    expression = run.cells.log_normalised()[order][:, genes].tocsc()
    spans = zip(expression.indptr[:-1], expression.indptr[1:], strict=True)
    payloads = [encode_payload(expression.indices[a:b], expression.data[a:b]) for a, b in spans]
    writer.add_group("payloads/expression", join_payloads(payloads))


def stored_genes(run: Run) -> np.ndarray:
    """Return the genes that the store holds, as indices of the run's genes."""
    if run.config.pack.expression == "model":
        return run.cells.model_genes
    return np.arange(len(run.cells.genes.ids))


def _add_concepts(writer: StoreWriter, run: Run) -> None:
    concepts, names = run.dictionary, run.outputs["naming"]
    writer.add("dictionary/encoder", concepts.encoder)
    writer.add("dictionary/encoder_bias", concepts.encoder_bias)
    writer.add("dictionary/decoder", concepts.decoder)
    writer.add("dictionary/center", concepts.center)
    writer.add("dictionary/scale", np.array([concepts.scale]))
    writer.add_group("concepts/id", encode_strings(_concept_ids(concepts.n_latents)))
    writer.add_group("concepts/label", encode_strings(names.record["labels"]))
    evidence = [json.dumps(item, sort_keys=True) for item in names.record["evidence"]]
    writer.add_group("concepts/evidence", encode_strings(evidence))
    for name in ("stability", "stability_low", "stability_high", "n_seeds", "parent"):
        writer.add(f"concepts/{name}", run.outputs["dictionary"].array(name))
    bits = [
        names.array(f"flag.{flag}").astype(np.uint32) << bit
        for bit, flag in enumerate(CONCEPT_FLAGS)
    ]
    writer.add("concepts/flags", np.bitwise_or.reduce(bits))
    writer.add("concepts/match_rate", _match_rate(run))


def _concept_ids(n_concepts: int) -> list[str]:
    return [f"c{i + 1:04d}" for i in range(n_concepts)]


def _match_rate(run: Run) -> np.ndarray:
    if run.outputs["attribution"].record["refused"]:
        return np.full(run.dictionary.n_latents, np.nan)
    default = run.config.attribution.counterfactuals[0]
    return run.outputs["attribution"].array(f"{default}.match_rate")


def _add_activations(writer: StoreWriter, run: Run, order: np.ndarray) -> None:
    indices, values = run.activation_pairs
    writer.add("activations/by_cell/concept", indices[order])
    writer.add("activations/by_cell/value", values[order])
    position = np.empty_like(order)
    position[order] = np.arange(len(order))
    matrix = run.activations
    rows, payloads = [], []
    for start, stop in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True):
        cells, strength = position[matrix.indices[start:stop]], matrix.data[start:stop]
        best = np.lexsort((cells, -strength))
        rows.append({"cell": cells[best], "value": strength[best]})
        payloads.append(encode_payload(cells, strength))
    dtypes = {"cell": "int32", "value": "float32"}
    writer.add_group("activations/by_concept", encode_ragged(rows, dtypes))
    writer.add_group("payloads/activations", join_payloads(payloads))


def _add_association(writer: StoreWriter, run: Run) -> None:
    output = run.outputs["association"]
    writer.add("association/level", output.array("levels"))
    names = ("auroc", "f1", "share", "numeric", "rank_correlation", "share_of_variance")
    for name in names:
        writer.add(f"association/{name}", output.array(name))
    for name in (*ASSOCIATION_TESTS, *ASSOCIATION_NUMBERS):
        writer.add(f"association/tests/{name}", output.array(f"tests.{name}"))


def _make_manifest(
    run: Run,
    maps: list[MapInfo],
    *,
    n_latents: int,
    libraries: tuple[list[Any], int],
    **tables: Any,
) -> Manifest:
    cells, model = run.cells, run.outputs["model"].record
    return Manifest(
        title=run.config.title or Path(cells.source).stem,
        description=run.config.description,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        counts={
            "n_cells": cells.n_cells,
            "n_genes": len(stored_genes(run)),
            "n_model_genes": len(cells.model_genes),
            "n_concepts": run.dictionary.n_latents,
            "n_latents": n_latents,
            "n_gene_sets": libraries[1],
            "d_embedding": run.embeddings.shape[1],
            "k": run.dictionary.most_active,
        },
        obs=[_obs_column(column) for column in cells.obs.columns],
        maps=maps,
        **tables,
        gene_set_libraries=libraries[0],
        concept_flags=list(CONCEPT_FLAGS),
        dictionary=run.outputs["dictionary"].record,
        model=model,
        provenance={
            "config": run.config.to_dict(),
            "inputs": {"cells": {"source": cells.source, "sha256": run.input_digest}},
            "gene_sets": run.sets.provenance(),
            "packages": _package_versions(),
            "python": platform.python_version(),
            "device": str(run.device),
            "counts_from": cells.counts_from,
            "notices": list(cells.notices),
            "attribution": run.outputs["attribution"].record,
        },
        arrays={},
        digest="",
    )


def _obs_column(column: Any) -> ObsColumn:
    kind = "numeric" if column.categories is None else "categorical"
    return ObsColumn(column.key, column.name, kind, column.role, column.categories or [])


def _package_versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
