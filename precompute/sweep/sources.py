"""What a sweep is of: the cells of a config, or a file of embeddings with its labels."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from precompute.config import Config, override, read_config
from precompute.dictionary.checks import check_embeddings
from precompute.errors import InputError, fault
from precompute.evaluation import Division, divide, finest, make_folds
from precompute.sweep.measure import Bench
from precompute.train_dictionary import open_array

if TYPE_CHECKING:
    from precompute.run import Run


@dataclass(frozen=True, eq=False)
class Source:
    """Embeddings and what is known of the cells.

    Attributes
    ----------
    name : what messages call it.
    embeddings : (n_cells, d_embedding), an array or a memory map.
    columns : role -> codes (n_cells,) and the names of the categories.
    donors : (n_cells,) codes, or None.
    config : of a run; the defaults for a file of embeddings.
    """

    name: str
    embeddings: np.ndarray
    columns: Mapping[str, tuple[np.ndarray, list[str]]]
    donors: np.ndarray | None
    config: Config


def open_config(path: Path, out: Path, data: str | None, device: str | None) -> Source:
    """Return the cells of a TOML file, embedded now or by an earlier run.

    Embeddings made now stay in the workspace of the config, where a run finds them; in the folder
    of the sweep when the config has no ``out``, or its store stands without a workspace.

    Raises
    ------
    InputError
        What a run refuses.
    """
    config = override(read_config(path), data=data, device=device)
    run = _embed(config, replace(config, out=str(out / "embedded.store")))
    obs = run.cells.obs
    columns = {
        role: (column.values, column.categories)
        for role in ("cell_type", "condition")
        if (column := obs.find_role(role)) is not None and column.categories is not None
    }
    donor = obs.find_role("donor")
    donors = None if donor is None else donor.values
    return Source(run.cells.source, run.embeddings, columns, donors, run.config)


def _embed(config: Config, apart: Config) -> Run:
    """Return the run of a config whose cells are embedded, or of the same config `apart`."""
    from precompute.pipeline import open_finished, run_pipeline  # loads torch

    for place in (config, apart) if config.out else (apart,):
        with suppress(InputError):
            return open_finished(place, ("model",))
    place = apart if not config.out or Path(config.out).exists() else config
    run_pipeline(place, until="model")
    return open_finished(place, ("model",))


def open_files(path: Path, labels: Mapping[str, Path | None], device: str | None) -> Source:
    """Return an npy file of embeddings with npy files of labels, one a cell.

    Parameters
    ----------
    labels : role (cell_type, condition, donor) -> file, or None.

    Raises
    ------
    InputError
        A file cannot be read, or labels are not one a cell.
    """
    embeddings = open_array(path, "embeddings (n_cells, d_embedding)")
    columns = {
        role: _read_labels(file, role, len(embeddings))
        for role, file in labels.items()
        if file is not None
    }
    donors = columns.pop("donor", (None, []))[0]
    config = override(Config(), device=device)
    return Source(path.name, embeddings, columns, donors, config)


def _read_labels(path: Path, role: str, n_cells: int) -> tuple[np.ndarray, list[str]]:
    values = open_array(path, f"{role} (n_cells,)")
    if values.shape != (n_cells,):
        raise fault(path, f"shape {values.shape}", f"({n_cells},), one a cell", "Check the order.")
    names, codes = np.unique(values, return_inverse=True)
    return codes, [str(name) for name in names]


def make_bench(source: Source, most_cells: int, n_seeds: int, epochs: int | None) -> Bench:
    """Return what all settings share: the cells, or `most_cells` of them at random; 0 for all.

    Raises
    ------
    InputError
        NaN or infinity in the embeddings.
    """
    n_cells = len(source.embeddings)
    rows = np.arange(n_cells)
    if 0 < most_cells < n_cells:
        rows = np.sort(np.random.default_rng(0).choice(n_cells, most_cells, replace=False))
    columns = {role: (codes[rows], names) for role, (codes, names) in source.columns.items()}
    divisions = divide(columns)
    smallest: Division | None = finest(divisions)
    donors = None if source.donors is None else source.donors[rows]
    settings = source.config.dictionary
    return Bench(
        embeddings=check_embeddings(np.array(source.embeddings[rows])),
        divisions=[] if smallest is None else [smallest],
        folds=make_folds(len(rows), divisions, donors),
        n_seeds=n_seeds,
        epochs=epochs or settings.epochs,
        learning_rate=settings.learning_rate,
        resample=settings.resample,
        min_share=settings.min_share,
        cut=settings.cut,
        device=source.config.device,
    )
