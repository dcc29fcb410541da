"""Commands that work on files of the user's own, beside a run: arguments and what they do."""

from __future__ import annotations

import argparse
from pathlib import Path

from precompute.errors import InputError


def add_train_dictionary(commands) -> None:
    """Add the command ``train-dictionary``."""
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


def add_sweep(commands) -> None:
    """Add the command ``sweep``."""
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


def add_embed(commands) -> None:
    """Add the command ``embed``."""
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


def add_evaluate(commands) -> None:
    """Add the command ``evaluate``."""
    command = commands.add_parser(
        "evaluate", help="a report on finished stores, and on what they have in common"
    )
    command.add_argument("stores", type=Path, nargs="+", metavar="STORE")
    command.add_argument(
        "--out",
        type=Path,
        action="append",
        required=True,
        metavar="REPORT.html|REPORT.json",
        help="may be repeated; the same numbers as a page or as JSON",
    )
    command.add_argument(
        "--find",
        default="",
        metavar="WORD",
        help="of concepts that carry a condition also the first gene set with WORD in its name",
    )
    command.set_defaults(run=_evaluate)


def _evaluate(options: argparse.Namespace) -> int:
    from precompute.report import evaluate_stores

    evaluate_stores(options.stores, options.out, options.find)
    for out in options.out:
        print(out)
    return 0


def add_enrich_rankings(commands) -> None:
    """Add the command ``enrich-rankings``."""
    command = commands.add_parser(
        "enrich-rankings",
        help="test gene sets on rankings of genes from anywhere (CSV), or of concepts again",
    )
    _add_rankings(command)
    command.add_argument(
        "--gene-sets",
        action="append",
        default=[],
        metavar="FILE.gmt|NAME",
        help="may be repeated; enrichr:NAME and msigdb:COLLECTION are downloaded once (default: "
        "the sets of the store, or those that come with the project)",
    )
    command.add_argument(
        "--aliases",
        default="",
        metavar="NAMES.tsv",
        help="other names of genes: alias or Ensembl id, tab, symbol",
    )
    command.add_argument("--out", type=Path, required=True, metavar="TABLE.csv", help="a new file")
    command.add_argument(
        "--method",
        choices=("batched", "gseapy"),
        default="batched",
        help="gseapy: the reference, one ranking after the other (multilevel)",
    )
    command.add_argument("--min-size", type=int, help="least genes of a set (default 10)")
    command.add_argument("--max-size", type=int, help="most genes of a set (default 500)")
    command.add_argument(
        "--seed",
        type=int,
        help="of random sets and order of ties (default: that of the store, or 0)",
    )
    command.add_argument("--threads", type=int, default=1, help="CPU threads")
    command.set_defaults(run=_enrich_rankings)


def _add_rankings(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "rankings",
        type=Path,
        metavar="RANKINGS.csv|STORE",
        help="rows = genes, columns = rankings; or a concept store, whose rankings are read",
    )
    command.add_argument(
        "--concept",
        action="append",
        default=[],
        metavar="ID",
        help="of a store; may be repeated (default: all)",
    )
    command.add_argument(
        "--ranking",
        action="append",
        default=[],
        choices=("attribution", "presence", "absence", "differential", "matched"),
        help="of a store; may be repeated (default: all that it has)",
    )


def _enrich_rankings(options: argparse.Namespace) -> int:
    from precompute.enrich_rankings import Options, enrich_rankings

    wanted = Options(
        gene_sets=options.gene_sets,
        aliases=options.aliases,
        concepts=options.concept,
        kinds=options.ranking,
        method=options.method,
        min_size=options.min_size,
        max_size=options.max_size,
        seed=options.seed,
        threads=options.threads,
    )
    n_rankings, n_sets = enrich_rankings(options.rankings, options.out, wanted)
    print(f"{options.out}: {n_rankings:,} rankings x {n_sets:,} gene sets")
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
