"""The genes of each concept by correlation: differential expression, enriched gene sets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import scipy.sparse as sp

from precompute.attribution.matched_cells import match_cells
from precompute.differential import wilcoxon_all, wilcoxon_matched
from precompute.enrichment.batch import BatchedPrerank
from precompute.enrichment.overrepresentation import overrepresentation_all
from precompute.enrichment.rankings import DIFFERENTIAL_RANKINGS, make_rankings
from precompute.enrichment.results import Enrichment
from precompute.progress import progress_bar
from precompute.run import Arrays, Record, Run
from precompute.tables import DIFFERENTIAL_FIELDS, flatten_enrichment


def run_differential(run: Run, folder: Path) -> tuple[Arrays, Record]:
    """Compare active cells with all inactive ones, and with their matched neighbours."""
    values = sp.csr_matrix(run.cells.log_normalised()[:, run.cells.model_genes])
    tables = {
        "inactive": wilcoxon_all(values, run.activations > 0),
        "matched": wilcoxon_matched(values, match_cells(run.population, run.config.seed)),
    }
    arrays = {
        f"{key}.{column}": getattr(table, column)
        for key, table in tables.items()
        for column in DIFFERENTIAL_FIELDS
    }
    return arrays, {"keys": list(tables)}


def run_enrichment(run: Run, folder: Path) -> tuple[Arrays, Record]:
    """Test the gene sets on attribution, on its two parts and on both differential expressions."""
    sets = run.sets
    arrays: Arrays = {}
    rankings = list_rankings(run)
    n_genes = len(run.cells.model_genes)
    batch = BatchedPrerank(sets, n_genes, run.config.seed)
    with progress_bar("enrichment") as progress:
        done, total = 0, sum(len(matrix) for matrix in rankings.values())
        for name, matrix in rankings.items():
            tables: list[Enrichment] = []
            for table in batch.test(matrix):
                tables.append(table)
                done += 1
                progress(done, total)
            arrays |= flatten_enrichment(f"prerank_{name}", tables)
    lists = list_effects(run)
    for name, matrix in lists.items():
        listed = [top_genes(row, run.config.enrichment.n_top_genes) for row in matrix]
        tables = list(overrepresentation_all(listed, n_genes, sets))
        arrays |= flatten_enrichment(f"overrepresentation_{name}", tables)
    record = {
        "rankings": list(rankings),
        "lists": list(lists),
        "n_gene_sets": len(sets.names),
        "libraries": [
            {"name": lib.name, "source": lib.source, "n_gene_sets": len(lib.gene_sets)}
            for lib in sets.libraries
        ],
    }
    return arrays, record


def list_rankings(run: Run) -> dict[str, np.ndarray]:
    """Return the rankings that gene sets are tested on, each (n_concepts, n_model_genes)."""
    output = run.outputs["differential"]
    differential = {name: output.array(f"{key}.z") for name, key in DIFFERENTIAL_RANKINGS.items()}
    return make_rankings(list_effects(run), differential)


def list_effects(run: Run) -> dict[str, np.ndarray]:
    """Return presence and absence under the default counterfactual; nothing without a model."""
    output = run.outputs["attribution"]
    if output.record["refused"]:
        return {}
    default = run.config.attribution.counterfactuals[0]
    return {part: output.array(f"{default}.{part}") for part in ("presence", "absence")}


def top_genes(values: np.ndarray, n: int) -> np.ndarray:
    """Return the indices of the n largest values that are above 0, largest first."""
    order = np.argsort(-np.nan_to_num(values), kind="stable")[:n]
    return order[np.nan_to_num(values)[order] > 0]
