"""Whether the concepts earned their place: against as many other units."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from precompute.dictionary import Dictionary, Settings, train_dictionaries
from precompute.errors import fault
from precompute.evaluation import (
    BASELINES,
    MEASURES,
    Division,
    Scores,
    Units,
    activate_units,
    count_directions,
    divide,
    evaluate,
    fit_baselines,
    make_folds,
    probe_all,
)
from precompute.obs import Obs
from precompute.progress import progress_bar
from precompute.run import Arrays, Record, Run
from precompute.sweep.result import read_sweep

_OURS = {
    "concepts": ("Concepts", "What recurs over the seeds, as this store shows it."),
    "fewer": (
        "Fewer concepts",
        "The concepts that rebuild most, as many as the embedding has dimensions: linear units "
        "cannot be more.",
    ),
    "single": (
        "Single autoencoder",
        "One seed, trained with as many latents as there are concepts.",
    ),
}
WHOLE = (
    "Whole embedding",
    "All dimensions at once, for the probes alone: more units than the others, and so no rival "
    "but what there is to be told.",
)
_PER_METHOD = ("n_units", "active", "explained_variance", "to_programmes", "of_programmes")


def run_evaluation(run: Run, folder: Path) -> tuple[Arrays, Record]:
    """Put the concepts and the baselines through one evaluation; keep what a sweep found."""
    config = run.config.evaluation
    sweep = read_sweep(Path(config.sweep)) if config.sweep else None
    record: Record = {"methods": [], "sweep": None if sweep is None else asdict(sweep)}
    if not config.baselines:
        return {}, record
    rows = choose_rows(run.cells.n_cells, config.max_cells, run.config.seed)
    divisions = divide_cells(run.cells.obs, rows)
    donors = run.cells.obs.find_role("donor")
    codes = None if donors is None else donors.values[rows]
    folds = make_folds(len(rows), divisions, codes, run.config.seed)
    scores = _score_methods(run, rows, divisions, folds, find_programmes(run))
    record |= {
        "methods": [_describe(name) for name in scores],
        "n_cells": len(rows),
        "n_cells_in_all": run.cells.n_cells,
        "held_out": "donors" if codes is not None and len(np.unique(codes)) > 1 else "cells",
        "n_folds": int(folds.max()) + 1,
        "kinds": [division.kind for division in divisions],
        "groups": [name for division in divisions for name in division.names],
    }
    return _collect(list(scores.values()), divisions), record


def choose_rows(n_cells: int, most: int, seed: int) -> np.ndarray:
    """Return ascending rows: all, or `most` of them at random."""
    if n_cells <= most:
        return np.arange(n_cells)
    return np.sort(np.random.default_rng(seed).choice(n_cells, most, replace=False))


def divide_cells(obs: Obs, rows: np.ndarray) -> list[Division]:
    """Return the divisions of some cells by the roles of the obs columns."""
    columns = {}
    for role in ("cell_type", "condition"):
        column = obs.find_role(role)
        if column is not None and column.categories is not None:
            columns[role] = (column.values[rows], column.categories)
    return divide(columns)


def find_programmes(run: Run) -> np.ndarray | None:
    """Return the true activities (n_cells, n_programmes) that the config names, or None.

    Raises
    ------
    InputError
        No such matrix, or it holds NaN or infinite values.
    """
    name = run.config.evaluation.programmes
    if not name:
        return None
    found = run.cells.obsm.get(name)
    if found is None:
        raise fault(
            run.cells.source,
            f"evaluation.programmes = '{name}' is not in obsm",
            f"one of: {', '.join(run.cells.obsm) or 'none'}",
            "Correct the name.",
        )
    matrix = np.asarray(found, np.float64)
    if not np.isfinite(matrix).all():
        raise fault(
            run.cells.source,
            f"obsm['{name}'] holds NaN or infinite values",
            "the activity of each programme in each cell",
            "Mend it, or leave evaluation.programmes out.",
        )
    return matrix


def summarise(record: Record, arrays: Callable[[str], np.ndarray]) -> str:
    """Return the table that a run prints: one line a method, below a line of words."""
    if not record["methods"]:
        return "no baselines"
    kinds, kind_of = record["kinds"], arrays("kind")
    heads = ["", "units", "explained variance"]
    columns = [arrays("n_units").tolist(), [_tell(x) for x in arrays("explained_variance")]]
    if kinds:
        inside = kind_of == len(kinds) - 1
        heads += ["F1", "AUROC", "probe accuracy"]
        columns += [
            [_tell(x) for x in arrays(name)[:, inside].mean(axis=1)]
            for name in ("f1", "auroc", "probe_accuracy")
        ]
    lines = [heads]
    for i, method in enumerate(record["methods"]):
        lines.append([method["title"], *(str(column[i]) for column in columns)])
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    table = ["  ".join(c.rjust(w) for c, w in zip(line, widths, strict=True)) for line in lines]
    cells = f"{record['n_cells']:,} cells"
    if kinds:
        n_groups = int(inside.sum())
        cells += f", {record['held_out']} held out, means over {n_groups} groups: {kinds[-1]}"
    return "\n    ".join([cells, *(line.rstrip() for line in table)])


def _tell(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "-"


def _score_methods(
    run: Run,
    rows: np.ndarray,
    divisions: list[Division],
    folds: np.ndarray,
    programmes: np.ndarray | None,
) -> dict[str, Scores]:
    embeddings = run.embeddings[rows]
    truth = None if programmes is None else programmes[rows]
    every = list(_list_units(run, rows))
    scores: dict[str, Scores] = {}
    with progress_bar("evaluation") as progress:
        for name, find in every:

            def score(find: Callable[[], Units] = find) -> Arrays:
                units = find()
                found = evaluate(units.values, embeddings, units.rebuilt, divisions, folds, truth)
                return found.to_arrays()

            arrays = run.parts.once(name, score) if run.parts else score()
            scores[name] = Scores.from_arrays(arrays)
            progress(len(scores), len(every) + 1)
        probe = run.parts.once if run.parts else lambda _, score: score()
        arrays = probe("whole", lambda: probe_all(embeddings, divisions, folds).to_arrays())
        scores["whole"] = Scores.from_arrays(arrays)
        progress(len(scores), len(every) + 1)
    return scores


def _list_units(run: Run, rows: np.ndarray) -> Iterator[tuple[str, Callable[[], Units]]]:
    embeddings, n_units = run.embeddings[rows], run.dictionary.n_latents
    n_directions = count_directions(embeddings)
    yield "concepts", lambda: activate_units(run.dictionary, embeddings)
    if n_directions < n_units:
        yield "fewer", lambda: activate_units(run.dictionary, embeddings, n_directions)
    yield "single", lambda: activate_units(_train_single(run), embeddings)
    yield from fit_baselines(embeddings, n_units, run.config.seed)


def _train_single(run: Run) -> Dictionary:
    config = run.config.dictionary
    n_units = min(run.dictionary.n_latents, run.cells.n_cells)
    settings = Settings(
        n_units,
        min(run.dictionary.most_active, n_units),
        config.epochs,
        config.variant,
        learning_rate=config.learning_rate,
        resample=config.resample,
    )
    seed = run.config.seed * config.n_seeds
    state = run.parts.folder / "single.safetensors" if run.parts else None
    training = train_dictionaries(run.embeddings, settings, [seed], str(run.device), state=state)
    return training.dictionaries[0]


def _describe(name: str) -> dict[str, str]:
    words = {**_OURS, **{key: found[:2] for key, found in BASELINES.items()}, "whole": WHOLE}
    title, meaning = words[name]
    return {"key": name, "title": title, "meaning": meaning}


def _collect(scores: Sequence[Scores], divisions: Sequence[Division]) -> Arrays:
    arrays = {
        name: np.stack([getattr(each, name) for each in scores]).astype(np.float32)
        for name in (*_PER_METHOD, *MEASURES, "f1_error")
    }
    arrays["n_units"] = arrays["n_units"].astype(np.int32)
    kinds = [np.full(d.n_groups, i, np.int32) for i, d in enumerate(divisions)]
    arrays["kind"] = np.concatenate(kinds) if kinds else np.empty(0, np.int32)
    sizes = [division.sizes for division in divisions]
    arrays["size"] = np.concatenate(sizes or [np.empty(0)]).astype(np.int32)
    return arrays
