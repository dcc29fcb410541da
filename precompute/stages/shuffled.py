"""Concepts of cells whose genes were shuffled, and their rankings: as for the real cells."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from precompute.attribution import Population, make_population
from precompute.device import threads_for
from precompute.dictionary import Dictionary
from precompute.nulls import shuffle_genes
from precompute.run import Run
from precompute.stages.evaluation import choose_rows
from precompute.stages.learning import learn_concepts, make_settings
from precompute.stages.units import rank_units


class ShuffledCells(NamedTuple):
    """Shuffled cells under the names of the real ones.

    Attributes
    ----------
    rows : (n,) the cells of the run whose place, donor and covariates they have.
    counts : (n, n_model_genes).
    library_size : (n,)
    embeddings : (n, d_embedding) by the model of the run.
    """

    rows: np.ndarray
    counts: sp.csr_matrix
    library_size: np.ndarray
    embeddings: np.ndarray


def rank_shuffled(run: Run) -> tuple[dict[str, np.ndarray], int]:
    """Return the rankings of the concepts of shuffled cells, by name, and the number of cells.

    Dictionaries of the same size, seeds and rules.

    Raises
    ------
    NothingRecursError
        The seeds agree on no concept.
    """
    cells = shuffle_and_embed(run)
    dictionary = _learn(run, cells.embeddings)
    population = _populate(run, cells, dictionary)
    covariates = _covariates(run, cells.rows)
    rankings = rank_units(run, population, dictionary, covariates, "nulls, attribution")
    return rankings, len(cells.rows)


def shuffle_and_embed(run: Run) -> ShuffledCells:
    """Return some cells of a run with their genes shuffled, embedded by its model."""
    rows = choose_rows(run.cells.n_cells, run.config.nulls.cells, run.config.seed)
    counts, library_size = shuffle_genes(
        run.cells.model_counts()[rows], run.cells.library_size[rows], run.config.seed
    )
    kept = np.diff(counts.indptr) > 0  # no model reads a cell without counts
    rows, counts, library_size = rows[kept], counts[kept], library_size[kept]
    names = [run.cells.cell_ids[row] for row in rows]
    with threads_for(run.model.n_weights):
        embeddings = run.model.embed(counts, _covariates(run, rows), names)
    return ShuffledCells(rows, counts, library_size, embeddings)


def _covariates(run: Run, rows: np.ndarray) -> np.ndarray | None:
    return None if run.covariates is None else run.covariates[rows]


def _learn(run: Run, embeddings: np.ndarray) -> Dictionary:
    record = run.outputs["dictionary"].record
    settings = make_settings(run.config.dictionary, min(record["n_latents"], len(embeddings)))
    title = "nulls, dictionary of shuffled cells"
    return learn_concepts(run, embeddings, settings, record["seeds"], title).consensus.dictionary


def _populate(run: Run, cells: ShuffledCells, dictionary: Dictionary) -> Population:
    return make_population(
        cells.counts,
        cells.library_size,
        cells.embeddings,
        *dictionary.activate(cells.embeddings),
        dictionary.n_latents,
        None if run.donors is None else run.donors[cells.rows],
        {name: column[cells.rows] for name, column in run.match.items()},
        [run.cells.cell_ids[row] for row in cells.rows],
    )
