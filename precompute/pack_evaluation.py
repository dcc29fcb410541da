"""The parts of a store on the dictionary itself: training, baselines, a sweep over sizes."""

from __future__ import annotations

import numpy as np

from precompute.run import Run
from scconcepts_app.store.manifest import EvaluationInfo, NullInfo, SweepInfo
from scconcepts_app.store.schema import (
    EVALUATION_GROUPS,
    EVALUATION_MEASURES,
    EVALUATION_METHODS,
    NULLS,
    SWEEP_MEASURES,
    SWEEP_SETTINGS,
    TRAINING,
)
from scconcepts_app.store.writer import StoreWriter

_BASELINES, _SWEEP = "baselines", "sizes"


def add_training(writer: StoreWriter, run: Run) -> None:
    """Add the training curve of every seed."""
    writer.add(TRAINING, run.outputs["dictionary"].array("curves"))


def add_evaluations(writer: StoreWriter, run: Run) -> list[EvaluationInfo]:
    """Add what the concepts and the baselines are worth, if that was computed."""
    output = run.outputs["evaluation"]
    record = output.record
    if not record["methods"]:
        return []
    for name in (*EVALUATION_METHODS, *EVALUATION_GROUPS, *EVALUATION_MEASURES, "f1_error"):
        writer.add(f"evaluation/{_BASELINES}/{name}", output.array(name))
    return [
        EvaluationInfo(
            key=_BASELINES,
            methods=[method["title"] for method in record["methods"]],
            meanings=[method["meaning"] for method in record["methods"]],
            kinds=record["kinds"],
            groups=record["groups"],
            held_out=record["held_out"],
            n_folds=record["n_folds"],
            n_cells=record["n_cells"],
        )
    ]


def add_nulls(writer: StoreWriter, run: Run) -> list[NullInfo]:
    """Add what each ranking finds by chance, if that was computed."""
    output = run.outputs["nulls"]
    record, infos = output.record, []
    for ranking in record["rankings"]:
        key = f"prerank_{ranking}"
        for name in NULLS:
            writer.add(f"nulls/{key}/{name}", output.array(f"{ranking}.{name}"))
        neurons = output.array(f"{ranking}.neurons")
        if len(neurons):
            writer.add(f"nulls/{key}/neurons", neurons)
        fields = ("kinds", "n_draws", "n_cells", "reason", "q")
        infos.append(NullInfo(key, **{field: record[field] for field in fields}))
    return infos


def add_sweeps(writer: StoreWriter, run: Run) -> list[SweepInfo]:
    """Add the sweep that the config names, if it names one."""
    sweep = run.outputs["evaluation"].record["sweep"]
    if sweep is None:
        return []
    points = sweep["points"]
    variants = list(dict.fromkeys(point["variant"] for point in points))
    columns = {
        name: [point[name] for point in points] for name in (*SWEEP_SETTINGS, *SWEEP_MEASURES)
    }
    columns["variant"] = [variants.index(name) for name in columns["variant"]]
    for name, values in columns.items():
        dtype = SWEEP_SETTINGS.get(name, "float32")
        writer.add(f"sweep/{_SWEEP}/{name}", np.array(values, dtype))  # None becomes NaN
    names = ("chosen", "reached", "reason", "kind", "held_out", "n_cells", "n_seeds")
    return [SweepInfo(_SWEEP, variants, **{name: sweep[name] for name in names})]
