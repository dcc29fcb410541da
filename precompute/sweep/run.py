"""The command `sweep`: measures every setting of a grid, goes on after a stop, writes a report."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path

import numpy as np

from precompute.dictionary import VARIANTS
from precompute.errors import InputError, fault
from precompute.parts import Parts
from precompute.progress import progress_bar
from precompute.sweep.measure import Bench, measure
from precompute.sweep.report import write_report
from precompute.sweep.result import RESULT, Point, Sweep, read_sweep, write_sweep
from precompute.sweep.rule import recommend
from precompute.sweep.sources import Source, make_bench
from precompute.workspace import digest_json

log = logging.getLogger("precompute")

Setting = tuple[str, float, int]


def run_sweep(
    source: Source,
    out: Path,
    expansions: Sequence[float],
    ks: Sequence[int],
    variants: Sequence[str],
    n_seeds: int = 5,
    epochs: int | None = None,
    most_cells: int = 20_000,
) -> Sweep:
    """Measure all settings and write ``sweep.json`` and ``report.html`` into `out`.

    Each setting is kept as soon as it is measured: a sweep that was killed loses one setting at
    most, and a larger grid in the same folder costs only what is new.

    Raises
    ------
    InputError
        A grid without a possible setting, settings out of range, a folder that holds the sweep
        of other cells or options, or what a training refuses.
    """
    _check(expansions, ks, variants, n_seeds)
    bench = make_bench(source, most_cells, n_seeds, epochs)
    fingerprint = _fingerprint(bench)
    _check_folder(out, fingerprint)
    settings, skipped = _list_settings(bench, expansions, ks, variants)
    out.mkdir(parents=True, exist_ok=True)
    parts = Parts(out / ".parts" / fingerprint[:16])
    points = [_measure_once(bench, setting, parts, settings) for setting in settings]
    chosen, reached, reason = recommend(points)
    sweep = Sweep(
        source=source.name,
        n_cells=len(bench.embeddings),
        n_cells_in_all=len(source.embeddings),
        n_seeds=n_seeds,
        epochs=bench.epochs,
        kind=bench.divisions[0].kind if bench.divisions else "",
        held_out=_held_out(source) if bench.divisions else "",
        fingerprint=fingerprint,
        skipped=skipped,
        points=points,
        chosen=chosen,
        reached=reached,
        reason=reason,
    )
    write_sweep(sweep, out)
    write_report(sweep, out)
    return sweep


def _measure_once(
    bench: Bench, setting: Setting, parts: Parts, settings: Sequence[Setting]
) -> Point:
    variant, expansion, k = setting
    started = time.perf_counter()
    fresh = False

    def compute() -> dict[str, np.ndarray]:
        nonlocal fresh
        fresh = True
        with progress_bar(f"{variant} {expansion:g}x k{k}") as progress:
            point = measure(bench, variant, expansion, k, progress)
        return {"point": np.array(json.dumps(asdict(point)))}

    kept = parts.once(f"{variant}_{expansion:g}_{k}", compute)
    point = Point(**json.loads(str(kept["point"])))
    at = f"{settings.index(setting) + 1}/{len(settings)}"
    seconds = f"{time.perf_counter() - started:6.1f} s" if fresh else "  kept  "
    log.info("%-7s %-24s %s  %s", at, point.name, seconds, _summarise(point))
    return point


def _summarise(point: Point) -> str:
    if point.come_back is None or point.explained_variance is None:
        return "nothing recurs"
    text = (
        f"{point.n_concepts:g} concepts, {point.come_back:.0%} come back, "
        f"explained variance {point.explained_variance:.3f}"
    )
    return text if point.f1 is None else f"{text}, F1 {point.f1:.3f}"


def _list_settings(
    bench: Bench, expansions: Sequence[float], ks: Sequence[int], variants: Sequence[str]
) -> tuple[list[Setting], list[str]]:
    n_cells, d_embedding = bench.embeddings.shape
    possible, skipped = [], []
    for variant, expansion, k in product(variants, expansions, ks):
        n_latents = round(expansion * d_embedding)
        if n_latents < k:
            skipped.append(f"{expansion:g}x k{k}: {n_latents} latents, fewer than k")
        elif n_latents > n_cells:
            skipped.append(f"{expansion:g}x: {n_latents:,} latents, more than {n_cells:,} cells")
        else:
            possible.append((variant, float(expansion), int(k)))
    if not possible:
        raise fault("sweep", "; ".join(skipped), "a possible setting", "Change the grid.")
    return possible, list(dict.fromkeys(skipped))


def _check(
    expansions: Sequence[float], ks: Sequence[int], variants: Sequence[str], n_seeds: int
) -> None:
    rules = {
        "expansions": (expansions and min(expansions) > 0, f"{list(expansions)}", "above 0"),
        "ks": (ks and min(ks) >= 1, f"{list(ks)}", "at least 1"),
        "variants": (
            variants and set(variants) <= set(VARIANTS),
            f"{list(variants)}",
            f"some of {', '.join(VARIANTS)}",
        ),
        "seeds": (n_seeds >= 2, f"{n_seeds}", "at least 2 for each half"),
    }
    for name, (kept, found, expected) in rules.items():
        if not kept:
            raise fault(f"sweep, {name}", f"found {found}", expected, "Change it.")


def _check_folder(out: Path, fingerprint: str) -> None:
    if not (out / RESULT).exists():
        return
    try:
        same = read_sweep(out).fingerprint == fingerprint
    except InputError:
        same = True  # damaged: it is written again
    if not same:
        raise fault(
            out,
            "holds a sweep of other cells, labels or options",
            "a new folder, or that of the same sweep",
            "Change --out.",
        )


def _fingerprint(bench: Bench) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(bench.embeddings).tobytes())
    digest.update(bench.folds.tobytes())
    for division in bench.divisions:
        digest.update(division.codes.tobytes())
    bare = replace(bench, embeddings=np.empty(0), folds=np.empty(0), divisions=[], device="")
    options = {name: value for name, value in vars(bare).items() if not hasattr(value, "shape")}
    return digest_json({"cells": digest.hexdigest(), "options": options})


def _held_out(source: Source) -> str:
    many = source.donors is not None and len(np.unique(source.donors)) > 1
    return "donors" if many else "cells"
