"""Random gene sets that match a gene set on size, expression and detection. Sees no model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from precompute.attribution.population import Population

_CELLS_PER_BLOCK = 4096
# Genes of the first bin, and by how much each next bin is larger. On Kang (2,000 genes) bins
# that grow explain .30 of the variance of the absolute effects of genes, and what is left
# correlates by .03 with the mean; equal bins, as many, .25 and .16.
_SMALLEST = 30
_GROWTH = 1.25
_BINS_OF_DETECTION = 3


@dataclass(frozen=True, eq=False)
class Strata:
    """Genes in groups of like expression and detection; build it with `match_strata`.

    Attributes
    ----------
    of_gene : (n_genes,) int64, the stratum of each gene.
    genes : (n_genes,) int32, the genes ordered by stratum.
    start, size : (n_strata,) int64, where each stratum begins in `genes`, and how many it has.
    """

    of_gene: np.ndarray
    genes: np.ndarray
    start: np.ndarray
    size: np.ndarray


def match_strata(
    mean: np.ndarray, detection: np.ndarray, smallest: int = _SMALLEST, growth: float = _GROWTH
) -> Strata:
    """Group genes by their mean expression, and those of like mean by their detection.

    Bins of the mean begin at the highest with `smallest` genes, and each is `growth` times as
    large as the one before: a few genes of high expression span as wide a range as all the
    rest, and move a model most. A bin is cut into at most 3 by detection, each of `smallest`
    genes or more. So no stratum is too small to draw from, unless there are fewer genes.

    Parameters
    ----------
    mean : (n_genes,) mean expression.
    detection : (n_genes,) share of cells that express the gene.
    """
    n_genes = len(mean)
    downwards = np.lexsort((-np.asarray(detection), -np.asarray(mean)))
    of_gene = np.empty(n_genes, np.int64)
    begin, width, n_strata = 0, float(smallest), 0
    while begin < n_genes:
        end = begin + int(width)
        width *= growth
        if n_genes - end < width:
            end = n_genes
        members = downwards[begin:end]
        parts = min(_BINS_OF_DETECTION, max(1, len(members) // smallest))
        by_detection = members[np.argsort(detection[members], kind="stable")]
        for part in np.array_split(by_detection, parts):
            of_gene[part] = n_strata
            n_strata += 1
        begin = end
    return make_strata(of_gene)


def make_strata(of_gene: np.ndarray) -> Strata:
    """Return strata from the stratum of each gene, (n_genes,) codes from 0 without gaps."""
    size = np.bincount(of_gene)
    genes = np.argsort(of_gene, kind="stable").astype(np.int32)
    return Strata(of_gene, genes, np.cumsum(size) - size, size)


def population_strata(population: Population) -> Strata:
    """Return the strata of the genes of a population.

    The mean is that of log1p counts with every cell brought to the median library size: log1p
    is what a swap changes, and at one library size large cells do not weigh more.
    """
    sizes = population.library_size
    n_cells = len(sizes)
    median = np.float32(np.median(sizes))
    total = np.zeros(population.n_genes)
    for start in range(0, n_cells, _CELLS_PER_BLOCK):
        block = np.arange(start, min(n_cells, start + _CELLS_PER_BLOCK))
        rows = population.log_counts_at(block, np.full(len(block), median))
        total += np.asarray(rows.sum(axis=0), np.float64).ravel()
    # Counts may hold zeros that are written out.
    expressed = population.counts.indices[population.counts.data > 0]
    detected = np.bincount(expressed, minlength=population.n_genes)
    return match_strata(total / n_cells, detected / n_cells)


def draw_matched(
    genes: np.ndarray, strata: Strata, n_draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Return random sets with as many genes of each stratum as a gene set, (n_draws, size) int32.

    Each is a simple random sample within each stratum: no gene twice in a set, and genes of the
    given set may be among them. Leaving those out would make the comparison too optimistic,
    since a set that lies high by chance leaves the lower genes to its competitors: with a
    fourth of each stratum in the set, p below .05 came in .22 of sets drawn at random.

    Parameters
    ----------
    genes : (size,) the gene set, no gene twice.
    """
    of_member = np.sort(strata.of_gene[genes])
    size = strata.size[of_member]
    positions = np.empty((n_draws, len(genes)), np.int32)
    crowded = 2 * np.bincount(of_member, minlength=len(strata.size)) > strata.size
    for stratum in np.flatnonzero(crowded):
        columns = np.flatnonzero(of_member == stratum)
        keys = rng.random((n_draws, strata.size[stratum]), np.float32)
        positions[:, columns] = np.argsort(keys, axis=1)[:, : len(columns)]
    sparse = ~crowded[of_member]
    positions[:, sparse] = _draw_distinct(of_member[sparse], size[sparse], n_draws, rng)
    return strata.genes[positions + strata.start[of_member].astype(np.int32)]


def _draw_distinct(
    of_member: np.ndarray, size: np.ndarray, n_draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Return positions below `size`, none twice within a stratum, (n_draws, n_members) int32.

    Repeats are drawn again until there are none. The rule never looks at which gene it is, so
    every sample is as likely as any other.
    """
    # A column of its own stratum's range, so that sorting a row keeps columns in their strata.
    base = np.concatenate([[0], np.cumsum(np.where(np.diff(of_member), size[:-1], 0))])[: len(size)]
    base = base.astype(np.int32)
    found = _below(size, (n_draws, len(size)), rng) + base
    rows = np.arange(n_draws)
    part = found
    while len(rows):
        part.sort(axis=1)
        found[rows] = part
        repeated = np.zeros(part.shape, bool)
        repeated[:, 1:] = part[:, 1:] == part[:, :-1]
        again = repeated.any(axis=1)
        rows, part, repeated = rows[again], part[again], repeated[again]
        columns = np.nonzero(repeated)[1]
        part[repeated] = _below(size[columns], len(columns), rng) + base[columns]
    return found - base


def _below(size: np.ndarray, shape: int | tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Return random integers from 0 to below `size`, int32."""
    return (rng.random(shape, np.float32) * size.astype(np.float32)).astype(np.int32)
