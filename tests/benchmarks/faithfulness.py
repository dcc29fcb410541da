"""Which ranking of genes predicts what moves the model's concepts? Replacement on held-out donors.

    python -m tests.benchmarks.faithfulness --data kang --seeds 0 1 2
    python -m tests.benchmarks.faithfulness --data synthetic --seeds 100 101 102 --network scvi
    python -m tests.benchmarks.faithfulness --data bystanders --seeds 100 101 102

Genes are ranked on the cells of half of the donors and replaced in the cells of the other half, by
counterfactuals of that half; then the halves change places. Prints markdown: the share of the full
drop that is lost after 50 genes, ranked with A (rows) and replaced with B (columns), means over
concepts and seeds; the lead of the default over every other ranking with a 95 % bootstrap interval
over concepts; all steps and what remains of the activation; and how good gradients are.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from precompute.attribution import METHODS, Setting, attribute_all, make_setting
from precompute.attribution.concept import mean_effects
from precompute.attribution.deletion import Replacement
from precompute.attribution.faithfulness import choose_held_out
from precompute.attribution.halves import split_donors
from precompute.device import threads_for
from tests.benchmarks.cases import Case, make_case
from tests.benchmarks.rankings import correlational_scores
from tests.benchmarks.tables import interval, markdown

DATA = ("kang", "synthetic", "bystanders")
KINDS = ("neighbours", "nearest", "random_matched", "mean_inactive", "zero")
STEPS = (5, 10, 20, 50, 100, 160)
AT = STEPS.index(50)
DEFAULT = "neighbours, integrated_gradients"
MAX_CELLS = 200

# From a ranking and a counterfactual B to (n_concepts, n_steps), share lost and share remaining.
Curves = dict[tuple[str, str], list[tuple[np.ndarray, np.ndarray]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", choices=DATA, default="kang")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--network", choices=("scvi", "scvi2", "mlp3"), default="scvi")
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=list(METHODS))
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    options = parser.parse_args()
    curves: Curves = defaultdict(list)
    quality: dict[str, list[list[float]]] = defaultdict(list)
    with threads_for(0):
        for seed in options.seeds:
            case = make_case(options.data, seed, options.network)
            collect_curves(case, options.kinds, options.methods, curves)
            collect_quality(case, quality)
    print(
        f"\n{options.data}, {options.network}, seeds {options.seeds}, both halves of the donors\n"
    )
    print_cross_table(curves)
    print_leads(curves)
    print_steps(curves)
    print_quality(quality)


def collect_curves(case: Case, kinds: list[str], methods: list[str], curves: Curves) -> None:
    """Add the curves of every concept of a case, both halves together, under every pair."""
    halves = split_donors(case.population, seed=0)
    if halves is None:
        raise SystemExit("one donor: nothing can be held out")
    orders = [
        rank_genes(case, cells, half, kinds, methods)
        for cells, half in zip(halves.cells, halves.populations, strict=True)
    ]
    concepts = [c for c in range(case.population.n_concepts) if halves.can_hold_out(c)]
    for replaced in kinds:
        settings = [
            make_half_setting(case, cells, half, replaced, "gradient")
            for cells, half in zip(halves.cells, halves.populations, strict=True)
        ]
        for concept in concepts:
            for name, pair in replace_both_ways(case, settings, orders, concept):
                curves[name, replaced].append(pair)


def make_half_setting(case: Case, cells, half, kind: str, method: str) -> Setting:
    return make_setting(
        case.readout,
        half,
        counterfactual=kind,
        method=method,
        covariates=None if case.covariates is None else case.covariates[cells],
        max_cells=MAX_CELLS,
        with_null=False,
    )


def rank_genes(
    case: Case, cells, half, kinds: list[str], methods: list[str]
) -> dict[str, np.ndarray]:
    """Return rankings (n_concepts, n_genes) made on one half, the gene to replace first first."""
    scores = {}
    for kind in kinds:
        for method in methods:
            if method != "integrated_gradients" and kind not in ("neighbours", "random_matched"):
                continue
            setting = make_half_setting(case, cells, half, kind, method)
            effects = np.zeros((half.n_concepts, half.n_genes))
            for concept in range(half.n_concepts):
                if len(half.active(concept)[0]) and len(half.inactive(concept)):
                    effects[concept] = mean_effects(setting, concept)
            scores[f"{kind}, {method}"] = effects
    scores |= correlational_scores(half, case.expression[cells])
    return {
        name: np.argsort(-np.nan_to_num(matrix), axis=1, kind="stable")
        for name, matrix in scores.items()
    }


def replace_both_ways(
    case: Case, settings: list[Setting], orders: list[dict[str, np.ndarray]], concept: int
) -> Iterator[tuple[str, tuple[np.ndarray, np.ndarray]]]:
    """Yield each ranking with the share lost and the share remaining at each step."""
    pairs = [setting.pairs(concept, choose_held_out(setting, concept)) for setting in settings]
    tested = [Replacement(case.readout, pair) for pair in pairs]
    for name in orders[0]:
        found = [
            tested[1 - ranked].curve(orders[ranked][name][concept], STEPS) for ranked in (0, 1)
        ]
        lost = np.concatenate([curve.lost() for curve in found], axis=1).sum(axis=1)
        left = np.concatenate([curve.left() for curve in found], axis=1).sum(axis=1)
        full = sum(float(curve.full_drop().sum()) for curve in found)
        before = sum(float(np.maximum(curve.before, 0).sum()) for curve in found)
        nothing = np.full(len(STEPS), np.nan)
        yield name, (lost / full if full > 0 else nothing, left / before if before else nothing)


def collect_quality(case: Case, quality: dict[str, list[list[float]]]) -> None:
    """Add completeness error, rank and sign agreement with exact swap of every concept."""
    for method in ("gradient", "integrated_gradients"):
        for kind in ("neighbours", "random_matched")[: 2 if case.readout.split else 1]:
            setting = make_setting(
                case.readout, case.population, kind, method, case.covariates, with_null=False
            )
            found = attribute_all(setting)
            rows = np.stack(
                [1 - found.completeness, found.rank_top, found.sign_top, found.rank_random], axis=1
            )
            quality[f"{kind}, {method}"] += rows[found.n_cells_used > 0].tolist()


def axes(curves: Curves) -> tuple[list[str], list[str]]:
    """Return the rankings and the counterfactuals that genes were replaced with."""
    return tuple(list(dict.fromkeys(pair[i] for pair in curves)) for i in (0, 1))  # type: ignore


def shares(curves: Curves, name: str, replaced: str, step: int = AT) -> np.ndarray:
    return np.array([lost[step] for lost, _ in curves[name, replaced]])


def print_cross_table(curves: Curves) -> None:
    names, kinds = axes(curves)
    rows = [
        [name, *(f"{np.nanmean(shares(curves, name, kind)):.3f}" for kind in kinds)]
        for name in names
    ]
    n = len(shares(curves, names[0], kinds[0]))
    print(f"Share of the full drop lost after 50 genes, mean over {n} concepts:\n")
    print(markdown(["ranked with \\ replaced with", *kinds], rows))


def print_leads(curves: Curves) -> None:
    """Print how far the default stands above each other ranking, with intervals."""
    names, kinds = axes(curves)
    rows = []
    for name in [n for n in names if n != DEFAULT]:
        cells = []
        for kind in kinds:
            lead = shares(curves, DEFAULT, kind) - shares(curves, name, kind)
            cells.append(f"{np.nanmean(lead):+.3f} {interval(lead)}")
        rows.append([name, *cells])
    print(f"\nLead of «{DEFAULT}» over other rankings, 95 % interval over concepts:\n")
    print(markdown(["over \\ replaced with", *kinds], rows))


def print_steps(curves: Curves) -> None:
    names, kinds = axes(curves)
    for kind in [k for k in ("neighbours", "mean_inactive") if k in kinds]:
        rows = []
        for name in names:
            lost = np.nanmean([lost for lost, _ in curves[name, kind]], axis=0)
            left = np.nanmean([left for _, left in curves[name, kind]], axis=0)
            rows.append([name, *(f"{a:.3f} ({b:.2f})" for a, b in zip(lost, left, strict=True))])
        print(f"\nShare lost (activation remaining) when replaced with «{kind}»:\n")
        print(markdown(["ranked with \\ genes replaced", *map(str, STEPS)], rows))


def print_quality(quality: dict[str, list[list[float]]]) -> None:
    rows = []
    for name, values in quality.items():
        error, rank, sign, random = np.nanmean(np.array(values), axis=0)
        worst = np.nanmax(np.array(values)[:, 0])
        cells = (f"{error:.2%}", f"{worst:.2%}", f"{rank:.3f}", f"{sign:.3f}", f"{random:.3f}")
        rows.append([name, *cells])
    print("\nCompleteness error, and agreement with exact swap, means over concepts:\n")
    heads = ["attribution", "error", "largest", "rank, top 200", "sign, top 200", "rank, random"]
    print(markdown(heads, rows))


if __name__ == "__main__":
    main()
