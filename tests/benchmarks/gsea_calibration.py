"""Nothing to find: are p uniform, and how many rankings have a set below q = .05 by chance?

    python -m tests.benchmarks.gsea_calibration

Sets are random genes, half of them shared with others as real ones are. Of the rankings of a kind
the Kolmogorov-Smirnov test takes one p each: sets of one ranking are not independent of each other.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import false_discovery_control, kstest

from precompute.enrichment.batch import BatchedPrerank
from precompute.enrichment.gene_sets import MatchedSets
from tests.benchmarks.tables import markdown

N_GENES, N_RANKINGS, N_SETS = 2000, 5000, 400
LEVELS = (0.05, 0.01, 0.001)


def main() -> None:
    rng = np.random.default_rng(0)
    tester = BatchedPrerank(draw_sets(rng), N_GENES, 0, threads=2)
    rows = [measure(kind, tester, values, rng) for kind, values in draw_rankings(rng).items()]
    print(f"{N_RANKINGS:,} rankings of each kind x {N_SETS} sets without effect.\n")
    shares = [f"p < {level:g}" for level in LEVELS]
    heads = ["ranking", *shares, "farthest from uniform", "KS, p", "rankings with q < .05"]
    print(markdown(heads, rows))


def draw_sets(rng: np.random.Generator) -> MatchedSets:
    """Return sets of 10 to 300 genes, each second one half of the genes of the one before."""
    members: list[np.ndarray] = []
    for number in range(N_SETS):
        size = int(np.exp(rng.uniform(np.log(10), np.log(300))))
        genes = rng.choice(N_GENES, size, replace=False)
        if number % 2:
            kept = members[-1][rng.random(len(members[-1])) < 0.5]
            genes = np.concatenate([kept, genes[: max(10 - len(kept), 0)]])
        members.append(np.unique(genes))
    names = [f"s{i}" for i in range(N_SETS)]
    return MatchedSets((), np.zeros(N_SETS, np.int64), names, [""] * N_SETS, members)


def draw_rankings(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return rankings by kind, (n_rankings, n_genes) each."""
    shape = (N_RANKINGS, N_GENES)
    normal = rng.standard_normal(shape)
    return {
        "normal": normal,
        "all above 0": np.abs(rng.standard_normal(shape)),
        "half of it 0": np.where(rng.random(shape) < 0.5, 0.0, rng.standard_normal(shape)),
        "heavy tails (t, 2 degrees)": rng.standard_t(2, shape),
    }


def measure(
    kind: str, tester: BatchedPrerank, values: np.ndarray, rng: np.random.Generator
) -> list[str]:
    p = np.array([found.p for found in tester.score(values)])
    one_each = p[np.arange(N_RANKINGS), rng.integers(0, N_SETS, N_RANKINGS)]
    found = (false_discovery_control(p, axis=1) < 0.05).any(axis=1).mean()
    shares = [f"{(p < level).mean():.5f}" for level in LEVELS]
    distance = kstest(p.ravel(), "uniform").statistic
    told = [f"{distance:.4f}", f"{kstest(one_each, 'uniform').pvalue:.3f}", f"{found:.1%}"]
    return [kind, *shares, *told]


if __name__ == "__main__":
    main()
