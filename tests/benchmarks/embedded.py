"""Embedded cells that dictionaries are compared on: real ones through scVI, and simulated ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np

from precompute.config import Config, read_config
from precompute.obs import Obs
from precompute.pipeline import open_finished, run_pipeline
from precompute.run import Run
from tests.benchmarks.simulations import prepare

DATA = ("kang", "pbmc3k", "synthetic")
RUNS = Path("runs/benchmarks")
LEAST_CELLS = 20  # a group of fewer says nothing


@dataclass(frozen=True, eq=False)
class Embedded:
    """Cells as a model sees them, and what a unit could stand for.

    Attributes
    ----------
    embeddings : (n_cells, d_embedding)
    groups : name -> (n_cells,) bool; cell types, within each condition where there are several.
    programmes : (n_cells, n_programmes) activity of the planted ones; None for real cells.
    """

    name: str
    embeddings: np.ndarray
    groups: dict[str, np.ndarray]
    programmes: np.ndarray | None = None


def embed(data: str, seed: int = 0) -> Embedded:
    """Return one of `DATA`; the model is trained at this seed, once, and kept in `RUNS`."""
    if data == "synthetic":
        found = prepare(100 + seed)
        groups = _groups(found.cells.obs, ("cell_type",))
        return Embedded(data, found.embeddings, groups, found.adata.obsm["programme_activity"])
    run = open_embedded(data, seed)
    roles = ("cell_type", "condition") if data == "kang" else ("cell_type",)
    return Embedded(data, np.asarray(run.embeddings), _groups(run.cells.obs, roles))


def open_embedded(data: str, seed: int = 0) -> Run:
    """Return a run of real cells whose model is trained at this seed, once, and kept in `RUNS`."""
    RUNS.mkdir(parents=True, exist_ok=True)
    config = _config(data, seed)
    run_pipeline(config, until="model")
    return open_finished(config, ("model",))


def _config(data: str, seed: int) -> Config:
    config = read_config(Path("examples/kang.toml"))
    config = replace(config, seed=seed, out=str(RUNS / f"{data}-embedded-{seed}.store"))
    if data == "kang":
        return config
    path = Path(config.data.path).with_name("pbmc3k_raw.h5ad")
    cells = replace(config.data, path=str(path), condition="", donor="")
    return replace(config, data=cells, model=replace(config.model, batch_key=""))


def _groups(obs: Obs, roles: tuple[str, ...]) -> dict[str, np.ndarray]:
    columns = [obs.find_role(role) for role in roles]
    found = {}
    for codes in product(*(range(column.n_categories) for column in columns)):
        pairs = list(zip(columns, codes, strict=True))
        inside = np.all([column.values == code for column, code in pairs], axis=0)
        if inside.sum() >= LEAST_CELLS:
            found[", ".join(column.categories[code] for column, code in pairs)] = inside
    return found
