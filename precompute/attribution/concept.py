"""The attribution of one concept: a method over its cells, checked against exact swaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from scipy.stats import rankdata

from precompute.attribution.aggregate import EffectSums, Summary, Unit
from precompute.attribution.counterfactual import Counterfactual
from precompute.attribution.gradient import add_parts, fill_slopes
from precompute.attribution.methods import Method
from precompute.attribution.pairs import Pairs
from precompute.attribution.population import Population
from precompute.attribution.readout import ConceptReadout
from precompute.attribution.sampling import choose_cells
from precompute.attribution.support import Support, SupportCheck
from precompute.attribution.swap import swap_effects

_VERIFIED_CELLS = 64
_VALUES_PER_CHUNK = 4_000_000


@dataclass(frozen=True, eq=False)
class Setting:
    """What is the same for all concepts of a run; see `attribute` for the fields.

    `null` gives active cells as counterfactuals, the null of the false discovery rates; where it
    is empty they are left out. `support` checks the counterfactuals; None leaves that out.
    """

    population: Population
    counterfactual: Counterfactual
    method: Method
    readout: ConceptReadout
    covariates: np.ndarray | None
    max_cells: int
    n_verify: int
    seed: int
    null: tuple[Counterfactual, ...] = ()
    support: SupportCheck | None = None

    def pairs(self, concept: int, cells: np.ndarray) -> Pairs:
        """Return the pairs of one concept and some cells."""
        ids = self.population.ids(cells)
        return Pairs(
            np.full(len(cells), concept),
            self.readout.prepare(self.population.log_counts(cells), ids),
            self.readout.prepare(self.counterfactual.profiles(concept, cells), ids),
            None if self.covariates is None else self.covariates[cells],
        )

    def chunks(self, cells: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the cells in portions that bound the memory of `pairs`."""
        # Draws of the null come and go one after the other; their effects stay.
        n_profiles = self.counterfactual.n_draws + self.n_null
        step = max(1, _VALUES_PER_CHUNK // (self.population.n_genes * n_profiles))
        return (cells[start : start + step] for start in range(0, len(cells), step))

    @property
    def runs_tokens(self) -> bool:
        """Whether a changed gene costs a run of a transformer, so that tests are kept small."""
        return self.readout.model.differentiable not in ("expression", "none")

    @property
    def n_null(self) -> int:
        """Draws of the null."""
        return sum(null.n_draws for null in self.null)

    def choose(self, concept: int) -> np.ndarray:
        """Return at most `max_cells` cells of a concept, spread over donors and activation."""
        active, values = self.population.active(concept)
        donors = self.population.donors
        donors = None if donors is None else donors[active]
        rng = np.random.default_rng([self.seed, concept, 0])
        return choose_cells(active, values, donors, self.max_cells, rng)


class Agreement(NamedTuple):
    """Rank correlation (Spearman) and share of equal signs with exact swap over some genes."""

    rank: float
    sign: float


@dataclass(frozen=True, eq=False)
class ConceptAttribution:
    """The attribution of one concept; see `Attribution` for the fields."""

    summary: Summary
    exact: np.ndarray
    full_drop: float
    completeness: float
    support: Support
    n_cells_used: int
    match_levels: np.ndarray
    top: Agreement
    random: Agreement
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
    population = setting.population
    cells = setting.choose(concept)
    verified = _choose_verified(setting, concept, cells)
    donors = None if population.donors is None else population.donors[cells]
    sums = EffectSums(donors, len(cells), population.n_genes, setting.n_null)
    over_verified = np.zeros(population.n_genes)
    drops, totals = [], []
    for chunk in setting.chunks(cells):
        pairs = setting.pairs(concept, chunk)
        effects = setting.method.effects(setting.readout, pairs)
        sums.add(effects, pairs.differences(), _null_effects(setting, concept, chunk, pairs))
        drops.append(full_drops(setting.readout, pairs))
        totals.append(effects.sum(axis=1, dtype=np.float64))
        rows = np.isin(chunk, verified)
        over_verified += effects[rows].sum(axis=0, dtype=np.float64)
    summary = sums.summary(np.random.default_rng([setting.seed, concept, 1]))
    top, random = _genes_to_verify(setting, concept, summary.effect)
    exact = np.full(population.n_genes, np.nan, np.float32)
    genes = np.union1d(top, random)
    exact[genes] = _exact(setting, concept, verified, genes)
    mean = over_verified / len(verified)
    drop, total = np.concatenate(drops), np.concatenate(totals)
    levels = setting.counterfactual.match_levels(concept, cells)
    return ConceptAttribution(
        summary=summary,
        exact=exact,
        full_drop=float(drop.mean()),
        completeness=completeness(total, drop),
        support=_check_support(setting, concept, verified),
        n_cells_used=len(cells),
        match_levels=np.bincount(levels, minlength=len(population.match) + 1) / len(cells),
        top=Agreement(rank_correlation(mean[top], exact[top]), _same_sign(mean[top], exact[top])),
        random=Agreement(
            rank_correlation(mean[random], exact[random]), _same_sign(mean[random], exact[random])
        ),
        bootstrap_unit=sums.unit,
    )


def mean_effects(setting: Setting, concept: int) -> np.ndarray:
    """Return the effect of each gene on a concept, mean over its chosen cells, (n_genes,).

    Raises
    ------
    InputError
        As `attribute_concept`.
    """
    cells = setting.choose(concept)
    total = np.zeros(setting.population.n_genes)
    for chunk in setting.chunks(cells):
        effects = setting.method.effects(setting.readout, setting.pairs(concept, chunk))
        total += effects.sum(axis=0, dtype=np.float64)
    return total / len(cells)


def full_drops(readout: ConceptReadout, pairs: Pairs) -> np.ndarray:
    """Return what replacing every gene takes from each pair, mean over draws, (n_pairs,)."""
    covariates = readout.covariates_to_device(pairs.covariates)
    concepts = readout.concepts_to_device(pairs.concepts)
    with torch.no_grad():
        before = readout(readout.to_device(pairs.expression), covariates, concepts)
        after = [readout(readout.to_device(p), covariates, concepts) for p in pairs.profiles]
        return (before - torch.stack(after).mean(dim=0)).cpu().numpy()


def completeness(total: np.ndarray, drop: np.ndarray) -> float:
    """Return 1 minus what the effects of all genes miss of the full drop.

    Parameters
    ----------
    total, drop : (n_pairs,) sum of the effects and full drop. Their differences are summed in
        absolute value, over the sum of the absolute drops.
    """
    whole = np.abs(drop).sum()
    return float(1 - np.abs(total - drop).sum() / whole) if whole > 0 else float("nan")


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Return Spearman's correlation, NaN where one side is constant or holds NaN."""
    if len(a) < 2 or not np.isfinite(a + b).all() or np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(np.corrcoef(rankdata(a), rankdata(b))[0, 1])


def _choose_verified(setting: Setting, concept: int, cells: np.ndarray) -> np.ndarray:
    """Return the cells, among those of the attribution, in which genes are swapped exactly."""
    active, values = setting.population.active(concept)
    donors = setting.population.donors
    rng = np.random.default_rng([setting.seed, concept, 2])
    values = values[np.searchsorted(active, cells)]
    donors = None if donors is None else donors[cells]
    return choose_cells(cells, values, donors, _VERIFIED_CELLS, rng)


def _check_support(setting: Setting, concept: int, cells: np.ndarray) -> Support:
    if setting.support is None:
        return Support(*[float("nan")] * 3)
    parts = [setting.support.check(setting.pairs(concept, c)) for c in setting.chunks(cells)]
    sizes = [len(chunk) for chunk in setting.chunks(cells)]
    return Support(*np.average(parts, axis=0, weights=sizes).tolist())


def _null_effects(
    setting: Setting, concept: int, cells: np.ndarray, pairs: Pairs
) -> np.ndarray | None:
    """Return gradient x difference to other active cells, (n_null, n_cells, n_genes)."""
    if not setting.null:
        return None
    readout, ids = setting.readout, setting.population.ids(cells)
    slopes = readout.slopes_of(pairs)
    if setting.runs_tokens:
        slopes = fill_slopes(slopes)
    draws = (
        readout.prepare(profile[None], ids)
        for null in setting.null
        for profile in null.profiles(concept, cells)
    )
    return np.stack(
        [add_parts(slopes, readout.differences(pairs.expression, draw)) for draw in draws]
    )


def _exact(setting: Setting, concept: int, cells: np.ndarray, genes: np.ndarray) -> np.ndarray:
    """Return the mean exact effect of genes over cells, (n,)."""
    total = np.zeros(len(genes))
    if not len(genes):
        return total
    for chunk in setting.chunks(cells):
        effects = swap_effects(setting.readout, setting.pairs(concept, chunk), genes)
        total += effects.sum(axis=0, dtype=np.float64)
    return total / len(cells)


def _genes_to_verify(
    setting: Setting, concept: int, effect: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the genes of largest absolute effect, and as many at random among the others."""
    order = np.argsort(-np.abs(effect), kind="stable")
    order = order[effect[order] != 0]
    top, rest = order[: setting.n_verify], order[setting.n_verify :]
    rng = np.random.default_rng([setting.seed, concept, 3])
    chosen = rng.choice(rest, min(setting.n_verify, len(rest)), replace=False)
    return np.sort(top), np.sort(chosen)


def _same_sign(effect: np.ndarray, exact: np.ndarray) -> float:
    return float((np.sign(effect) == np.sign(exact)).mean()) if len(effect) else float("nan")
