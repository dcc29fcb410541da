"""Writes a synthetic store directly: what is drawn here, what is counted in `write_tables`."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import numpy as np

from precompute.synthetic.big_store.cells import SyntheticCells, draw_cells
from precompute.synthetic.big_store.concepts import (
    Activations,
    Concepts,
    apply_concepts,
    draw_concepts,
    sample_rows,
)
from precompute.synthetic.big_store.design import StoreDesign
from precompute.synthetic.big_store.expression import Genes, draw_expression, draw_genes, name_sets
from precompute.synthetic.big_store.manifest import make_manifest
from precompute.synthetic.big_store.sample import take_sample
from precompute.synthetic.big_store.write_tables import TableWriter
from scconcepts_app.store.columns import encode_strings
from scconcepts_app.store.payload import encode_payload
from scconcepts_app.store.writer import StoreWriter

log = logging.getLogger("precompute")
N_TOP = 5  # cells of each concept that are explained one by one


def write_synthetic_store(design: StoreDesign, target: Path) -> Path:
    """Write a store of drawn cells and concepts to `target`, which must not exist.

    The dictionary is applied to the drawn embeddings, so activations, sizes of concepts and
    payloads are what a real dictionary of that size gives. Gene tables follow from planted
    weights and drawn counts; statistics that would cost too much on every cell come from a
    sample of them. The store's description says that nothing in it is data.

    Raises
    ------
    StoreError
        The target exists or cannot be written; nothing is left behind.
    """
    with StoreWriter(target) as writer:
        cells = _timed("cells", draw_cells, design)
        concepts = _timed("concepts", draw_concepts, design, cells)
        found = _timed("activations", apply_concepts, design, cells, concepts)
        _add_cells(writer, cells)
        _add_concepts(writer, cells, concepts)
        _add_activations(writer, found)
        genes = draw_genes(design, cells)
        top = _top_cells(found)
        rows = sample_rows(design.n_cells)
        values = _timed("expression", _add_genes, writer, design, cells, genes, [rows, top])
        sample = take_sample(cells, found, values[0], rows)
        parts = TableWriter(writer, design, cells, concepts, found, genes, sample, top, values[1])
        _timed("tables", parts.write)
        return writer.commit(make_manifest(design, cells, found))


def _timed(what: str, work, *arguments):
    start = time.perf_counter()
    result = work(*arguments)
    log.info("synthetic %s: %.1f s", what, time.perf_counter() - start)
    return result


def _add_cells(writer: StoreWriter, cells: SyntheticCells) -> None:
    writer.add_group("cells/id", _write_ids(cells.source_row))
    writer.add("cells/source_row", cells.source_row)
    writer.add("cells/library_size", cells.library_size)
    for column in cells.obs.columns:
        leaf = "values" if column.categories is None else "codes"
        writer.add(f"obs/{column.key}/{leaf}", column.values)
    writer.add("maps/umap/xy", cells.xy)
    writer.add("maps/umap/quantised", cells.grid)
    writer.add("embeddings", cells.embeddings)


def _write_ids(source_row: np.ndarray) -> dict[str, np.ndarray]:
    """Return the text column of ``cell_0000042`` and so on without a million texts in between."""
    n, width = len(source_row), len(str(len(source_row) - 1))
    prefix = np.frombuffer(b"cell_", np.uint8)
    letters = np.empty((n, len(prefix) + width), np.uint8)
    letters[:, : len(prefix)] = prefix
    for place in range(width):
        letters[:, -1 - place] = source_row // 10**place % 10 + ord("0")
    return {"offsets": np.arange(n + 1) * letters.shape[1], "utf8": letters.ravel()}


def _add_concepts(writer: StoreWriter, cells: SyntheticCells, concepts: Concepts) -> None:
    writer.add("dictionary/encoder", concepts.encoder)
    writer.add("dictionary/encoder_bias", concepts.bias)
    writer.add("dictionary/decoder", concepts.encoder)
    writer.add("dictionary/center", cells.center)
    writer.add("dictionary/scale", np.array([cells.scale]))
    ids = [f"c{i + 1:04d}" for i in range(len(concepts.bias))]
    writer.add_group("concepts/id", encode_strings(ids))
    writer.add("concepts/match_rate", np.ones(len(ids)))


def _add_activations(writer: StoreWriter, found: Activations) -> None:
    writer.add("activations/by_cell/concept", found.concept)
    writer.add("activations/by_cell/value", found.value)
    columns = {"offsets": found.offsets, "cell": found.cell, "value": found.strength}
    writer.add_group("activations/by_concept", columns)
    payloads = [encode_payload(found.cell[span], found.strength[span]) for span in found.spans()]
    _add_payloads(writer, "activations", payloads)


def _add_payloads(writer: StoreWriter, kind: str, payloads: list[np.ndarray]) -> None:
    """Add payloads, which are taken out of the list: there is no room for two copies of all."""
    offsets = np.concatenate([[0], np.cumsum([len(payload) for payload in payloads])])
    joined = np.empty(offsets[-1], np.uint8)
    for owner in reversed(range(len(payloads))):
        joined[offsets[owner] : offsets[owner + 1]] = payloads.pop()
    writer.add(f"payloads/{kind}/offsets", offsets)
    writer.add(f"payloads/{kind}/bytes", joined)


def _top_cells(found: Activations) -> np.ndarray:
    """Return the cells of highest activation, (n_concepts, N_TOP), -1 for none."""
    top = np.full((len(found.counts), N_TOP), -1, np.int64)
    for concept, span in enumerate(found.spans()):
        first = found.cell[span][:N_TOP]
        top[concept, : len(first)] = first
    return top


def _add_genes(
    writer: StoreWriter,
    design: StoreDesign,
    cells: SyntheticCells,
    genes: Genes,
    kept: list[np.ndarray],
) -> list[np.ndarray]:
    """Add genes, sets and expression; return the values of all genes in the cells `kept`."""
    names_of_genes = range(1, design.n_genes + 1)
    writer.add_group("genes/id", encode_strings([f"SYNTHETIC{i:05d}" for i in names_of_genes]))
    writer.add_group("genes/symbol", encode_strings([f"SYN{i}" for i in names_of_genes]))
    writer.add("genes/in_model", genes.in_model)
    flat = np.concatenate([rows.ravel() for rows in kept])
    payloads, columns = [], []
    for payload, values in draw_expression(design, cells, genes, flat):
        payloads.append(payload)
        columns.append(values)
    _add_payloads(writer, "expression", payloads)
    writer.add_group("gene_sets/name", encode_strings(name_sets()))
    writer.add_group("gene_sets/description", encode_strings(["drawn at random"] * len(genes.sets)))
    writer.add("gene_sets/library", np.zeros(len(genes.sets)))
    sizes = [len(members) for members in genes.sets]
    writer.add("gene_sets/members/offsets", np.concatenate([[0], np.cumsum(sizes)]))
    writer.add("gene_sets/members/gene", np.concatenate(genes.sets))
    values = np.stack(columns, axis=1)
    ends = np.cumsum([rows.size for rows in kept])[:-1]
    parts = zip(np.split(values, ends), kept, strict=True)
    return [part.reshape(*rows.shape, design.n_genes) for part, rows in parts]
