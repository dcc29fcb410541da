"""Attributes all concepts of a dictionary to genes: the way in for the pipeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from precompute.attribution.aggregate import share_of_effect
from precompute.attribution.concept import (
    ConceptAttribution,
    Setting,
    attribute_concept,
    why_not,
)
from precompute.attribution.counterfactuals import make_counterfactual
from precompute.attribution.population import make_population
from precompute.attribution.readout import ConceptReadout
from precompute.dictionary import Dictionary
from precompute.errors import fault
from precompute.models.base import CellModel


@dataclass(frozen=True, eq=False)
class Attribution:
    """Effects of genes on concepts, in units of pre-activation, positive where they raise it.

    Attributes
    ----------
    effect : (n_concepts, n_genes) float32, mean over cells.
    presence : same shape, the effect of genes that the cells express more than their
        counterfactuals on average, 0 for other genes.
    absence : same shape, the effect of genes that they express less, 0 for other genes.
    standard_error : same shape, of the effect, by bootstrap over `bootstrap_unit`.
    exact : same shape, effect by exact swap on up to 64 of the cells; NaN for genes that were
        not verified.
    n_cells_used : (n_concepts,) int32, cells behind the means.
    match_rate : (n_concepts,) float32, share of them compared within their own donor; NaN
        without donors.
    rank_agreement : (n_concepts,) float32, Spearman correlation of gradient and exact swap
        over the verified genes, on the same cells.
    sign_agreement : (n_concepts,) float32, share of the verified genes where their signs agree.
    bootstrap_unit : for each concept ``donor``, ``cell`` or an empty string.
    reason : for each concept why it was not attributed, or an empty string. Its numbers are
        NaN and its n_cells_used is 0.
    counterfactual : name of what the cells were compared with.
    """

    effect: np.ndarray
    presence: np.ndarray
    absence: np.ndarray
    standard_error: np.ndarray
    exact: np.ndarray
    n_cells_used: np.ndarray
    match_rate: np.ndarray
    rank_agreement: np.ndarray
    sign_agreement: np.ndarray
    bootstrap_unit: list[str]
    reason: list[str]
    counterfactual: str

    @property
    def share(self) -> np.ndarray:
        """Share of each gene in the total absolute effect on its concept, (n_concepts, n_genes)."""
        return share_of_effect(self.effect)


def attribute(
    model: CellModel,
    dictionary: Dictionary,
    counts: sp.csr_matrix,
    library_size: np.ndarray,
    embeddings: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray,
    donors: np.ndarray | None = None,
    counterfactual: str = "neighbours",
    covariates: np.ndarray | None = None,
    max_cells: int = 200,
    n_verify: int = 50,
    seed: int = 0,
    device: str = "cpu",
    progress: Callable[[int, int], None] | None = None,
) -> Attribution:
    """Return the effect of each gene on the pre-activation of each concept, through the model.

    Cells of a concept are compared with counterfactual profiles by gradient x difference in
    log1p counts; the top genes are verified by exact swap.

    Parameters
    ----------
    model : reads the columns of `counts`; computes on the device of its input.
    dictionary : (n_concepts, d_embedding) concepts.
    counts : (n_cells, n_genes), raw counts.
    library_size : (n_cells,) total counts of a cell, genes the model does not see included.
    embeddings : (n_cells, d_embedding) of the same cells.
    indices, values : (n_cells, k) activations, as `Dictionary.activate` returns them.
    donors : (n_cells,) labels that counterfactual cells and bootstrap keep apart, or None.
    counterfactual : a key of `COUNTERFACTUALS`.
    covariates : (n_cells, n_covariates) for the model, or None.
    max_cells : cells of a concept, spread over donors and over its activation.
    n_verify : genes of the largest presence to verify, and half as many of the largest
        absence.
    progress : called with (done, total) concepts.

    Raises
    ------
    InputError
        The model has no gradients or returns NaN, arrays do not fit together, counts are
        negative, a setting is too small, or the counterfactual is not known.
    """
    readout = ConceptReadout(model, dictionary, device)
    _check(model, counts, covariates, max_cells, n_verify)
    population = make_population(
        counts, library_size, embeddings, indices, values, dictionary.n_latents, donors
    )
    setting = Setting(
        population=population,
        counterfactual=make_counterfactual(counterfactual, population, seed),
        readout=readout,
        covariates=covariates,
        max_cells=max_cells,
        n_verify=n_verify,
        seed=seed,
    )
    result = _empty(dictionary.n_latents, population.n_genes, counterfactual)
    for concept in range(dictionary.n_latents):
        result.reason[concept] = why_not(population, concept)
        if not result.reason[concept]:
            _fill(result, concept, attribute_concept(setting, concept))
        if progress is not None:
            progress(concept + 1, dictionary.n_latents)
    return result


def _fill(result: Attribution, concept: int, one: ConceptAttribution) -> None:
    for name, row in one.summary._asdict().items():
        getattr(result, name)[concept] = row
    for name in ("exact", "n_cells_used", "match_rate", "rank_agreement", "sign_agreement"):
        getattr(result, name)[concept] = getattr(one, name)
    result.bootstrap_unit[concept] = one.bootstrap_unit


def _empty(n_concepts: int, n_genes: int, counterfactual: str) -> Attribution:
    def unknown(*shape: int) -> np.ndarray:
        return np.full(shape, np.nan, np.float32)

    return Attribution(
        effect=unknown(n_concepts, n_genes),
        presence=unknown(n_concepts, n_genes),
        absence=unknown(n_concepts, n_genes),
        standard_error=unknown(n_concepts, n_genes),
        exact=unknown(n_concepts, n_genes),
        n_cells_used=np.zeros(n_concepts, np.int32),
        match_rate=unknown(n_concepts),
        rank_agreement=unknown(n_concepts),
        sign_agreement=unknown(n_concepts),
        bootstrap_unit=[""] * n_concepts,
        reason=[""] * n_concepts,
        counterfactual=counterfactual,
    )


def _check(
    model: CellModel,
    counts: sp.csr_matrix,
    covariates: np.ndarray | None,
    max_cells: int,
    n_verify: int,
) -> None:
    faults: list[tuple[str, str]] = []
    if counts.shape[1] != len(model.genes):
        faults.append((f"counts of {counts.shape[1]} genes", f"the model's {len(model.genes)}"))
    if covariates is not None and len(covariates) != counts.shape[0]:
        faults.append((f"{len(covariates)} rows of covariates", f"{counts.shape[0]}, one a cell"))
    if max_cells < 2:
        faults.append((f"max_cells = {max_cells}", "at least 2"))
    if n_verify < 0:
        faults.append((f"n_verify = {n_verify}", "0 or above"))
    if faults:
        found, expected = (", ".join(words) for words in zip(*faults, strict=True))
        raise fault("attribution", found, expected, "Change them.")
