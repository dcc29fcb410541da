"""The command line: parses, runs, prints one clear message on a fault and exits with 2."""

from __future__ import annotations

import argparse
import logging
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from precompute import cli_tools
from precompute.errors import InputError
from scconcepts_app.store.errors import StoreError

STAGES = {
    "cells": "read and check the cells",
    "model": "embed the cells, training a model when none is given",
    "dictionary": "train the sparse autoencoders and find the concepts that recur",
    "evaluation": "compare the concepts with as many neurons and units of PCA, ICA and NMF",
    "attribution": "attribute concepts to genes by counterfactuals",
    "faithfulness": "test the attributions on held-out cells and grade them",
    "differential": "compare active with inactive cells",
    "enrichment": "test gene sets on the rankings",
    "nulls": "count what random gene sets and shuffled cells find",
    "set_swap": "replace whole gene sets and compare with random ones",
    "association": "compare concepts with the obs columns",
    "naming": "flag and name the concepts",
    "maps": "make the maps of the cells",
    "pack": "write the concept store",
}

_SYNTHETIC = (
    ("cells", 100_000, "cells"),
    ("concepts", 2000, "concepts"),
    ("genes", 400, "genes whose expression is kept"),
    ("k", 32, "most concepts active in a cell"),
    ("seed", 0, "equal seeds give equal arrays"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status: 0, 2 for a user's fault, 130 when stopped."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("precompute").setLevel(logging.INFO)
    warnings.simplefilter("ignore")  # of libraries; ours are notices in the log
    try:
        return options.run(options)
    except (InputError, StoreError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        print(f"error: {place}{error.strerror or error}. Check space and rights.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; finished stages are kept, run again to go on", file=sys.stderr)
        return 130


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="python -m precompute",
        description="From cells and a single-cell model to a store of concepts.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands, "run", "all stages: from a TOML file to a concept store", "pack")
    for name, help_text in STAGES.items():
        if name != "pack":
            _add_run(commands, name, f"up to the stage '{name}': {help_text}", name)
    _add_run(commands, "pack", STAGES["pack"] + " (same as run)", "pack")
    demo = commands.add_parser("demo", help="a store of the data that come with scanpy")
    demo.add_argument("--data", type=Path, help="your own h5ad instead, with default settings")
    demo.add_argument(
        "--dataset",
        choices=("pbmc68k_reduced", "pbmc3k", "kang"),
        default="pbmc68k_reduced",
        help="pbmc3k and kang are downloaded",
    )
    demo.add_argument("--out", type=Path, help="the store (default: runs/NAME.store)")
    demo.add_argument("--device", default="auto", help="auto, cpu or cuda")
    demo.add_argument("--gene-sets", action="append", default=[], metavar="FILE.gmt")
    demo.add_argument("--keep", action="store_true", help="keep a store that is there already")
    demo.set_defaults(run=_demo)
    attribute = commands.add_parser(
        "attribute",
        help="attribute the concepts of a finished run with any counterfactual and method (CSV)",
    )
    attribute.add_argument("path", type=Path, metavar="STORE_OR_WORKSPACE")
    attribute.add_argument("--counterfactual", default="neighbours", metavar="NAME")
    attribute.add_argument("--method", default="integrated_gradients", metavar="NAME")
    attribute.add_argument("--out", type=Path, required=True, metavar="TABLE.csv")
    attribute.add_argument("--data", help="the h5ad, where it is no longer at its old place")
    attribute.add_argument("--device", help="auto, cpu or cuda; overrides the config")
    attribute.set_defaults(run=_attribute)
    cli_tools.add_train_dictionary(commands)
    cli_tools.add_sweep(commands)
    cli_tools.add_embed(commands)
    cli_tools.add_enrich_rankings(commands)
    cli_tools.add_evaluate(commands)
    synthetic = commands.add_parser(
        "synthetic", help="a store of any size without data or model, to measure the app with"
    )
    for name, default, help_text in _SYNTHETIC:
        synthetic.add_argument(
            f"--{name}", type=int, default=default, help=f"{help_text} (default {default:,})"
        )
    synthetic.add_argument("--out", type=Path, required=True, metavar="STORE")
    synthetic.set_defaults(run=_synthetic)
    validate = commands.add_parser("validate", help="check an h5ad file and say what is in it")
    validate.add_argument("data", type=Path, metavar="DATA.h5ad")
    validate.set_defaults(run=_validate)
    verify = commands.add_parser("verify", help="check every byte of a concept store")
    verify.add_argument("store", type=Path, metavar="STORE")
    verify.set_defaults(run=_verify)
    return parser


def _add_run(commands, name: str, help_text: str, until: str) -> None:
    command = commands.add_parser(name, help=help_text)
    command.add_argument("config", type=Path, metavar="CONFIG.toml")
    command.add_argument("--data", help="h5ad file; overrides data.path")
    command.add_argument("--out", help="store to write; overrides out")
    command.add_argument("--device", help="auto, cpu or cuda; overrides device")
    command.add_argument(
        "--gene-sets",
        action="append",
        metavar="FILE.gmt|NAME",
        help="overrides enrichment.gene_sets; may be repeated",
    )
    command.set_defaults(run=_run, until=until)


def _run(options: argparse.Namespace) -> int:
    from precompute.config import override, read_config

    config = override(
        read_config(options.config),
        data=options.data,
        out=options.out,
        device=options.device,
        gene_sets=options.gene_sets,
    )
    from precompute.pipeline import run_pipeline  # loads torch: only once the file is good

    written = run_pipeline(config, options.until)
    if written is not None:
        print(written)
    return 0


def _demo(options: argparse.Namespace) -> int:
    from precompute.demo import run_demo

    store = run_demo(
        dataset=options.dataset,
        data=options.data,
        out=options.out,
        device=options.device,
        gene_sets=tuple(options.gene_sets),
        keep=options.keep,
    )
    print(store)
    return 0


def _attribute(options: argparse.Namespace) -> int:
    from precompute.attribution_table import write_attribution
    from precompute.rerun import open_run

    run = open_run(options.path, options.data, options.device)
    result = write_attribution(run, options.counterfactual, options.method, options.out)
    refused = [f"concept {i + 1}: {why}" for i, why in enumerate(result.reason) if why]
    for line in refused:
        print(f"not attributed, {line}", file=sys.stderr)
    print(options.out)
    return 0


def _synthetic(options: argparse.Namespace) -> int:
    from precompute.synthetic.big_store import StoreDesign, write_synthetic_store

    design = StoreDesign(
        n_cells=options.cells,
        n_concepts=options.concepts,
        n_genes=options.genes,
        k=options.k,
        seed=options.seed,
    )
    print(write_synthetic_store(design, options.out))
    return 0


def _validate(options: argparse.Namespace) -> int:
    from precompute.cells import describe_cells, load_cells, read_h5ad
    from precompute.config import DataConfig

    cells = load_cells(read_h5ad(options.data), DataConfig(), options.data.name)
    print(describe_cells(cells))
    return 0


def _verify(options: argparse.Namespace) -> int:
    from precompute.progress import progress_bar
    from scconcepts_app.store import verify_store

    with progress_bar("verify") as progress:
        store = verify_store(options.store, progress)
    counts = store.manifest.counts
    print(
        f"{options.store}: whole. {counts['n_cells']:,} cells, {counts['n_concepts']:,} concepts, "
        f"digest {store.manifest.digest[:12]}"
    )
    return 0
