"""How fast is attribution, against Captum, naive loops and scanpy, side by side and alike?

    pip install -e '.[benchmarks]'
    python -m tests.benchmarks.speed --seeds 0 1 2

On Kang through scVI (2,000 genes), one thread. Each line is the same cells and the same result,
which is asserted, by ours and by the other; a figure is (cell, concept) pairs per CPU-second, and
the ratio is taken within one round. Rounds alternate; the median ratio is printed with its range.
The limit is the arithmetic of the task at the speed of a large matrix product measured in the
same run.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable

import numpy as np
import scanpy as sc
import torch
from anndata import AnnData
from captum.attr import FeatureAblation, IntegratedGradients

from precompute.attribution import Pairs, make_counterfactual
from precompute.attribution.gradient import gradient_effects
from precompute.attribution.integrated import integrated_effects
from precompute.attribution.swap import swap_effects
from precompute.differential import wilcoxon_all
from tests.benchmarks.cases import Case, make_case
from tests.benchmarks.tables import markdown

N_CELLS = 24
ROUNDS = 3
PER_BATCH = (1, 10, 50)  # Captum's perturbations_per_eval; its best is counted

Call = Callable[[], np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    for seed in options.seeds:
        case = make_case("kang", seed)
        print(f"\n### {case.name}\n")
        rows = [*compare_swaps(case), *compare_gradients(case), compare_wilcoxon(case)]
        heads = ["task", "other", "ours", "other's", "ratio", "range", "largest difference"]
        print(markdown(heads, rows))
        print_limits(case)


def make_pairs(case: Case, kind: str, n: int = N_CELLS, concept: int = 0) -> Pairs:
    cells = case.population.active(concept)[0][:n]
    counterfactual = make_counterfactual(kind, case.population, 0)
    return Pairs(
        np.full(len(cells), concept),
        case.population.log_counts(cells),
        counterfactual.profiles(concept, cells)[:1],
    )


def compare_swaps(case: Case) -> list[list[str]]:
    rows = []
    for kind, words in (("mean_inactive", "dense"), ("random_matched", "sparse")):
        pairs = make_pairs(case, kind)
        changed = float((pairs.profiles[0] != pairs.expression).mean())
        task = f"exact swap, {words} counterfactual ({changed:.0%} of values change)"

        def ours(pairs: Pairs = pairs) -> np.ndarray:
            return swap_effects(case.readout, pairs)

        others: dict[str, Call] = {
            f"Captum FeatureAblation, {n} a pass": captum_ablation(case, pairs, n)
            for n in PER_BATCH
        }
        others["naive loop over genes that change"] = naive_swaps(case, pairs)
        rows += [measure(task, name, ours, other, N_CELLS, 1e-5) for name, other in others.items()]
    return rows


def captum_ablation(case: Case, pairs: Pairs, n: int) -> Call:
    method = FeatureAblation(pre_activation(case, pairs))
    cells, other = (torch.from_numpy(a) for a in (pairs.expression, pairs.profiles[0]))

    def call() -> np.ndarray:
        with torch.no_grad():
            return method.attribute(cells, baselines=other, perturbations_per_eval=n).numpy()

    return call


def pre_activation(case: Case, pairs: Pairs) -> Callable[[torch.Tensor], torch.Tensor]:
    concept = int(pairs.concepts[0])
    return lambda u: case.readout(u, None, torch.full((len(u),), concept))


def naive_swaps(case: Case, pairs: Pairs) -> Call:
    """Return the loop one would write: for each cell, a batch with one changed gene a row."""
    z = pre_activation(case, pairs)

    def call() -> np.ndarray:
        effects = np.zeros_like(pairs.expression)
        with torch.no_grad():
            for row, (u, other) in enumerate(zip(pairs.expression, pairs.profiles[0], strict=True)):
                genes = np.flatnonzero(u != other)
                swapped = np.repeat(u[None], len(genes), axis=0)
                swapped[np.arange(len(genes)), genes] = other[genes]
                before = float(z(torch.from_numpy(u[None])))
                effects[row, genes] = before - z(torch.from_numpy(swapped)).numpy()
        return effects

    return call


def compare_gradients(case: Case) -> list[list[str]]:
    pairs = make_pairs(case, "mean_inactive", 200)
    z = pre_activation(case, pairs)
    cells, other = (torch.from_numpy(a) for a in (pairs.expression, pairs.profiles[0]))

    def captum_integrated() -> np.ndarray:
        method = IntegratedGradients(z)
        return method.attribute(cells, baselines=other, n_steps=50).detach().numpy()

    rows = [
        measure(
            "integrated gradients, completeness error at most 1 %",
            "Captum IntegratedGradients, its 50 steps",
            lambda: integrated_effects(case.readout, pairs),
            captum_integrated,
            len(pairs.concepts),
            0.05,
        )
    ]
    every, n_concepts = active_pairs(case), case.population.n_concepts
    n_pairs = len(every.concepts)

    def ours() -> np.ndarray:
        return gradient_effects(case.readout, every)

    def each_concept(rows_of: Callable[[int], np.ndarray]) -> np.ndarray:
        effects = np.zeros_like(every.expression)
        for concept in range(n_concepts):
            rows = rows_of(concept)
            u = torch.from_numpy(every.expression[rows]).requires_grad_(True)
            concepts = torch.full((len(rows),), concept)
            (slope,) = torch.autograd.grad(case.readout(u, None, concepts).sum(), u)
            wanted = np.flatnonzero(every.concepts[rows] == concept)
            effects[rows[wanted]] = slope.numpy()[wanted] * every.differences()[rows[wanted]]
        return effects

    anyone = np.arange(n_pairs)
    rows.append(
        measure(
            f"gradient, pairs of {n_concepts} concepts",
            "a backward pass of all cells for each concept",
            ours,
            lambda: each_concept(lambda concept: anyone),
            n_pairs,
            1e-5,
        )
    )
    rows.append(
        measure(
            f"gradient, pairs of {n_concepts} concepts",
            "a backward pass of its active cells for each concept",
            ours,
            lambda: each_concept(lambda concept: np.flatnonzero(every.concepts == concept)),
            n_pairs,
            1e-5,
        )
    )
    return rows


def active_pairs(case: Case) -> Pairs:
    """Return the (cell, concept) pairs that are active in 100 cells, against one mean profile."""
    matrix = case.population.activations.tocsr()[:100].tocoo()
    log_counts = case.population.log_counts(matrix.row)
    mean = case.population.log_counts(np.arange(500)).mean(axis=0)
    return Pairs(matrix.col.astype(np.int64), log_counts, np.tile(mean, (1, len(log_counts), 1)))


def compare_wilcoxon(case: Case) -> list[str]:
    active = (case.population.activations > 0).toarray()

    def ours() -> np.ndarray:
        return wilcoxon_all(case.expression, active).p

    def scanpy_loop() -> np.ndarray:
        adata = AnnData(case.expression.astype(np.float64))
        found = []
        for concept in range(active.shape[1]):
            adata.obs["active"] = np.where(active[:, concept], "yes", "no").astype(object)
            adata.obs["active"] = adata.obs["active"].astype("category")
            sc.tl.rank_genes_groups(
                adata, "active", groups=["yes"], method="wilcoxon", tie_correct=True
            )
            table = sc.get.rank_genes_groups_df(adata, "yes").set_index("names")
            found.append(table["pvals"].reindex(adata.var_names).to_numpy())
        return np.array(found)

    n_concepts = active.shape[1]
    return measure(
        f"Wilcoxon of {n_concepts} concepts",
        "scanpy rank_genes_groups",
        ours,
        scanpy_loop,
        n_concepts,
        1e-6,
    )


def measure(
    task: str, name: str, ours: Call, other: Call, n_units: int, tolerance: float
) -> list[str]:
    """Run both in turns, check that they agree and return a row of the table."""
    own, others = [], []
    difference = float(np.nanmax(np.abs(ours() - other())))
    if not difference <= tolerance:
        raise SystemExit(f"{task} against {name}: differ by {difference:.2e}")
    for _ in range(ROUNDS):
        own.append(cpu_seconds(ours))
        others.append(cpu_seconds(other))
    ratios = np.array(others) / np.array(own)
    return [
        task,
        name,
        f"{n_units / np.median(own):,.0f}",
        f"{n_units / np.median(others):,.1f}",
        f"{np.median(ratios):.1f}",
        f"{ratios.min():.1f}-{ratios.max():.1f}",
        f"{difference:.1e}",
    ]


def cpu_seconds(call: Call) -> float:
    """Return the CPU time of one call; short ones are repeated until .2 s have passed."""
    n, start = 0, time.process_time()
    while n == 0 or time.process_time() - start < 0.2:
        call()
        n += 1
    return (time.process_time() - start) / n


def print_limits(case: Case) -> None:
    """Print the arithmetic of a pair over the speed of a matrix product, and our share of it."""
    split = case.readout.split
    if split is None:
        return
    n_genes, d_hidden = split.weight.shape
    a, b = torch.rand(1024, n_genes), torch.rand(n_genes, 1024)
    speed = 2 * 1024 * n_genes * 1024 / cpu_seconds(lambda: (a @ b).numpy())
    pairs = make_pairs(case, "mean_inactive", 200)
    n_changed = float((pairs.profiles[0] != pairs.expression).mean()) * n_genes
    tasks = {
        # Adding a row, the activation, and the product with the reader, for each gene.
        "exact swap, dense": (lambda: swap_effects(case.readout, pairs), 5 * n_changed * d_hidden),
        # One product with the first layer forward and one backward.
        "gradient": (lambda: gradient_effects(case.readout, pairs), 4 * n_genes * d_hidden),
    }
    rows = []
    for name, (call, flops) in tasks.items():
        ours = len(pairs.concepts) / cpu_seconds(call)
        limit = speed / flops
        rows.append([name, f"{flops / 1e6:.2f}", f"{limit:,.0f}", f"{ours:,.0f}"])
        rows[-1].append(f"{ours / limit:.0%}")
    print(f"\nA matrix product runs at {speed / 1e9:.1f} GFLOP/s on this thread.\n")
    heads = ["task", "MFLOP a pair", "limit, pairs/s", "ours, pairs/s", "share of the limit"]
    print(markdown(heads, rows))


if __name__ == "__main__":
    main()
