"""The rankings of other units than the concepts of a run, made as those of the concepts are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from precompute.attribution import ConceptReadout, Population, attribute_all, make_setting
from precompute.attribution.matched_cells import match_cells
from precompute.device import threads_for
from precompute.dictionary import Dictionary
from precompute.differential import wilcoxon_all, wilcoxon_matched
from precompute.enrichment.rankings import make_rankings
from precompute.progress import progress_bar
from precompute.run import Run


def rank_units(
    run: Run,
    population: Population,
    dictionary: Dictionary,
    covariates: np.ndarray | None,
    title: str,
) -> dict[str, np.ndarray]:
    """Return the rankings of the latents of a dictionary, by name, each (n_latents, n_genes).

    By the first counterfactual, and by the method of the run; by `gradient` where that would swap
    gene by gene.

    Parameters
    ----------
    population : the cells, and who of them activates what.
    covariates : what the model reads of each of these cells besides counts, or None.
    title : of the progress bar.
    """
    scaled = sp.csr_matrix(sp.diags_array(1e4 / population.library_size) @ population.counts)
    scaled.data = np.log1p(scaled.data)
    inactive = wilcoxon_all(scaled, population.activations > 0)
    matched = wilcoxon_matched(scaled, match_cells(population, run.config.seed))
    config = run.config.attribution
    setting = make_setting(
        ConceptReadout(run.model, dictionary, str(run.device)),
        population,
        counterfactual=config.counterfactuals[0],
        method="gradient" if config.method == "exact_swap" else config.method,
        covariates=covariates,
        max_cells=config.max_cells,
        n_verify=0,
        with_null=False,
        seed=run.config.seed,
    )
    with progress_bar(title) as bar, threads_for(run.model.n_weights):
        result = attribute_all(replace(setting, support=None), bar)
    effects = {"presence": result.presence, "absence": result.absence}
    return make_rankings(effects, {"differential": inactive.z, "matched": matched.z})
