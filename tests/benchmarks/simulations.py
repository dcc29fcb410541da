"""Simulated cells with a model and concepts trained on them: what the benchmarks start from."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import scipy.sparse as sp
import torch

from precompute.attribution import (
    COUNTERFACTUALS,
    DEFAULT_METHOD,
    METHODS,
    Attribution,
    Population,
    attribute,
    make_population,
)
from precompute.attribution.matched_cells import match_cells
from precompute.cells import Cells, load_cells
from precompute.config import DataConfig, ModelConfig
from precompute.dictionary import Dictionary, activation_matrix, find_consensus, train_seeds
from precompute.differential import DifferentialTable, wilcoxon_all, wilcoxon_matched
from precompute.models.base import CellModel
from precompute.models.scvi import train_scvi
from precompute.synthetic import simulate_yardstick
from tests.benchmarks.networks import train_network

NETWORKS = ("scvi", "scvi2", "mlp3")
CONTRASTS = tuple(name for name in COUNTERFACTUALS if name != "permuted")
LEAST_CORRELATION = 0.4


@dataclass(frozen=True, eq=False)
class Simulated:
    """Simulated cells, a model trained on them (or on shuffled ones), and its concepts.

    Attributes
    ----------
    adata : the cells with the truth beside them; see `precompute.synthetic.simulate`.
    cells : the same cells, checked. The model reads all genes that any cell expresses.
    embeddings : (n_cells, d_embedding) of these cells.
    indices, values : (n_cells, k) activations, as `Dictionary.activate` returns them.
    donors : (n_cells,) codes.
    seed : of the cells, the model and the draws.
    """

    adata: ad.AnnData
    cells: Cells
    model: CellModel
    dictionary: Dictionary
    embeddings: np.ndarray
    indices: np.ndarray
    values: np.ndarray
    donors: np.ndarray
    seed: int

    @cached_property
    def counts(self) -> sp.csr_matrix:
        """Raw counts (n_cells, n_genes) of the genes the model reads."""
        return self.cells.model_counts()

    @cached_property
    def activations(self) -> np.ndarray:
        """Activations (n_cells, n_concepts)."""
        return activation_matrix(self.indices, self.values, self.dictionary.n_latents).toarray()

    @cached_property
    def population(self) -> Population:
        """The cells that counterfactuals are drawn from."""
        return make_population(
            self.counts, self.cells.library_size, self.embeddings, self.indices, self.values,
            self.dictionary.n_latents, self.donors,
        )  # fmt: skip

    @property
    def kind(self) -> np.ndarray:
        """Kind of each programme, (n_programmes,)."""
        return self.adata.uns["truth"]["kind"]

    def planted(self, name: str) -> np.ndarray:
        """Return log fold changes (n_programmes, n_genes) of ``driver`` or ``bystander`` genes."""
        return self.adata.varm[name][self.cells.model_genes].T

    @cached_property
    def pairs(self) -> list[tuple[int, int]]:
        """(programme, concept) for each programme that a concept follows.

        It is the concept of the highest correlation of activation with activity over cells,
        if that is at least `LEAST_CORRELATION`.
        """
        activity = self.adata.obsm["programme_activity"]
        n_concepts = self.activations.shape[1]
        correlation = np.corrcoef(self.activations.T, activity.T)[:n_concepts, n_concepts:]
        best = correlation.argmax(axis=0)
        kept = np.flatnonzero(correlation.max(axis=0) >= LEAST_CORRELATION)
        return [(int(programme), int(best[programme])) for programme in kept]


def prepare(
    seed: int,
    network: str = "scvi",
    unlearn_bystanders: bool = False,
    n_latent: int = 32,
    max_epochs: int = 150,
    k: int = 4,
    **changes: Any,
) -> Simulated:
    """Simulate the yardstick, train a model on it and find its concepts.

    Parameters
    ----------
    network : one of `NETWORKS`: scVI with one or two hidden layers, or three layers of another
        make (`tests.benchmarks.networks`).
    unlearn_bystanders : train the model on cells whose bystander genes were shuffled. The
        concepts are those of the cells as they are.
    k : the most concepts of a cell.
    changes : arguments of `simulate` to set otherwise.
    """
    adata = simulate_yardstick(seed, **changes)
    cells = read(adata)
    trained_on = read(shuffle_bystanders(adata, seed)) if unlearn_bystanders else cells
    model = train_model(trained_on, network, n_latent, max_epochs, seed)
    embeddings = model.embed(cells.model_counts(), None)
    found = train_seeds(embeddings, 2 * model.d_embedding, k, range(5), epochs=100)
    dictionary = find_consensus(found, embeddings).dictionary
    indices, values = dictionary.activate(embeddings)
    donors = adata.obs["donor"].cat.codes.to_numpy()[cells.source_rows]
    return Simulated(adata, cells, model, dictionary, embeddings, indices, values, donors, seed)


def read(adata: ad.AnnData) -> Cells:
    """Return the cells of a simulation, with all genes for the model."""
    config = DataConfig(
        cell_type="cell_type", donor="donor", condition="condition", n_top_genes=adata.n_vars
    )
    cells = load_cells(adata, config, "simulated")
    torch.set_num_threads(1)  # reading sets them anew
    return cells


def shuffle_bystanders(adata: ad.AnnData, seed: int) -> ad.AnnData:
    """Return the cells with each bystander gene permuted over the cells, apart from all others.

    The counts of a gene stay as many and as large, its relation to everything is lost.
    """
    rng = np.random.default_rng([seed, 1])
    counts = adata.X.toarray()
    for gene in np.flatnonzero((adata.varm["bystander"] != 0).any(axis=1)):
        counts[:, gene] = rng.permutation(counts[:, gene])
    shuffled = adata.copy()
    shuffled.X = sp.csr_matrix(counts)
    return shuffled


def train_model(cells: Cells, network: str, n_latent: int, max_epochs: int, seed: int) -> CellModel:
    """Return one of `NETWORKS` trained on the cells."""
    if network == "mlp3":
        names = np.array(cells.genes.symbols)[cells.model_genes]
        return train_network(cells.model_counts(), names, seed)
    layers = {"scvi": 1, "scvi2": 2}[network]
    settings = ModelConfig(n_latent=n_latent, n_layers=layers, max_epochs=max_epochs)
    with tempfile.TemporaryDirectory() as folder:
        return train_scvi(cells, settings, "", seed, torch.device("cpu"), Path(folder))


def make_parser(description: str) -> argparse.ArgumentParser:
    """Return a parser of the arguments that the benchmarks share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seeds", type=int, nargs="+", default=[100, 101, 102])
    parser.add_argument("--network", choices=NETWORKS, default="scvi")
    parser.add_argument("--method", choices=METHODS, default=DEFAULT_METHOD)
    return parser


def attribute_genes(
    simulated: Simulated, counterfactual: str, method: str = DEFAULT_METHOD
) -> Attribution:
    """Return the attribution of all concepts under one counterfactual."""
    return attribute(
        model=simulated.model,
        dictionary=simulated.dictionary,
        counts=simulated.counts,
        library_size=simulated.cells.library_size,
        embeddings=simulated.embeddings,
        indices=simulated.indices,
        values=simulated.values,
        donors=simulated.donors,
        counterfactual=counterfactual,
        method=method,
        n_verify=0,
        with_null=False,
    )


def compare_expression(simulated: Simulated) -> dict[str, DifferentialTable]:
    """Return differential expression against all inactive cells and against matched ones."""
    expression = sp.csr_matrix(simulated.cells.log_normalised()[:, simulated.cells.model_genes])
    return {
        "all": wilcoxon_all(expression, simulated.activations > 0),
        "matched": wilcoxon_matched(expression, match_cells(simulated.population, simulated.seed)),
    }


def print_table(header: Sequence[str], rows: Iterable[Sequence[str | float]]) -> None:
    """Print a markdown table, numbers with three decimals."""
    print()
    _print_row(header)
    print("|" + " --- |" + " ---: |" * (len(header) - 1))
    for row in rows:
        _print_row([cell if isinstance(cell, str) else f"{cell:.3f}" for cell in row])


def _print_row(cells: Sequence[str]) -> None:
    print("|", " | ".join(cell.replace("|", "\\|") for cell in cells), "|")
