"""The attribution of one concept: gradient over its cells, top genes verified by exact swap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from precompute.attribution.aggregate import EffectSums, Summary, Unit
from precompute.attribution.counterfactual import Counterfactual
from precompute.attribution.gradient import gradient_effects
from precompute.attribution.population import Population
from precompute.attribution.readout import ConceptReadout
from precompute.attribution.sampling import choose_cells
from precompute.attribution.swap import swap_effects

_VERIFIED_CELLS = 64
_VALUES_PER_CHUNK = 4_000_000


@dataclass(frozen=True, eq=False)
class Setting:
    """What is the same for all concepts of a run; see `attribute` for the fields."""

    population: Population
    counterfactual: Counterfactual
    readout: ConceptReadout
    covariates: np.ndarray | None
    max_cells: int
    n_verify: int
    seed: int


@dataclass(frozen=True, eq=False)
class ConceptAttribution:
    """The attribution of one concept; see `Attribution` for the fields."""

    summary: Summary
    exact: np.ndarray
    n_cells_used: int
    match_rate: float
    rank_agreement: float
    sign_agreement: float
    bootstrap_unit: Unit


def why_not(population: Population, concept: int) -> str:
    """Return why a concept cannot be attributed, or an empty string."""
    n_active = len(population.active(concept)[0])
    if n_active == 0:
        return "no cell activates it"
    if n_active == 1:
        return "only 1 cell activates it, an effect needs 2"
    if n_active == len(population.library_size):
        return "every cell activates it, so no cell is left to compare with"
    return ""


def attribute_concept(setting: Setting, concept: int) -> ConceptAttribution:
    """Return the attribution of a concept that `why_not` has no objection to.

    Raises
    ------
    InputError
        The model returns NaN, a wrong shape or no gradients.
    """
    cells, verified_cells = _choose(setting, concept)
    population = setting.population
    donors = None if population.donors is None else population.donors[cells]
    sums = EffectSums(donors, len(cells), population.n_genes)
    over_verified = np.zeros(population.n_genes)
    for chunk in _chunks(cells, population.n_genes * setting.counterfactual.n_draws):
        effects, differences = gradient_effects(*_pairs(setting, concept, chunk))
        sums.add(effects, differences)
        rows = np.isin(chunk, verified_cells)
        over_verified += effects[rows].sum(axis=0, dtype=np.float64)
    summary = sums.summary(np.random.default_rng([setting.seed, concept, 1]))
    genes = _genes_to_verify(summary, setting.n_verify)
    exact = np.full(population.n_genes, np.nan, np.float32)
    exact[genes] = _exact(setting, concept, verified_cells, genes)
    gradient = over_verified[genes] / len(verified_cells)
    matched = setting.counterfactual.matched(concept, cells)
    return ConceptAttribution(
        summary=summary,
        exact=exact,
        n_cells_used=len(cells),
        match_rate=float("nan") if donors is None else float(matched.mean()),
        rank_agreement=_spearman(gradient, exact[genes]),
        sign_agreement=_same_sign(gradient, exact[genes]),
        bootstrap_unit=sums.unit,
    )


def _choose(setting: Setting, concept: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the cells of the gradient, and those among them of the exact swap."""
    rng = np.random.default_rng([setting.seed, concept, 0])
    active, values = setting.population.active(concept)
    donors = setting.population.donors
    cells = choose_cells(
        active, values, None if donors is None else donors[active], setting.max_cells, rng
    )
    values = values[np.searchsorted(active, cells)]
    verified = choose_cells(
        cells, values, None if donors is None else donors[cells], _VERIFIED_CELLS, rng
    )
    return cells, verified


def _pairs(
    setting: Setting, concept: int, cells: np.ndarray
) -> tuple[ConceptReadout, np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """Return the arguments of `gradient_effects` for one concept in some cells."""
    return (
        setting.readout,
        np.full(len(cells), concept),
        setting.population.log_counts(cells),
        setting.counterfactual.profiles(concept, cells),
        None if setting.covariates is None else setting.covariates[cells],
    )


def _exact(setting: Setting, concept: int, cells: np.ndarray, genes: np.ndarray) -> np.ndarray:
    """Return the mean exact effect of genes over cells, (n,)."""
    total = np.zeros(len(genes))
    for chunk in _chunks(cells, setting.population.n_genes * setting.counterfactual.n_draws):
        readout, concepts, log_counts, profiles, covariates = _pairs(setting, concept, chunk)
        effects = swap_effects(readout, concepts, log_counts, profiles, genes, covariates)
        total += effects.sum(axis=0, dtype=np.float64)
    return total / len(cells)


def _genes_to_verify(summary: Summary, n_verify: int) -> np.ndarray:
    """Return the genes of the largest presence, and half as many of the largest absence."""
    chosen = []
    for part, n in ((summary.presence, n_verify), (summary.absence, n_verify // 2)):
        top = np.argsort(-np.abs(part), kind="stable")[:n]
        chosen.append(top[part[top] != 0])
    return np.unique(np.concatenate(chosen))


def _spearman(gradient: np.ndarray, exact: np.ndarray) -> float:
    if len(gradient) < 2 or np.ptp(gradient) == 0 or np.ptp(exact) == 0:
        return float("nan")
    return float(np.corrcoef(rankdata(gradient), rankdata(exact))[0, 1])


def _same_sign(gradient: np.ndarray, exact: np.ndarray) -> float:
    return float((np.sign(gradient) == np.sign(exact)).mean()) if len(gradient) else float("nan")


def _chunks(cells: np.ndarray, values_per_cell: int) -> Iterator[np.ndarray]:
    step = max(1, _VALUES_PER_CHUNK // values_per_cell)
    return (cells[start : start + step] for start in range(0, len(cells), step))
