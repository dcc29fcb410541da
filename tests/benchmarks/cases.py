"""What the faithfulness benchmarks run on: real cells through the pipeline, or simulated ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import scipy.sparse as sp
import torch

from precompute.attribution import ConceptReadout, Population, make_population
from precompute.cells import load_cells, read_h5ad
from precompute.config import Config, read_config
from precompute.dictionary import find_consensus, train_seeds
from precompute.pipeline import open_finished, run_pipeline
from tests.benchmarks.networks import train_network
from tests.benchmarks.simulations import prepare

CONFIG = Path("examples/kang.toml")
RUNS = Path("runs/benchmarks")


@dataclass(frozen=True, eq=False)
class Case:
    """Cells, a model and its concepts.

    Attributes
    ----------
    name : what was run, with its seed.
    population : the cells; it has donors.
    readout : model and dictionary.
    expression : (n_cells, n_genes) log-normalised, sparse.
    covariates : for the model, or None.
    """

    name: str
    population: Population
    readout: ConceptReadout
    expression: sp.csr_matrix
    covariates: np.ndarray | None = None


def make_case(data: str, seed: int, network: str = "scvi") -> Case:
    """Return cells with a model and concepts trained at this seed.

    Parameters
    ----------
    data : ``kang``; ``synthetic``; or ``bystanders``, synthetic cells whose model was kept from
        learning what the bystanders of a programme go with.
    network : ``scvi``, ``scvi2`` (two hidden layers) or ``mlp3`` (three layers of another make).
    """
    case = _real(seed, network) if data == "kang" else _simulated(data, seed, network)
    torch.set_num_threads(1)  # reading the cells sets them anew
    return case


def _simulated(data: str, seed: int, network: str) -> Case:
    found = prepare(seed, network, unlearn_bystanders=data == "bystanders")
    population = make_population(
        found.counts,
        found.cells.library_size,
        found.embeddings,
        found.indices,
        found.values,
        found.dictionary.n_latents,
        found.donors,
    )
    expression = sp.csr_matrix(found.cells.log_normalised()[:, found.cells.model_genes])
    readout = ConceptReadout(found.model, found.dictionary)
    return Case(f"{data}, {network}, seed {seed}", population, readout, expression)


def _real(seed: int, network: str) -> Case:
    config = read_config(CONFIG)
    if network == "mlp3":
        return _real_with_network(config, seed)
    n_layers = 2 if network == "scvi2" else 1
    config = replace(
        config,
        seed=seed,
        out=str(RUNS / f"kang-{network}-{seed}.store"),
        model=replace(config.model, n_layers=n_layers),
    )
    RUNS.mkdir(parents=True, exist_ok=True)
    run_pipeline(config, until="dictionary")
    run = open_finished(config, ("model", "dictionary"))
    expression = sp.csr_matrix(run.cells.log_normalised()[:, run.cells.model_genes])
    readout = ConceptReadout(run.model, run.dictionary)
    name = f"kang, {network}, seed {seed}"
    return Case(name, run.population, readout, expression, run.covariates)


def _real_with_network(config: Config, seed: int) -> Case:
    cells = load_cells(read_h5ad(Path(config.data.path)), config.data, "kang")
    counts = cells.model_counts()
    names = np.array(cells.genes.symbols)[cells.model_genes]
    model = train_network(counts, names, seed)
    embeddings = model.embed(counts, None)
    n_latents = round(config.dictionary.expansion * model.d_embedding)
    trained = train_seeds(embeddings, n_latents, config.dictionary.k, range(5), epochs=100)
    dictionary = find_consensus(trained, embeddings).dictionary
    donors = cells.obs.find_role("donor")
    population = make_population(
        counts,
        cells.library_size,
        embeddings,
        *dictionary.activate(embeddings),
        dictionary.n_latents,
        donors=None if donors is None else donors.values,
    )
    expression = sp.csr_matrix(cells.log_normalised()[:, cells.model_genes])
    readout = ConceptReadout(model, dictionary)
    return Case(f"kang, mlp3, seed {seed}", population, readout, expression)
