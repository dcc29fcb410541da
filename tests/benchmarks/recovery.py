"""How well do rankings of genes find the planted drivers of simulated programmes?

    python -m tests.benchmarks.recovery --seeds 100 101 102 --network scvi

Simulates the yardstick of `precompute.synthetic` (without bystanders, which nothing can tell from
drivers), trains a model on it, and reads a programme off the concept whose activation follows it
best. Prints the average precision, mean over these programmes.

Three questions, three tables. Drivers that rise with the programme against all other genes: by
presence, or by the statistic of differential expression. Drivers that fall, against all others: by
absence, or by minus that statistic. Both kinds of driver: by effect, which is positive for
either, or by the size of the statistic. The drivers of a co-active partner count as wrong. The
counterfactual `zero` knows no absence, so its row there is what chance gives.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn.metrics import average_precision_score

from precompute.device import threads_for
from tests.benchmarks.simulations import (
    CONTRASTS,
    LEAST_CORRELATION,
    Simulated,
    attribute_genes,
    compare_expression,
    make_parser,
    prepare,
    print_table,
)

QUESTIONS = ("rising drivers", "falling drivers", "all drivers")
KINDS = ("type", "response", "nested", "coactive", "library")
Scores = dict[tuple[str, str], np.ndarray]


def main() -> None:
    options = make_parser(__doc__.splitlines()[0]).parse_args()
    print(f"Network {options.network}, method {options.method}.")
    runs, kinds = [], []
    for seed in options.seeds:
        with threads_for(0):
            simulated = prepare(seed, options.network, n_bystanders=0)
            runs.append(measure(simulated, options.method))
        kinds.append(simulated.kind[[programme for programme, _ in simulated.pairs]])
        of_kind = (f"{kind} {(kinds[-1] == kind).sum()}" for kind in KINDS)
        print(
            f"seed {seed}: {len(kinds[-1])} of {len(simulated.kind)} programmes are followed by "
            f"a concept (correlation >= {LEAST_CORRELATION}; {', '.join(of_kind)}) "
            f"of {simulated.dictionary.n_latents}."
        )
    for question in QUESTIONS:
        print_question(question, options.seeds, runs, np.concatenate(kinds))


def measure(simulated: Simulated, method: str) -> Scores:
    """Return the average precision of each followed programme for each question and ranking."""
    found: dict[tuple[str, str], list[float]] = {}
    drivers = simulated.planted("driver")
    truths = dict(zip(QUESTIONS, (drivers > 0, drivers < 0, drivers != 0), strict=True))
    for question, ranking, matrix in rank_genes(simulated, method):
        found[question, ranking] = [
            average_precision_score(truths[question][programme], matrix[concept])
            for programme, concept in simulated.pairs
        ]
    return {key: np.array(values) for key, values in found.items()}


def rank_genes(simulated: Simulated, method: str) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield a question, the name of a ranking that answers it, and its (n_concepts, n_genes)."""
    rising, falling, all_drivers = QUESTIONS
    for name in CONTRASTS:
        result = attribute_genes(simulated, name, method)
        yield rising, f"presence, {name}", result.presence
        yield falling, f"absence, {name}", result.absence
        yield all_drivers, f"effect, {name}", result.effect
    for against, table in compare_expression(simulated).items():
        for column, values in (("z", table.z), ("log fold change", table.log_fold_change)):
            yield rising, f"DE {against}, {column}", values
            yield falling, f"DE {against}, -{column}", -values
            yield all_drivers, f"DE {against}, |{column}|", np.abs(values)


def print_question(question: str, seeds: list[int], runs: list[Scores], kinds: np.ndarray) -> None:
    """Print a table: rankings in rows; a column for each seed, their mean, and each kind."""
    present = [kind for kind in KINDS if (kinds == kind).any()]
    rows: list[list[str | float]] = []
    for asked, ranking in runs[0]:
        if asked == question:
            of_seeds = [float(run[asked, ranking].mean()) for run in runs]
            pooled = np.concatenate([run[asked, ranking] for run in runs])
            of_kinds = [float(pooled[kinds == kind].mean()) for kind in present]
            rows.append([ranking, *of_seeds, float(np.mean(of_seeds)), *of_kinds])
    n_of = (f"{kind} ({(kinds == kind).sum()})" for kind in present)
    print_table((question, *(f"seed {seed}" for seed in seeds), "mean", *n_of), rows)


if __name__ == "__main__":
    main()
