"""Prints what a store says of the concepts that go with one category: association, genes, sets.

python -m tests.benchmarks.describe_concepts runs/kang.store --obs condition --category stim
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from scconcepts_app.store import ConceptStore


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", type=Path)
    parser.add_argument("--obs", default="condition")
    parser.add_argument("--category", default="stim")
    parser.add_argument("--most", type=int, default=5)
    options = parser.parse_args()
    store = ConceptStore.open(options.store)
    print_dictionary(store)
    level = find_level(store, options.obs, options.category)
    auroc, f1 = store.array("association/auroc")[:, level], store.array("association/f1")[:, level]
    print(f"\nConcepts by AUROC of {options.obs} = {options.category}")
    for concept in np.argsort(-auroc, kind="stable")[: options.most]:
        print_concept(store, int(concept), float(auroc[concept]), float(f1[concept]), level)


def print_dictionary(store: ConceptStore) -> None:
    record, stability = store.manifest.dictionary, store.array("concepts/stability")
    singles = record["explained_variance_of_seeds"]
    print(
        f"{store.manifest.title}: {store.n_cells:,} cells, {store.n_concepts} concepts, "
        f"explained variance {record['explained_variance']:.3f} "
        f"(single dictionaries {min(singles):.3f}-{max(singles):.3f}), "
        f"stability median {np.median(stability):.2f}, range {stability.min():.2f}-"
        f"{stability.max():.2f}, mean active {record['mean_active']:.2f}, "
        f"dead latents {record['dead_latents']}"
    )
    for entry in store.manifest.provenance["attribution"]["counterfactuals"]:
        print(
            f"  {entry['name']}: {entry['method']} against exact swap, rank agreement "
            f"{entry['median_rank_agreement']:.3f}, sign agreement "
            f"{entry['median_sign_agreement']:.3f} (medians over concepts)"
        )


def find_level(store: ConceptStore, obs: str, category: str) -> int:
    for level, (column, code) in enumerate(store.array("association/level")):
        info = store.manifest.obs[column]
        if info.name == obs and info.categories[code] == category:
            return level
    raise SystemExit(f"{obs} = {category}: no such category in this store")


def print_concept(store: ConceptStore, concept: int, auroc: float, f1: float, level: int) -> None:
    share = store.array("association/share")[concept, level]
    n_active = int(store.activations.counts()[concept])
    print(
        f"\n{store.concept_ids[concept]} «{store.strings('concepts/label')[concept]}»: "
        f"AUROC {auroc:.3f}, F1 {f1:.3f}, {share:.0%} of {n_active} active cells, "
        f"stability {store.array('concepts/stability')[concept]:.2f}"
    )
    attribution = store.attribution(store.manifest.attributions[0].key).rows(concept)
    print("  presence:", name_genes(store, attribution["gene"][:20]))
    absence = np.argsort(-attribution["absence"], kind="stable")[:20]
    print("  absence: ", name_genes(store, attribution["gene"][absence]))
    for info in store.manifest.differentials:
        genes = store.differential(info.key).rows(concept)["gene"][:20]
        print(f"  DE, {info.key}:", name_genes(store, genes))
    names = store.strings("gene_sets/name")
    for enrichment in store.manifest.enrichments:
        rows = store.enrichment(enrichment.key).rows(concept)
        up = np.flatnonzero(rows["statistic"] > 0)[:5]
        listed = "; ".join(
            f"{names[rows['gene_set'][i]]} ({rows['statistic'][i]:.2f}, q {rows['q'][i]:.1e})"
            for i in up
        )
        print(f"  {enrichment.title}: {listed}")


def name_genes(store: ConceptStore, genes: np.ndarray) -> str:
    return " ".join(store.gene_symbols[gene] for gene in genes)


if __name__ == "__main__":
    main()
