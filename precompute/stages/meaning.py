"""What a concept may mean: what it goes with, what is doubtful about it, a label."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from precompute.association import Association, associate, find_flags
from precompute.attribution.grade import GRADES
from precompute.donor_tests import DONOR_TEST_FIELDS, run_donor_tests, share_of_variance
from precompute.naming import propose_label
from precompute.run import Arrays, Record, Run
from precompute.stages.genes import list_effects, top_genes
from precompute.tables import enrichment_arrays, read_enrichment

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
    association = Association(
        **{name: np.array(run.outputs["association"].array(name)) for name in _ASSOCIATION_FIELDS}
    )
    stability = np.array(run.outputs["dictionary"].array("stability"))
    n_active = np.diff(run.activations.indptr)
    flags = find_flags(association, run.cells.obs, n_active, run.cells.n_cells, stability)
    flags["unfaithful"] = _unfaithful(run)
    ranking = run.outputs["enrichment"].record["rankings"][0]
    tables = enrichment_arrays(run.outputs["enrichment"], f"prerank_{ranking}")
    presence, absence = _driving_genes(run)
    labels = [
        propose_label(
            concept,
            association,
            run.cells.obs,
            flags,
            presence[concept],
            absence[concept],
            read_enrichment(tables, concept),
            f"prerank_{ranking}",
            run.sets,
        )
        for concept in range(len(n_active))
    ]
    record = {
        "labels": [label.text for label in labels],
        "evidence": [label.to_dict() for label in labels],
    }
    return {f"flag.{name}": held for name, held in flags.items()}, record


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
