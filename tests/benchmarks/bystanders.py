"""Do rankings list genes that go with a concept but that the model makes no use of?

    python -m tests.benchmarks.bystanders --seeds 100 101 102 --network scvi

A bystander follows a programme in the cells just as its drivers do. The model is trained on cells
in which each bystander was permuted over the cells: it reads the gene, but could not learn what
it goes with. Embeddings, concepts, attribution and differential expression are then those of the
cells as they are. Counted are the bystanders of a programme among the top 50 genes of the concept
that follows it, as a share of the 50. Since only 24 of its drivers rise, half of these places go
to whatever comes next; so the last columns give its drivers among the 50, and its bystanders as a
share of the top 24.

How far the model uses bystanders all the same, through weights it was not trained to have, is
printed for each seed: the drop of the pre-activation when the bystanders of the programme take the
values of random inactive cells, as a share of the drop when all genes do.

The interval of the difference to differential expression is a bootstrap over programmes, those
of all seeds together.
"""

from __future__ import annotations

import numpy as np
import torch

from precompute.attribution import ConceptReadout, make_counterfactual
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

N_TOP, N_RISING = 50, 24
N_REPLACED_CELLS = 100
REFERENCE = "DE all, z"
DRAWS = 10_000


def main() -> None:
    options = make_parser(__doc__.splitlines()[0]).parse_args()
    print(f"Network {options.network}, method {options.method}.")
    shares: dict[str, list[np.ndarray]] = {}
    for seed in options.seeds:
        with threads_for(0):
            simulated = prepare(seed, options.network, unlearn_bystanders=True)
            rankings = rank_genes(simulated, options.method)
            of_bystanders, of_drivers = replace_genes(simulated)
        print(
            f"seed {seed}: {len(simulated.pairs)} of {len(simulated.kind)} programmes are "
            f"followed by a concept (correlation >= {LEAST_CORRELATION}). Replacing all bystanders "
            f"of the programme takes {of_bystanders:.3f} of the full drop, all drivers "
            f"{of_drivers:.3f}."
        )
        for name, matrix in rankings.items():
            shares.setdefault(name, []).append(count_top(simulated, matrix))
    print_shares(options.seeds, shares)


def rank_genes(simulated: Simulated, method: str) -> dict[str, np.ndarray]:
    """Return rankings (n_concepts, n_genes), the higher the better."""
    rankings = {}
    for name in CONTRASTS:
        result = attribute_genes(simulated, name, method)
        rankings[f"presence, {name}"] = result.presence
        rankings[f"effect, {name}"] = result.effect
    for against, table in compare_expression(simulated).items():
        rankings[f"DE {against}, z"] = table.z
        rankings[f"DE {against}, |z|"] = np.abs(table.z)
    return rankings


def count_top(simulated: Simulated, matrix: np.ndarray) -> np.ndarray:
    """Return shares of a programme's genes among the top genes of its concept, (n_followed, 3).

    Its bystanders and its drivers in the top `N_TOP`, its bystanders in the top `N_RISING`.
    """
    bystanders, drivers = (simulated.planted(name) != 0 for name in ("bystander", "driver"))
    order = np.argsort(-matrix, axis=1, kind="stable")
    counted = ((bystanders, N_TOP), (drivers, N_TOP), (bystanders, N_RISING))
    return np.array(
        [
            [genes[programme, order[concept, :n_top]].mean() for genes, n_top in counted]
            for programme, concept in simulated.pairs
        ]
    )


def replace_genes(simulated: Simulated) -> tuple[float, ...]:
    """Return what replacing all bystanders, or all drivers, of a programme takes of the full drop.

    Mean over programmes that a concept follows; the genes take the values of random inactive
    cells, in the 100 most active cells of the concept.
    """
    readout = ConceptReadout(simulated.model, simulated.dictionary)
    counterfactual = make_counterfactual("random_matched", simulated.population, simulated.seed)
    bystanders, drivers = (simulated.planted(name) != 0 for name in ("bystander", "driver"))
    shares = []
    for programme, concept in simulated.pairs:
        active, values = simulated.population.active(concept)
        cells = np.sort(active[np.argsort(-values, kind="stable")[:N_REPLACED_CELLS]])
        log_counts = simulated.population.log_counts(cells)
        profiles = counterfactual.profiles(concept, cells)
        everything = np.ones(simulated.population.n_genes, bool)
        full, of_bystanders, of_drivers = (
            mean_drop(readout, concept, log_counts, profiles, genes)
            for genes in (everything, bystanders[programme], drivers[programme])
        )
        shares.append([of_bystanders / full, of_drivers / full])
    return tuple(map(float, np.mean(shares, axis=0)))


def mean_drop(
    readout: ConceptReadout,
    concept: int,
    log_counts: np.ndarray,
    profiles: np.ndarray,
    genes: np.ndarray,
) -> float:
    """Return what the pre-activation loses when genes take counterfactual values, over cells.

    Parameters
    ----------
    log_counts : (n_cells, n_genes) log1p counts.
    profiles : (n_draws, n_cells, n_genes) counterfactual log1p counts.
    genes : (n_genes,) bool, those to replace.
    """
    concepts = torch.full((len(log_counts),), concept)
    before = readout(torch.from_numpy(log_counts), None, concepts)
    replaced = np.where(genes, profiles, log_counts)
    after = torch.stack([readout(torch.from_numpy(draw), None, concepts) for draw in replaced])
    return float((before - after).mean())


def print_shares(seeds: list[int], shares: dict[str, list[np.ndarray]]) -> None:
    """Print a table: rankings in rows; a column for each seed, their mean, and the difference."""
    reference = np.concatenate(shares[REFERENCE])[:, 0]
    rows: list[list[str | float]] = []
    for name, found in shares.items():
        of_seeds = [float(part[:, 0].mean()) for part in found]
        pooled = np.concatenate(found)
        difference = pooled[:, 0] - reference
        low, high = bootstrap(difference)
        row: list[str | float] = [
            name,
            *of_seeds,
            float(np.mean(of_seeds)),
            float(difference.mean()),
        ]
        rows.append([*row, f"{low:.3f} to {high:.3f}", *map(float, pooled[:, 1:].mean(axis=0))])
    columns = [f"bystanders in the top {N_TOP}", *(f"seed {seed}" for seed in seeds), "mean"]
    columns += [f"minus {REFERENCE}", "95 % interval", f"drivers in the top {N_TOP}"]
    print_table([*columns, f"bystanders in the top {N_RISING}"], rows)


def bootstrap(differences: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of the mean by resampling with replacement."""
    rng = np.random.default_rng(0)
    drawn = rng.integers(len(differences), size=(DRAWS, len(differences)))
    low, high = np.quantile(differences[drawn].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


if __name__ == "__main__":
    main()
