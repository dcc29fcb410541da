"""How far can an attribution through a surrogate be believed, where the model is at hand?

Embeddings of scVI are taken for ones that came without their model; a surrogate is fitted, and its
attributions are compared with those through scVI itself. Besides, what a surrogate explains of PCA.

    python -m tests.benchmarks.surrogate [--data kang synthetic]
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.stats import spearmanr
from sklearn.decomposition import PCA

from precompute.attribution import ConceptReadout, Population, make_setting
from precompute.attribution.concept import mean_effects, why_not
from precompute.models.surrogate import SurrogateModel, SurrogateQuality
from precompute.models.surrogate_fit import fit_surrogate
from tests.benchmarks.cases import Case, make_case

MAX_CELLS, N_TOP, N_COMPONENTS = 50, 20, 30


def fit(case: Case, embeddings: np.ndarray) -> tuple[SurrogateModel, SurrogateQuality]:
    """Return a surrogate for embeddings of the cells of a case."""
    population, model = case.population, case.readout.model
    network, quality = fit_surrogate(population.counts, embeddings, population.donors)
    device = case.readout.device
    return SurrogateModel(network, model.genes, embeddings, quality, device), quality


def effects(readout: ConceptReadout, population: Population, counterfactual: str) -> np.ndarray:
    """Return mean effects of the concepts that can be attributed, (n_concepts, n_genes)."""
    setting = make_setting(
        readout, population, counterfactual=counterfactual, max_cells=MAX_CELLS, with_null=False
    )
    concepts = [c for c in range(population.n_concepts) if not why_not(population, c)]
    return np.stack([mean_effects(setting, concept) for concept in concepts])


def compare(case: Case, counterfactual: str) -> str:
    """Return a row of the table: agreement of the surrogate's effects with the model's."""
    model, quality = fit(case, case.population.embeddings)
    stand_in = ConceptReadout(model, case.readout.dictionary)
    theirs = effects(case.readout, case.population, counterfactual)
    ours = effects(stand_in, case.population, counterfactual)
    ranks = [spearmanr(a, b)[0] for a, b in zip(theirs, ours, strict=True)]
    shared = [
        len(set(np.argsort(-a)[:N_TOP]) & set(np.argsort(-b)[:N_TOP])) / N_TOP
        for a, b in zip(theirs, ours, strict=True)
    ]
    numbers = (quality.held_out, quality.training, np.median(ranks), np.median(shared))
    figures = " | ".join(f"{number:.2f}" for number in numbers)
    return f"| {case.name} | {counterfactual} | {figures} |"


def explain_components(case: Case) -> str:
    """Return a sentence on the surrogate of principal components of normalised counts."""
    counts, sizes = case.population.counts, case.population.library_size
    normalised = np.log1p(counts.multiply(1e4 / sizes[:, None]).toarray())
    components = PCA(N_COMPONENTS, random_state=0).fit_transform(normalised)
    _, quality = fit(case, components.astype(np.float32))
    return f"{N_COMPONENTS} principal components: {quality.held_out:.2f} in cells never seen"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", nargs="+", default=["kang", "synthetic"])
    print("| data | counterfactual | explained, held out | in training | rank | top 20 shared |")
    print("|---|---|---:|---:|---:|---:|")
    for data in parser.parse_args().data:
        case = make_case(data, 0)
        for counterfactual in ("neighbours", "random_matched"):
            print(compare(case, counterfactual), flush=True)
        print(f"\n{data}, {explain_components(case)}\n", flush=True)


if __name__ == "__main__":
    main()
