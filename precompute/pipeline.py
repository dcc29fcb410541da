"""The order of the stages: which feeds which, what makes one stale, and what is said of each."""

from __future__ import annotations

import logging
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import anndata as ad

from precompute.attribution import check_names
from precompute.cells import Cells, load_cells, read_h5ad
from precompute.config import Config
from precompute.device import resolve_device
from precompute.errors import InputError, fault
from precompute.maps import choose_maps
from precompute.models.choose import fit_cells, list_files
from precompute.models.embedding import EmbeddingModel
from precompute.pack import pack_store
from precompute.run import Arrays, Record, Run, store_path, workspace_path
from precompute.stages import (
    attribution,
    concepts,
    evaluation,
    faithfulness,
    genes,
    maps,
    meaning,
    nulls,
    set_swap,
)
from precompute.sweep.result import RESULT, read_sweep
from precompute.workspace import Workspace, digest_file, digest_json
from scconcepts_app.store.writer import refuse_existing

log = logging.getLogger("precompute")

# Raised when a stage computes something else from the same inputs, so that old outputs go.
CODE_VERSION = 3
# The same for single stages, whose outputs alone go.
_METHODS = {"association": "donors and cell cycle", "naming": "donors and cell types"}


@dataclass(frozen=True)
class Stage:
    """One stage: what it reads of the config, which stages it needs, and its function."""

    name: str
    sections: tuple[str, ...]
    needs: tuple[str, ...]
    compute: Callable[[Run, Path], tuple[Arrays, Record]]


STAGES = (
    Stage("model", ("model", "seed"), (), concepts.run_model),
    Stage("dictionary", ("dictionary", "seed"), ("model",), concepts.run_dictionary),
    Stage(
        "evaluation",
        ("evaluation", "dictionary", "seed"),
        ("dictionary",),
        evaluation.run_evaluation,
    ),
    Stage("attribution", ("attribution", "seed"), ("dictionary",), attribution.run_attribution),
    Stage("faithfulness", ("attribution", "seed"), ("attribution",), faithfulness.run_faithfulness),
    Stage("differential", ("seed",), ("dictionary",), genes.run_differential),
    Stage(
        "enrichment",
        ("enrichment", "seed"),
        ("attribution", "differential"),
        genes.run_enrichment,
    ),
    Stage(
        "nulls",
        ("nulls", "dictionary", "attribution", "enrichment", "seed"),
        ("enrichment",),
        nulls.run_nulls,
    ),
    Stage(
        "set_swap",
        ("attribution", "seed"),
        ("attribution", "enrichment"),
        set_swap.run_set_swap,
    ),
    Stage("association", (), ("dictionary",), meaning.run_association),
    Stage("naming", (), ("enrichment", "association", "faithfulness"), meaning.run_naming),
    Stage("maps", ("maps", "seed"), ("model",), maps.run_maps),
)
STAGE_NAMES = ("cells", *(stage.name for stage in STAGES), "pack")


def run_pipeline(
    config: Config, until: str = "pack", adata: ad.AnnData | None = None
) -> Path | None:
    """Run all stages up to `until` and return the store, or the workspace when stopped early.

    None after the stage ``cells``, which writes nothing.

    Parameters
    ----------
    config : what to run; ``out`` must be set.
    until : name of the last stage, one of `STAGE_NAMES`.
    adata : cells that are at hand already; else ``config.data.path`` is read.

    Raises
    ------
    InputError, StoreError
        The user can mend the fault; finished stages are kept, nothing is half-written.
    """
    if not config.out:
        raise InputError("out: not given. Name the store to write: `out` in the TOML or --out.")
    target = store_path(config)
    refuse_existing(target)
    device = resolve_device(config.device)
    started = time.perf_counter()
    run = _open_run(config, adata, device)
    # Gene sets are read before anything is computed, so that a bad file costs nobody an hour.
    sizes = {"cells": run.cells.n_cells, "genes": len(run.cells.model_genes)}
    sizes["gene sets"] = len(run.sets.names)
    _report("cells", started, ", ".join(f"{size:,} {word}" for word, size in sizes.items()))
    for notice in (*run.cells.notices, *run.sets.notices):
        log.info("    note: %s", notice)
    if until == "cells":
        return None
    with run.workspace:
        run.workspace.describe(config.to_dict())
        _run_stages(run, until)
        if until != "pack":
            return run.workspace.folder
        started = time.perf_counter()
        pack_store(run, target)
        _report("pack", started, str(target))
    return target


def open_finished(config: Config, names: Sequence[str], adata: ad.AnnData | None = None) -> Run:
    """Return a run with the outputs of stages that its workspace holds, for analysis.

    Parameters
    ----------
    names : stages that are needed.
    adata : cells that are at hand already; else ``config.data.path`` is read.

    Raises
    ------
    InputError
        A stage has not been run, or not with this config and these cells.
    """
    run = _open_run(config, adata, resolve_device(config.device))
    # Only as far as is asked for: what a later stage reads may be gone.
    for stage, fingerprint in _list_fingerprints(run):
        if set(names) <= set(run.outputs):
            break
        found = run.workspace.find(stage.name, fingerprint)
        if found is not None:
            run.outputs[stage.name] = found
    missing = [name for name in names if name not in run.outputs]
    if missing:
        raise fault(
            run.workspace.folder,
            f"no output of '{missing[0]}' for this config",
            "a finished run",
            "Run it first: python -m precompute run CONFIG.toml",
        )
    return run


def _open_run(config: Config, adata: ad.AnnData | None, device: Any) -> Run:
    if adata is None:
        if not config.data.path:
            raise fault("data.path", "not given", "an h5ad file", "Set it, or use --data.")
        path = Path(config.data.path)
        adata = read_h5ad(path, backed=bool(config.data.keep))
        source, digest = path.name, digest_file(path)
    else:
        source, digest = config.title, "embedded in scanpy"
    cells = fit_cells(config.model, load_cells(adata, config.data, source))
    check_names(config.attribution.counterfactuals)
    choose_maps(cells, config.maps, config.data.umap)
    _check_batch(config.model.batch_key, cells)
    _check_dictionary(config, cells)
    run = Run(config, cells, digest, device, Workspace(workspace_path(config)))
    run.check_match()
    evaluation.find_programmes(run)
    if config.evaluation.sweep:
        read_sweep(Path(config.evaluation.sweep))
    return run


def _check_batch(batch_key: str, cells: Cells) -> None:
    if not batch_key:
        return
    column = cells.obs.find_name(batch_key)
    if column is None:
        raise fault(
            cells.source,
            f"model.batch_key = '{batch_key}' is no column of obs",
            f"one of: {', '.join(column.name for column in cells.obs.columns)}",
            "Correct the name.",
        )
    missing = int(column.is_missing.sum())
    if missing:
        raise fault(
            cells.source,
            f"obs['{batch_key}'], the model.batch_key, is missing in {missing:,} cells",
            "a batch for each cell",
            "Fill them in, or leave those cells out.",
        )


def _check_dictionary(config: Config, cells: Cells) -> None:
    """Refuse too small a dictionary before anything is computed, where its size is known."""
    if config.model.kind == "embedding":
        d_embedding = EmbeddingModel(cells, config.model.obsm).d_embedding
        concepts.count_latents(config.dictionary, d_embedding)
    elif config.model.kind == "scvi" and not config.model.path:
        concepts.count_latents(config.dictionary, config.model.n_latent)


def _run_stages(run: Run, until: str) -> None:
    for stage, fingerprint in _list_fingerprints(run):
        started = time.perf_counter()
        found = run.workspace.find(stage.name, fingerprint)
        if found is None:
            _reset_peak_memory()
            run.outputs[stage.name] = _compute(stage, run, fingerprint)
            _report(stage.name, started, _summarise(stage.name, run))
        else:
            run.outputs[stage.name] = found
            log.info("%-13s kept from an earlier run", stage.name)
        if stage.name == until:
            return


def _compute(stage: Stage, run: Run, fingerprint: str):
    folder = run.workspace.begin(stage.name)
    run.parts = run.workspace.parts(stage.name, fingerprint)
    try:
        arrays, record = stage.compute(run, folder)
        return run.workspace.finish(stage.name, fingerprint, arrays, record)
    except BaseException:
        run.workspace.abandon(stage.name)
        raise


def _list_fingerprints(run: Run) -> Iterator[tuple[Stage, str]]:
    """Yield the stages in order, each with its fingerprint."""
    earlier: dict[str, str] = {}
    for stage in STAGES:
        earlier[stage.name] = _fingerprint(stage, run, earlier)
        yield stage, earlier[stage.name]


def _fingerprint(stage: Stage, run: Run, earlier: dict[str, str]) -> str:
    """Return a digest of all that can change the output of a stage.

    The device is left out: it changes no more than the last digits.
    """
    config = run.config.to_dict()
    return digest_json(
        {
            "stage": stage.name,
            "code": CODE_VERSION,
            "input": run.input_digest,
            "data": _settled(asdict(replace(run.config.data, path=""))),
            "config": {name: _settled(config[name]) for name in stage.sections},
            "needs": {name: earlier[name] for name in stage.needs},
            **_digest_files(stage.name, run),
            # Its matched cells are those of the counterfactuals.
            **({"match": config["attribution"]["match"]} if stage.name == "differential" else {}),
        }
    )


def _settled(section: Any) -> Any:
    """Return a section of the config as a fingerprint has it.

    The gene sets' digest stands for `aliases`; without conditions, `keep` changes nothing, and
    outputs from before there were any stay good.
    """
    if not isinstance(section, dict):
        return section
    idle = {"aliases"} if section.get("keep") else {"aliases", "keep"}
    return {name: value for name, value in section.items() if name not in idle}


def _digest_files(stage: str, run: Run) -> dict[str, str]:
    """Return digests of what a stage reads from files besides the cells, which may be rewritten."""
    if stage == "model":
        return {f"model {path.name}": digest_file(path) for path in list_files(run.config.model)}
    if stage in ("enrichment", "nulls"):
        members = [found.tolist() for found in run.sets.members]
        sets = digest_json([run.sets.names, run.sets.descriptions, members])
        return {"sets": sets, "method": "batched", "rankings": "presence and absence apart"}
    if stage in _METHODS:
        return {"method": _METHODS[stage]}
    if stage == "evaluation":
        sweep = run.config.evaluation.sweep
        found = {"sweep": digest_file(Path(sweep) / RESULT)} if sweep else {}
        return {"method": "whole embedding, fewer concepts", **found}
    return {}


def _summarise(name: str, run: Run) -> str:
    record = run.outputs[name].record
    if name == "model":
        told = f"{record['name']}, d_embedding {record['d_embedding']}"
        quality = record.get("surrogate")
        return told if quality is None else f"{told}, {_tell_surrogate(quality)}"
    if name == "maps":
        return ", ".join(found["title"] for found in record["maps"])
    if name == "dictionary":
        return (
            f"{record['n_concepts']} concepts, explained variance "
            f"{record['explained_variance']:.3f}, mean stability {record['mean_stability']:.2f}"
        )
    if name == "evaluation":
        return evaluation.summarise(record, run.outputs[name].array)
    if name == "attribution":
        if record["refused"]:
            return f"{record['refused']} With model.surrogate = true a network takes its place."
        return ", ".join(c["name"] for c in record["counterfactuals"])
    if name == "faithfulness" and record["keys"]:
        grades = run.outputs[name].array(f"{record['keys'][0]}.grade")
        counts = [f"{letter} {int((grades == i).sum())}" for i, letter in enumerate("ABCD")]
        return f"grades {', '.join(counts)}"
    if name == "nulls":
        return nulls.summarise(record, run.outputs[name].array)
    if name == "enrichment":
        return f"{record['n_gene_sets']:,} gene sets on {', '.join(record['rankings'])}"
    return ""


def _tell_surrogate(quality: dict[str, Any]) -> str:
    return (
        f"explains {quality['held_out']:.2f} of the variance of the embeddings in cells it never "
        f"saw ({quality['split']}), {quality['training']:.2f} where it learnt"
    )


def _report(name: str, started: float, summary: str) -> None:
    seconds = time.perf_counter() - started
    log.info("%-13s %6.1f s  peak %5.2f GB  %s", name, seconds, _peak_memory(), summary)


def _reset_peak_memory() -> None:
    """Let the kernel forget the high-water mark, so that a stage shows its own (Linux only)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_memory() -> float:
    """Return the peak resident memory in GB since the last reset, or of the whole process."""
    with suppress(OSError, StopIteration, ValueError):
        lines = Path("/proc/self/status").read_text().splitlines()
        line = next(line for line in lines if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e9
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
