"""Flags, proposed labels and their evidence, by the rules of precompute on synthetic numbers."""

from __future__ import annotations

import json

import numpy as np

from precompute.association import Association, find_flags
from precompute.enrichment.gene_sets import MatchedSets
from precompute.enrichment.results import Enrichment
from precompute.naming import Grounds, propose_label
from precompute.obs import Obs
from precompute.synthetic.big_store.expression import name_sets
from precompute.synthetic.big_store.tables import Table
from scconcepts_app.store.schema import CONCEPT_FLAGS


def name_concepts(
    association: Association,
    obs: Obs,
    flags: dict[str, np.ndarray],
    symbols: list[str],
    attribution: Table,
    enrichment: Table,
) -> tuple[list[str], list[str]]:
    """Return the proposed label of each concept, and its evidence as JSON."""
    names = name_sets()
    sets = MatchedSets((), np.zeros(len(names), int), names, names, [])
    grounds = Grounds(association, obs, flags, "prerank_presence", sets)
    labels, evidence = [], []
    for concept in range(len(flags["dense"])):
        first = slice(*attribution["offsets"][concept : concept + 2])
        rows = slice(*enrichment["offsets"][concept : concept + 2])
        tested = Enrichment(
            enrichment["gene_set"][rows],
            enrichment["statistic"][rows],
            enrichment["p"][rows],
            enrichment["q"][rows],
            enrichment["size"][rows],
            [],
        )
        genes = attribution["gene"][first]
        by_absence = genes[np.argsort(-attribution["absence"][first], kind="stable")]
        proposed = propose_label(
            concept,
            grounds,
            [symbols[g] for g in genes[:10]],
            [symbols[g] for g in by_absence[:10]],
            tested,
        )
        labels.append(proposed.text)
        evidence.append(json.dumps(proposed.to_dict(), sort_keys=True))
    return labels, evidence


def flag_concepts(
    association: Association,
    obs: Obs,
    n_active: np.ndarray,
    n_cells: int,
    stability: np.ndarray,
    grade: np.ndarray,
) -> dict[str, np.ndarray]:
    """Return whether each warning holds for each concept."""
    flags = find_flags(association, obs, n_active, n_cells, stability)
    return {**flags, "unfaithful": grade == 3}


def pack_flags(flags: dict[str, np.ndarray]) -> np.ndarray:
    """Return the bits of the warnings, uint32."""
    bits = [flags[name].astype(np.uint32) << bit for bit, name in enumerate(CONCEPT_FLAGS)]
    return np.bitwise_or.reduce(bits)
