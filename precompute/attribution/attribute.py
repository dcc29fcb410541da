"""Attributes all concepts of a dictionary to genes: the way in for the pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from precompute.attribution.counterfactual import Counterfactual
from precompute.attribution.counterfactuals import make_counterfactual
from precompute.attribution.methods import DEFAULT_METHOD, make_method
from precompute.attribution.population import Population, make_population
from precompute.attribution.readout import ConceptReadout
from precompute.attribution.support import SupportCheck
from precompute.dictionary import Dictionary
from precompute.errors import fault
from precompute.models.base import CellModel
from precompute.parts import Parts

_NUMBERS = (
    "n_cells_used",
    "rank_top",
    "sign_top",
    "rank_random",
    "sign_random",
    "match_rate",
    "full_drop",
    "completeness",
    "distance",
    "in_support",
    "inactive",
)


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
    q : same shape, false discovery rate against other active cells as counterfactuals.
    exact : same shape, effect by exact swap on up to 64 of the cells; NaN for genes that were
        not verified.
    n_cells_used : (n_concepts,) int32, cells behind the means.
    match_levels : (n_concepts, 1 + n_match_columns) float32, share of them whose counterfactual
        shares with them the first 0, 1, 2, ... of the match columns.
    match_rate : (n_concepts,) float32, share that is matched in all columns; NaN without any.
    rank_top, sign_top : (n_concepts,) float32, Spearman correlation with exact swap and share
        of equal signs, over the verified genes of largest absolute effect, on the same cells.
    rank_random, sign_random : the same over the verified genes drawn at random.
    full_drop : (n_concepts,) float32, mean over cells of what replacing every gene takes.
    completeness : (n_concepts,) float32, see `concept.completeness`: 1 is complete.
    distance, in_support, inactive : (n_concepts,) float32, see `support.Support`.
    bootstrap_unit : for each concept ``donor``, ``cell`` or an empty string.
    reason : for each concept why it was not attributed, or an empty string. Its numbers are
        NaN and its n_cells_used is 0.
    counterfactual : name of what the cells were compared with.
    method : name of the method.
    """

    effect: np.ndarray
    presence: np.ndarray
    absence: np.ndarray
    standard_error: np.ndarray
    q: np.ndarray
    exact: np.ndarray
    n_cells_used: np.ndarray
    match_levels: np.ndarray
    match_rate: np.ndarray
    rank_top: np.ndarray
    sign_top: np.ndarray
    rank_random: np.ndarray
    sign_random: np.ndarray
    full_drop: np.ndarray
    completeness: np.ndarray
    distance: np.ndarray
    in_support: np.ndarray
    inactive: np.ndarray
    bootstrap_unit: list[str]
    reason: list[str]
    counterfactual: str
    method: str

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
    match: Mapping[str, np.ndarray] | None = None,
    counterfactual: str = "neighbours",
    method: str = DEFAULT_METHOD,
    covariates: np.ndarray | None = None,
    max_cells: int = 200,
    n_verify: int = 200,
    with_null: bool = True,
    seed: int = 0,
    device: str = "cpu",
    progress: Callable[[int, int], None] | None = None,
) -> Attribution:
    """Return the effect of each gene on the pre-activation of each concept, through the model.

    Cells of a concept are compared with counterfactual profiles in log1p counts; some genes are
    verified by exact swap.

    Parameters
    ----------
    model : reads the columns of `counts`; computes on the device of its input.
    dictionary : (n_concepts, d_embedding) concepts.
    counts : (n_cells, n_genes), raw counts.
    library_size : (n_cells,) total counts of a cell, genes the model does not see included.
    embeddings : (n_cells, d_embedding) of the same cells.
    indices, values : (n_cells, k) activations, as `Dictionary.activate` returns them.
    donors : (n_cells,) labels that sampling and bootstrap keep apart, or None.
    match : columns that counterfactual cells share with a cell where enough of them do, the
        most important first, each (n_cells,) labels; None for the donor where it is known.
    counterfactual : a key of `COUNTERFACTUALS`.
    method : a key of `METHODS`.
    covariates : (n_cells, n_covariates) for the model, or None.
    max_cells : cells of a concept, spread over donors and over its activation.
    n_verify : genes of largest effect to verify, and as many others at random.
    with_null : whether false discovery rates are computed; they are NaN otherwise.
    progress : called with (done, total) concepts.

    Raises
    ------
    InputError
        The model has no gradients or returns NaN, arrays do not fit together, counts are
        negative, a setting is too small, or a name is not known.
    """
    readout = ConceptReadout(model, dictionary, device)
    population = make_population(
        counts, library_size, embeddings, indices, values, dictionary.n_latents, donors, match
    )
    setting = make_setting(
        readout,
        population,
        counterfactual=counterfactual,
        method=method,
        covariates=covariates,
        max_cells=max_cells,
        n_verify=n_verify,
        with_null=with_null,
        seed=seed,
    )
    return attribute_all(setting, progress)


def make_setting(
    readout: ConceptReadout,
    population: Population,
    counterfactual: str = "neighbours",
    method: str = DEFAULT_METHOD,
    covariates: np.ndarray | None = None,
    max_cells: int = 200,
    n_verify: int = 200,
    with_null: bool = True,
    seed: int = 0,
) -> Setting:
    """Return the setting of a run; parameters and errors as those of `attribute`."""
    _check(readout.model, population, covariates, max_cells, n_verify)
    return Setting(
        population=population,
        counterfactual=make_counterfactual(counterfactual, population, seed),
        method=make_method(method),
        readout=readout,
        covariates=covariates,
        max_cells=max_cells,
        n_verify=n_verify,
        seed=seed,
        null=_make_null(population, seed) if with_null else (),
        support=SupportCheck(population, readout, seed),
    )


def _make_null(population: Population, seed: int) -> tuple[Counterfactual, ...]:
    """Return counterfactuals of 20 draws in all, from other active cells.

    Each matches its cells as one of 4 draws, which few cells of a donor are enough for. With 4
    draws in all, 15 to 23 % of concepts without any effect had a gene of q below .05; with 20,
    2 to 3 %.
    """
    return tuple(make_counterfactual("permuted", population, seed + 1 + i) for i in range(5))


def attribute_all(
    setting: Setting,
    progress: Callable[[int, int], None] | None = None,
    parts: Parts | None = None,
) -> Attribution:
    """Return the attribution of all concepts of a population.

    Parameters
    ----------
    progress : called with (done, total) concepts.
    parts : where finished concepts are kept, so that a stopped run goes on; None keeps none.

    Raises
    ------
    InputError
        The model returns NaN, a wrong shape or no gradients.
    """
    population = setting.population
    result = _empty(population, setting.counterfactual.name, setting.method.name)
    for concept in range(population.n_concepts):
        result.reason[concept] = why_not(population, concept)
        if not result.reason[concept]:
            _fill(result, concept, _attribute_once(setting, concept, parts))
        if progress is not None:
            progress(concept + 1, population.n_concepts)
    return result


def _attribute_once(setting: Setting, concept: int, parts: Parts | None) -> dict[str, np.ndarray]:
    """Return the arrays of one concept, from `parts` where an earlier run left them."""

    def compute() -> dict[str, np.ndarray]:
        return _to_arrays(attribute_concept(setting, concept))

    return compute() if parts is None else parts.once(f"{concept}", compute)


def _to_arrays(one: ConceptAttribution) -> dict[str, np.ndarray]:
    numbers = {
        "n_cells_used": one.n_cells_used,
        "rank_top": one.top.rank,
        "sign_top": one.top.sign,
        "rank_random": one.random.rank,
        "sign_random": one.random.sign,
        "match_rate": one.match_levels[-1] if len(one.match_levels) > 1 else np.nan,
        "full_drop": one.full_drop,
        "completeness": one.completeness,
        **one.support._asdict(),
        "match_levels": one.match_levels,
        "exact": one.exact,
        "by_donor": one.bootstrap_unit == "donor",
    }
    return one.summary._asdict() | {name: np.asarray(value) for name, value in numbers.items()}


def _fill(result: Attribution, concept: int, one: Mapping[str, np.ndarray]) -> None:
    for name, row in one.items():
        if name != "by_donor":
            getattr(result, name)[concept] = row
    result.bootstrap_unit[concept] = "donor" if one["by_donor"] else "cell"


def _empty(population: Population, counterfactual: str, method: str) -> Attribution:
    n_concepts = population.n_concepts

    def unknown(*shape: int) -> np.ndarray:
        return np.full((n_concepts, *shape), np.nan, np.float32)

    genes = ("effect", "presence", "absence", "standard_error", "q", "exact")
    return Attribution(
        **{name: unknown(population.n_genes) for name in genes},
        **{name: unknown() for name in _NUMBERS if name != "n_cells_used"},
        n_cells_used=np.zeros(n_concepts, np.int32),
        match_levels=unknown(1 + len(population.match)),
        bootstrap_unit=[""] * n_concepts,
        reason=[""] * n_concepts,
        counterfactual=counterfactual,
        method=method,
    )


def _check(
    model: CellModel,
    population: Population,
    covariates: np.ndarray | None,
    max_cells: int,
    n_verify: int,
) -> None:
    n_cells, n_genes = population.counts.shape
    faults: list[tuple[str, str]] = []
    if n_genes != len(model.genes):
        faults.append((f"counts of {n_genes} genes", f"the model's {len(model.genes)}"))
    if covariates is not None and len(covariates) != n_cells:
        faults.append((f"{len(covariates)} rows of covariates", f"{n_cells}, one a cell"))
    if max_cells < 2:
        faults.append((f"max_cells = {max_cells}", "at least 2"))
    if n_verify < 0:
        faults.append((f"n_verify = {n_verify}", "0 or above"))
    if faults:
        found, expected = (", ".join(words) for words in zip(*faults, strict=True))
        raise fault("attribution", found, expected, "Change them.")
