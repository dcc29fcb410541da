"""GSEA of many rankings: how fast next to gseapy, and are the answers the same?

    python -m tests.benchmarks.gsea speed agreement scale --workspace runs/kang.workspace

Rankings are the attributions of a finished run on Kang (both counterfactuals; genes from the store
beside the workspace). Gene sets are GMT files in
../shared/data. CPU seconds, one thread; ours and gseapy's in turns in one run. gseapy's 10,000
permutations take most of an hour: they are kept in runs/benchmarks, a file for each ranking.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import gseapy
import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, spearmanr

from precompute.enrichment.batch import BatchedPrerank
from precompute.enrichment.gene_sets import MatchedSets, match_sets, read_gmt
from precompute.enrichment.prerank import break_ties, clean, fingerprint
from precompute.enrichment.rankings import direct_effects
from scconcepts_app.store import ConceptStore
from tests.benchmarks.tables import markdown
from tests.conftest import SHARED_DATA

KEPT = Path("runs/benchmarks/gsea")
ROUNDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="+", choices=("speed", "agreement", "scale"))
    parser.add_argument("--workspace", type=Path, default=Path("runs/kang.workspace"))
    parser.add_argument("--rankings", type=int, default=50, help="of speed and agreement")
    parser.add_argument("--mixtures", type=int, default=2000, help="rankings of the scale")
    options = parser.parse_args()
    rankings, symbols = read_rankings(options.workspace)
    parts = {
        "speed": compare_speed,
        "agreement": compare_answers,
        "scale": partial(measure_scale, n=options.mixtures),
    }
    for name in options.parts:
        print(f"\n### {name.capitalize()}\n")
        parts[name](rankings[: options.rankings], symbols)


def read_rankings(workspace: Path) -> tuple[np.ndarray, list[str]]:
    """Return rankings (n_rankings, n_genes) and the genes' symbols."""
    folder, store = workspace / "attribution", workspace.with_suffix(".store")
    if not folder.is_dir():
        raise SystemExit(f"{workspace}: no finished run. Make one: python -m precompute demo")
    keys = ("neighbours", "random_matched")
    pairs = ([np.load(folder / f"{k}.{p}.npy") for p in ("presence", "absence")] for k in keys)
    seen = np.flatnonzero(np.load(store / "genes" / "in_model.npy"))
    genes = ConceptStore.open(store).gene_symbols
    return np.concatenate([direct_effects(*pair) for pair in pairs]), [genes[i] for i in seen]


def hallmark_and_go(symbols: list[str]) -> MatchedSets:
    """Return Hallmark and 500 sets of GO, of 10 to 500 genes."""
    names = ("hallmark_msigdb_v7.0.gmt", "go_bp_enrichr_2021.gmt")
    sets = match_sets([read_gmt(SHARED_DATA / name) for name in names], symbols, 10, 500)
    go = np.flatnonzero(sets.library == 1)
    chosen = np.random.default_rng(0).choice(go, min(500, len(go)), replace=False)
    return take(sets, np.sort(np.concatenate([np.flatnonzero(sets.library == 0), chosen])))


def take(sets: MatchedSets, rows: np.ndarray) -> MatchedSets:
    columns = {key: [getattr(sets, key)[i] for i in rows] for key in ("names", "descriptions")}
    members = [sets.members[i] for i in rows]
    return replace(sets, library=sets.library[rows], members=members, **columns)


def every_set(symbols: list[str]) -> MatchedSets:
    """Return the sets of at least 2 genes of all files: about 5,000."""
    libraries = [read_gmt(path) for path in sorted(SHARED_DATA.glob("*.gmt"))]
    return match_sets(libraries, symbols, 2, 500)


def by_gseapy(values: np.ndarray, sets: MatchedSets, method: str, n: int) -> pd.DataFrame:
    ranking = pd.Series(break_ties(clean(values), 0), [f"g{i}" for i in range(len(values))])
    names = {f"s{i}": [f"g{g}" for g in found] for i, found in enumerate(sets.members)}
    table = gseapy.prerank(
        ranking.sort_values(ascending=False),
        names,
        min_size=1,
        max_size=len(values),
        permutation_num=n,
        method=method,
        seed=1,
        threads=1,
        outdir=None,
        no_plot=True,
    ).res2d.set_index("Term")
    return table.loc[list(names), ["ES", "NES", "NOM p-val"]].astype(float)


def compare_speed(rankings: np.ndarray, symbols: list[str]) -> None:
    few, many = hallmark_and_go(symbols), every_set(symbols)

    def ours(sets: MatchedSets) -> Callable[[int], object]:
        return lambda _: list(BatchedPrerank(sets, len(symbols), 0).score(rankings))

    def theirs(method: str) -> Callable[[int], object]:
        return lambda turn: by_gseapy(rankings[turn], few, method, 1000)

    tasks = {
        f"ours, {len(few.names)} sets": (ours(few), len(rankings) * len(few.names)),
        f"ours, {len(many.names):,} sets": (ours(many), len(rankings) * len(many.names)),
        "gseapy, 1,000 permutations": (theirs("permutation"), len(few.names)),
        "gseapy, multilevel": (theirs("multilevel"), len(few.names)),
    }
    list(BatchedPrerank(few, len(symbols), 0).score(rankings[:1]))  # compiles
    speed = {name: np.empty(ROUNDS) for name in tasks}
    for turn in range(ROUNDS):
        for name, (call, n_pairs) in tasks.items():
            started = time.process_time()
            call(turn)
            speed[name][turn] = n_pairs / (time.process_time() - started)
    rows = []
    for name, found in speed.items():
        ratios = [found / speed[other] for other in list(tasks)[2:]]
        told = [f"{np.median(r):.1f} ({r.min():.1f}-{r.max():.1f})" for r in ratios]
        rows.append([name, f"{np.median(found):,.0f}", *told])
    heads = ["", "pairs per CPU-second", "times the permutations", "times multilevel"]
    print(f"{len(rankings)} rankings of {len(symbols):,} genes for ours, one a round for gseapy.\n")
    print(markdown(heads, rows))


def compare_answers(rankings: np.ndarray, symbols: list[str]) -> None:
    sets = hallmark_and_go(symbols)
    found = list(BatchedPrerank(sets, len(symbols), 0).score(rankings))
    es, nes, p = (np.array([getattr(one, name) for one in found]) for name in ("es", "nes", "p"))
    truth = np.array([keep_permutations(row, sets) for row in rankings])
    known = truth[..., 2] > 1e-3
    own = np.where(es > 0, 1, -1) == np.where(truth[..., 0] > 0, 1, -1)
    gap = np.log10(p) - np.log10(np.maximum(truth[..., 2], 1e-4))
    # Standard error of log10 p: of theirs, and of ours from at least 25 draws or 100 samples.
    error = np.sqrt(2 * (1 - p) / (np.maximum(p, 1e-4) * 5000)) / np.log(10)
    significant = [false_discovery_control(a, axis=1) < 0.05 for a in (p, truth[..., 2])]
    same = significant[0] == significant[1]
    ranks = [spearmanr(a, b).statistic for a, b in zip(nes, truth[..., 1], strict=True)]
    rows = [
        ["pairs", f"{p.size:,}"],
        ["largest difference of ES", f"{np.abs(es - truth[..., 0]).max():.1e}"],
        ["same side", f"{own.mean():.4f}"],
        ["NES, Spearman within a ranking: mean, least", f"{np.mean(ranks):.4f}, {min(ranks):.4f}"],
        ["log10 p where p > .001: mean difference", f"{gap[known].mean():+.4f}"],
        ["the same, median and 95 % of the lengths", told_gap(gap[known])],
        ["within two standard errors", f"{(np.abs(gap) <= 2 * error)[known].mean():.3f}"],
        ["significant at q < .05: ours, theirs", " / ".join(f"{s.sum():,}" for s in significant)],
        ["same answer at q < .05", f"{same.mean():.4f}"],
        ["of the pairs significant in either, in both", told_overlap(*significant)],
    ]
    print(f"{len(rankings)} rankings x {len(sets.names)} sets, gseapy with 10,000 permutations.\n")
    print(markdown(["", "value"], rows))


def told_gap(gap: np.ndarray) -> str:
    return f"{np.median(np.abs(gap)):.3f}, {np.quantile(np.abs(gap), 0.95):.3f}"


def told_overlap(first: np.ndarray, second: np.ndarray) -> str:
    return f"{(first & second).sum() / max((first | second).sum(), 1):.3f}"


def keep_permutations(values: np.ndarray, sets: MatchedSets) -> np.ndarray:
    """Return ES, NES and p of gseapy with 10,000 permutations, (n_sets, 3), computed once."""
    sizes = np.array([len(members) for members in sets.members], np.float64)
    path = KEPT / f"{fingerprint(clean(values)):08x}_{fingerprint(sizes):08x}.npy"
    if not path.exists():
        found = by_gseapy(values, sets, "permutation", 10_000).to_numpy()
        KEPT.mkdir(parents=True, exist_ok=True)
        np.save(path, found)
    return np.load(path)


def measure_scale(rankings: np.ndarray, symbols: list[str], n: int) -> None:
    """`n` mixtures of two real rankings with noise, 5,000 unions of parts of real sets."""
    rng = np.random.default_rng(0)
    scale = rankings / rankings.std(axis=1, keepdims=True)
    share = rng.random((n, 1))
    pairs = rng.integers(0, len(scale), (2, n))
    many = share * scale[pairs[0]] + (1 - share) * scale[pairs[1]]
    many = many + 0.2 * rng.standard_normal(many.shape)
    real = [found for found in every_set(symbols).members if len(found) >= 10]
    members = []
    while len(members) < 5000:
        drawn = rng.choice(len(real), int(rng.choice((1, 1, 1, 2, 4))), replace=False)
        union = np.unique(np.concatenate([real[i] for i in drawn]))
        part = union[rng.random(len(union)) < 0.8]
        if 10 <= len(part) <= 500:
            members.append(part)
    names = [f"s{i}" for i in range(5000)]
    sets = MatchedSets((), np.zeros(5000, np.int64), names, [""] * 5000, members)
    list(BatchedPrerank(sets, len(symbols), 0, n_draws=200).score(many[:1]))  # compiles
    wall, cpu = time.perf_counter(), time.process_time()
    small = [(f.p < 1e-3).mean() for f in BatchedPrerank(sets, len(symbols), 0, 2).score(many)]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    sizes = [len(found) for found in members]
    rows = [
        ["sizes of the sets: median, largest", f"{np.median(sizes):.0f}, {max(sizes)}"],
        ["share of pairs with p < .001", f"{np.mean(small):.3f}"],
        ["minutes on two threads", f"{wall / 60:.1f}"],
        ["CPU minutes", f"{cpu / 60:.1f}"],
        ["pairs per CPU-second", f"{many.shape[0] * 5000 / cpu:,.0f}"],
        ["peak memory, GiB", f"{peak:.2f}"],
    ]
    print(f"{n:,} rankings x 5,000 gene sets, with leading edges, two threads.\n")
    print(markdown(["", "value"], rows))


if __name__ == "__main__":
    main()
