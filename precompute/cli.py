"""The command line: parses, runs, prints one clear message on a fault and exits with 2."""

from __future__ import annotations

import argparse
import logging
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from precompute.errors import InputError
from scconcepts_app.store.errors import StoreError

STAGES = {
    "cells": "read and check the cells",
    "model": "embed the cells, training a model when none is given",
    "dictionary": "train the sparse autoencoders and find the concepts that recur",
    "evaluation": "compare the concepts with neurons, PCA, ICA and NMF of the same number",
    "attribution": "attribute concepts to genes by counterfactuals",
    "faithfulness": "test the attributions on held-out cells and grade them",
    "differential": "compare active with inactive cells",
    "enrichment": "test gene sets on the rankings",
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
    _add_train_dictionary(commands)
    _add_sweep(commands)
    _add_embed(commands)
    _add_enrich_rankings(commands)
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
        metavar="FILE.gmt|ENRICHR_NAME",
        help="overrides enrichment.gene_sets; may be repeated",
    )
    command.set_defaults(run=_run, until=until)


def _add_train_dictionary(commands) -> None:
    command = commands.add_parser(
        "train-dictionary", help="train dictionaries on an npy file of embeddings, of any size"
    )
    command.add_argument("embeddings", type=Path, metavar="EMBEDDINGS.npy")
    command.add_argument("--latents", type=int, required=True, metavar="M")
    command.add_argument("--k", type=int, required=True, help="most latents active in a cell")
    command.add_argument("--seeds", type=_integers, default=[0], metavar="0,1,2")
    command.add_argument("--out", type=Path, required=True, metavar="DIR")
    command.add_argument("--epochs", type=int, default=100, help="passes over the cells")
    command.add_argument("--variant", default="topk", help="topk, batch_topk or matryoshka")
    command.add_argument("--learning-rate", type=float, help="default: chosen by short runs")
    command.add_argument("--batch", type=int, metavar="CELLS", help="default: 256 to 2,048")
    command.add_argument(
        "--held-out", type=float, default=0.0, metavar="SHARE", help="of the cells, to measure on"
    )
    command.add_argument("--donors", type=Path, metavar="LABELS.npy", help="hold out whole donors")
    command.add_argument(
        "--patience", type=int, metavar="EPOCHS", help="end early without progress on held-out"
    )
    command.add_argument("--resample", action="store_true", help="revive dead latents")
    command.add_argument(
        "--auxk", type=float, default=0.0, metavar="WEIGHT", help="loss for dead latents, as 0.03"
    )
    command.add_argument(
        "--multi-topk",
        type=float,
        default=0.0,
        metavar="WEIGHT",
        help="loss for 4 k latents, as 0.5",
    )
    command.add_argument("--device", default="auto", help="auto, cpu or cuda")
    command.set_defaults(run=_train_dictionary)


def _integers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _numbers(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


def _words(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def _add_sweep(commands) -> None:
    command = commands.add_parser(
        "sweep", help="measure sizes of the dictionary and recommend one for the data"
    )
    command.add_argument("source", type=Path, metavar="CONFIG.toml|EMBEDDINGS.npy")
    command.add_argument("--out", type=Path, required=True, metavar="DIR")
    sizes = [0.5, 1.0, 2.0, 4.0]
    command.add_argument("--expansions", type=_numbers, default=sizes, metavar="0.5,1,2,4")
    command.add_argument("--ks", type=_integers, default=[2, 4, 8], metavar="2,4,8")
    command.add_argument(
        "--variants", type=_words, default=["topk", "matryoshka"], metavar="topk,matryoshka"
    )
    command.add_argument("--seeds", type=int, default=5, help="in each of the two halves")
    command.add_argument("--epochs", type=int, help="default: those of the config, or 100")
    command.add_argument(
        "--cells", type=int, default=20_000, help="at most, at random; 0 for all (default 20,000)"
    )
    command.add_argument("--data", help="h5ad file; overrides data.path of a config")
    for role in ("cell-type", "condition", "donor"):
        command.add_argument(
            f"--{role}", type=Path, metavar="LABELS.npy", help="one a cell, beside EMBEDDINGS.npy"
        )
    command.add_argument("--device", help="auto, cpu or cuda")
    command.set_defaults(run=_sweep)


def _add_embed(commands) -> None:
    command = commands.add_parser("embed", help="embed an h5ad with a given model (.npy)")
    command.add_argument("data", type=Path, metavar="DATA.h5ad")
    command.add_argument(
        "--model",
        required=True,
        help="scgpt:FOLDER, geneformer:FOLDER, scvi:FOLDER, module:package.module:function or "
        "module:FILE (TorchScript .pt, torch.export .pt2)",
    )
    command.add_argument("--out", type=Path, required=True, metavar="EMBEDDINGS.npy")
    command.add_argument("--batch-size", type=int, default=32, help="most cells at once")
    command.add_argument(
        "--ties",
        choices=("midpoint", "random"),
        default="midpoint",
        help="scGPT: the bin of equal counts is the middle of their range, or drawn from it",
    )
    command.add_argument(
        "--layer", default="auto", help="where the counts are: auto, X, raw or a layer"
    )
    command.add_argument("--pooling", choices=("cls", "mean"), default="", help="of what tokens")
    command.add_argument("--hidden-layer", type=int, metavar="N", help="after how many blocks")
    command.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    command.add_argument("--seed", type=int, default=0, help="of what scGPT draws")
    command.add_argument("--device", default="auto", help="auto, cpu or cuda")
    command.set_defaults(run=_embed)


def _embed(options: argparse.Namespace) -> int:
    from precompute.embed import apply_options, embed_file, parse_model

    config = apply_options(
        parse_model(options.model),
        options.batch_size,
        options.ties,
        options.pooling,
        options.hidden_layer,
        options.precision,
    )
    found = embed_file(
        options.data, config, options.out, options.layer, options.device, options.seed
    )
    print(f"{options.out}: {found.shape[0]:,} cells x {found.shape[1]:,}")
    return 0


def _add_enrich_rankings(commands) -> None:
    command = commands.add_parser(
        "enrich-rankings", help="test gene sets on rankings of genes from anywhere (CSV)"
    )
    command.add_argument(
        "rankings", type=Path, metavar="RANKINGS.csv", help="rows = genes, columns = rankings"
    )
    command.add_argument(
        "--gene-sets",
        action="append",
        default=[],
        metavar="FILE.gmt|ENRICHR_NAME",
        help="may be repeated (default: the sets that come with the project)",
    )
    command.add_argument("--out", type=Path, required=True, metavar="TABLE.csv")
    command.add_argument(
        "--method",
        choices=("batched", "gseapy"),
        default="batched",
        help="gseapy: the reference, one ranking after the other (multilevel)",
    )
    command.add_argument("--min-size", type=int, default=10, help="least genes of a set")
    command.add_argument("--max-size", type=int, default=500, help="most genes of a set")
    command.add_argument("--seed", type=int, default=0, help="of random sets and order of ties")
    command.add_argument("--threads", type=int, default=1, help="CPU threads")
    command.set_defaults(run=_enrich_rankings)


def _enrich_rankings(options: argparse.Namespace) -> int:
    from precompute.enrich_rankings import enrich_rankings

    n_rankings, n_sets = enrich_rankings(
        options.rankings,
        options.gene_sets,
        options.out,
        options.method,
        options.min_size,
        options.max_size,
        options.seed,
        options.threads,
    )
    print(f"{options.out}: {n_rankings:,} rankings x {n_sets:,} gene sets")
    return 0


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


def _train_dictionary(options: argparse.Namespace) -> int:
    from precompute.dictionary import Settings
    from precompute.train_dictionary import run_train_dictionary

    settings = Settings(
        options.latents,
        options.k,
        options.epochs,
        options.variant,
        learning_rate=options.learning_rate,
        cells_per_batch=options.batch,
        held_out=options.held_out,
        patience=options.patience,
        resample=options.resample,
        auxk=options.auxk,
        multi_topk=options.multi_topk,
    )
    training = run_train_dictionary(
        options.embeddings, options.out, settings, options.seeds, options.device, options.donors
    )
    for seed, curve in zip(options.seeds, training.curves, strict=True):
        print(f"seed {seed}: explained variance {curve[-1]:.4f} in the last epoch")
    print(options.out)
    return 0


def _sweep(options: argparse.Namespace) -> int:
    from precompute.sweep.run import run_sweep
    from precompute.sweep.sources import open_config, open_files

    labels = {role: getattr(options, role) for role in ("cell_type", "condition", "donor")}
    if options.source.suffix == ".npy":
        source = open_files(options.source, labels, options.device)
    elif any(labels.values()):
        raise InputError("sweep: labels in files are for an npy file; a config names its columns.")
    else:
        source = open_config(options.source, options.out, options.data, options.device)
    sweep = run_sweep(
        source,
        options.out,
        options.expansions,
        options.ks,
        options.variants,
        options.seeds,
        options.epochs,
        options.cells,
    )
    print(sweep.reason)
    print(options.out / "report.html")
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
