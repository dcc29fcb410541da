"""The rankings of the concepts of a finished store: those that its own gene sets were tested on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from precompute.enrichment.library import Library
from precompute.enrichment.matching import MatchedSets
from precompute.enrichment.rankings import (
    DIFFERENTIAL_RANKINGS,
    EFFECT_RANKINGS,
    Rankings,
    make_rankings,
)
from precompute.errors import cut, fault
from scconcepts_app.store import ConceptStore
from scconcepts_app.store.columns import Ragged

_BLOCK = 64  # concepts that are read at a time
_MOST_NAMED = 5


def read_store(path: Path, concepts: Sequence[str] = (), kinds: Sequence[str] = ()) -> Rankings:
    """Return rankings of a store over the genes that its model reads, concept after concept.

    Each is named by its concept and its kind, as ``c0003/attribution``, and comes with the gene
    sets of the store and with the seed that the store was made with.

    Parameters
    ----------
    path : folder of the store.
    concepts : their ids; all when empty.
    kinds : ``attribution``, ``presence``, ``absence``, ``differential`` or ``matched``; those that
        the store has when empty.

    Raises
    ------
    InputError
        The store has no such concept or ranking.
    StoreError
        The folder is no store, or a damaged one.
    """
    store = ConceptStore.open(path)
    chosen = _choose_concepts(store, concepts)
    kinds = _choose_kinds(store, kinds)
    genes = np.flatnonzero(np.asarray(store.array("genes/in_model")))
    ids = list(store.strings("genes/id"))
    return Rankings(
        genes=[store.gene_symbols[gene] for gene in genes],
        names=[f"{store.concept_ids[concept]}/{kind}" for concept in chosen for kind in kinds],
        blocks=_read_blocks(store, genes, chosen, kinds),
        ids=[ids[gene] for gene in genes],
        sets=_read_sets(store, genes),
        seed=_read_seed(store),
    )


def _choose_concepts(store: ConceptStore, wanted: Sequence[str]) -> list[int]:
    found = {name: store.find_concept(name) for name in wanted}
    unknown = [cut(name) for name, concept in found.items() if concept is None]
    if unknown:
        known = ", ".join(store.concept_ids[:_MOST_NAMED])
        raise fault(
            store.path,
            f"has no concept {', '.join(unknown[:_MOST_NAMED])}",
            f"ids of its {store.n_concepts:,} concepts: {known}"
            + (", …" if store.n_concepts > _MOST_NAMED else ""),
            "Change --concept.",
        )
    named = [concept for concept in found.values() if concept is not None]
    return named or list(range(store.n_concepts))


def _choose_kinds(store: ConceptStore, wanted: Sequence[str]) -> list[str]:
    keys = {info.key for info in store.manifest.differentials}
    held = list(EFFECT_RANKINGS) if store.manifest.attributions else []
    held += [name for name, key in DIFFERENTIAL_RANKINGS.items() if key in keys]
    if not held:
        raise fault(
            store.path,
            "has no attribution and no differential expression",
            "a store whose genes are ranked",
            "Give a CSV file of rankings.",
        )
    missing = [kind for kind in wanted if kind not in held]
    if missing:
        raise fault(
            store.path,
            f"has no ranking by {', '.join(missing)}"
            + (
                ": its embeddings came without their model" if missing[0] in EFFECT_RANKINGS else ""
            ),
            f"some of {', '.join(held)}",
            "Change --ranking.",
        )
    return list(dict.fromkeys(wanted)) or held


def _read_blocks(
    store: ConceptStore, genes: np.ndarray, concepts: list[int], kinds: list[str]
) -> Iterator[np.ndarray]:
    for start in range(0, len(concepts), _BLOCK):
        block = concepts[start : start + _BLOCK]
        effects: dict[str, np.ndarray] = {}
        if set(kinds) & set(EFFECT_RANKINGS):
            infos = store.manifest.attributions
            default = next((info for info in infos if info.default), infos[0])
            table = store.attribution(default.key)
            for part in ("presence", "absence"):
                effects[part] = _spread(table, part, block, store.n_genes)[:, genes]
        z = {
            name: _spread(store.differential(key), "z", block, store.n_genes)[:, genes]
            for name, key in DIFFERENTIAL_RANKINGS.items()
            if name in kinds
        }
        made = make_rankings(effects, z)
        # The kinds of a concept stand together.
        yield np.stack([made[kind] for kind in kinds], axis=1).reshape(-1, len(genes))


def _spread(table: Ragged, column: str, concepts: list[int], n_genes: int) -> np.ndarray:
    """Return a column as (n_concepts, n_genes), in its own precision; 0 for genes without a row."""
    values = np.zeros((len(concepts), n_genes), table.columns[column].dtype)
    for row, concept in enumerate(concepts):
        rows = table.rows(concept)
        values[row, rows["gene"]] = rows[column]
    return values


def _read_sets(store: ConceptStore, genes: np.ndarray) -> MatchedSets:
    """Return the gene sets of the store, in their order, over the genes that the model reads."""
    members = store.ragged("gene_sets/members", ("gene",))
    read = [np.intersect1d(genes, members.rows(i)["gene"]) for i in range(len(members))]
    return MatchedSets(
        libraries=tuple(
            Library(info.name, info.source, ()) for info in store.manifest.gene_set_libraries
        ),
        library=np.asarray(store.array("gene_sets/library")),
        names=list(store.strings("gene_sets/name")),
        descriptions=list(store.strings("gene_sets/description")),
        members=[np.searchsorted(genes, found) for found in read],
    )


def _read_seed(store: ConceptStore) -> int:
    """Return the seed of the run; 0 where the store does not tell it."""
    config = store.manifest.provenance.get("config")
    seed = config.get("seed") if isinstance(config, dict) else None
    return seed if isinstance(seed, int) and seed >= 0 else 0
