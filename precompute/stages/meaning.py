"""What a concept may mean: what it goes with, what is doubtful about it, a label."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from precompute.association import Association, associate, find_flags
from precompute.attribution.grade import GRADES
from precompute.cell_ontology import identify_cell_types
from precompute.donor_tests import (
    DONOR_TEST_FIELDS,
    DonorTests,
    run_donor_tests,
    share_of_variance,
)
from precompute.naming import Grounds, propose_label
from precompute.run import Arrays, Record, Run
from precompute.stages.genes import list_effects, top_genes
from precompute.tables import enrichment_arrays, read_enrichment
from precompute.technical import flag_by_genes, flag_by_variance

_ASSOCIATION_FIELDS = ("levels", "auroc", "f1", "share", "numeric", "rank_correlation")


def run_association(run: Run, folder: Path) -> tuple[Arrays, Record]:
    """Compare every concept with every obs column: over cells, and donor by donor."""
    obs = run.cells.obs
    association = associate(run.activations, obs)
    arrays = {name: getattr(association, name) for name in _ASSOCIATION_FIELDS}
    tests = run_donor_tests(run.activations, obs)
    arrays |= {f"tests.{name}": getattr(tests, name) for name in DONOR_TEST_FIELDS}
    return arrays | {"share_of_variance": share_of_variance(run.activations, obs)}, {}


def run_naming(run: Run, folder: Path) -> tuple[Arrays, Record]:
    """Flag what is doubtful about each concept and propose a label with its evidence."""
    presence, absence = _driving_genes(run)
    flags = _find_flags(run, presence)
    ranking = run.outputs["enrichment"].record["rankings"][0]
    tables = enrichment_arrays(run.outputs["enrichment"], f"prerank_{ranking}")
    output = run.outputs["association"]
    tests = {name: np.array(output.array(f"tests.{name}")) for name in DONOR_TEST_FIELDS}
    grounds = Grounds(
        association=_read_association(run),
        obs=run.cells.obs,
        flags=flags,
        enrichment_key=f"prerank_{ranking}",
        sets=run.sets,
        tests=DonorTests(**tests),
        ontology=identify_cell_types(run.cells.obs),
    )
    shares = _presence_shares(run)
    labels = [
        propose_label(
            concept,
            grounds,
            presence[concept],
            absence[concept],
            read_enrichment(tables, concept),
            shares[concept],
        )
        for concept in range(run.dictionary.n_latents)
    ]
    record = {
        "labels": [label.text for label in labels],
        "evidence": [label.to_dict() for label in labels],
    }
    return {f"flag.{name}": held for name, held in flags.items()}, record


def _read_association(run: Run) -> Association:
    output = run.outputs["association"]
    return Association(**{name: np.array(output.array(name)) for name in _ASSOCIATION_FIELDS})


def _find_flags(run: Run, presence: list[list[str]]) -> dict[str, np.ndarray]:
    """Return for each warning of the store's schema whether it holds, (n_concepts,) bool."""
    obs, n_active = run.cells.obs, np.diff(run.activations.indptr)
    stability = np.array(run.outputs["dictionary"].array("stability"))
    flags = find_flags(_read_association(run), obs, n_active, run.cells.n_cells, stability)
    for name, held in flag_by_genes(presence).items():
        flags[name] = flags[name] | held
    shares = run.outputs["association"].array("share_of_variance")
    flags["donor_driven"] = flag_by_variance(np.asarray(shares), obs)
    flags["unfaithful"] = _unfaithful(run)
    return flags


def _presence_shares(run: Run) -> list[float | None]:
    """Return the share of presence in what raises each concept; None without attribution."""
    raising = [np.nansum(np.maximum(matrix, 0), axis=1) for matrix in list_effects(run).values()]
    if not raising:
        return [None] * run.dictionary.n_latents
    presence, absence = raising
    total = presence + absence
    return [float(p / t) if t > 0 else None for p, t in zip(presence, total, strict=True)]


def _unfaithful(run: Run) -> np.ndarray:
    """Return which concepts have the worst grade under the default counterfactual."""
    output = run.outputs["faithfulness"]
    if not output.record["keys"]:
        return np.zeros(run.dictionary.n_latents, bool)
    grade = output.array(f"{output.record['keys'][0]}.grade")
    return np.asarray(grade == len(GRADES) - 1)


def _driving_genes(run: Run) -> tuple[list[list[str]], list[list[str]]]:
    """Return for each concept the symbols that raise it most by presence, and by absence."""
    lists = []
    for matrix in list_effects(run).values():
        genes = [run.cells.model_genes[top_genes(row, 20)] for row in matrix]
        lists.append([[run.cells.genes.symbols[g] for g in row] for row in genes])
    if not lists:
        nobody: list[list[str]] = [[] for _ in range(run.dictionary.n_latents)]
        return nobody, nobody
    return lists[0], lists[1]
