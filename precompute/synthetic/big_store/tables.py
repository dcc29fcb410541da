"""Gene tables of a synthetic store: attributions, differential expression, gene set tests."""

from __future__ import annotations

import numpy as np
from scipy.stats import hypergeom

from precompute.synthetic.big_store.contrast import Contrast, adjust, flatten, two_sided

N_EXACT = 50
N_LISTED = 50  # genes of the list that is tested for overrepresentation
N_RANDOM = 199
MAX_SETS = 30
Table = dict[str, np.ndarray]


def attribution_table(weights: np.ndarray, contrast: Contrast, counterfactual: str) -> Table:
    """Return planted weight x (mean of active cells - mean of counterfactuals), presence first.

    The pre-activation is linear in the values, so the effect equals its exact swap.
    """
    genes = np.flatnonzero(np.isfinite(weights[0]))
    effect, difference = effects(weights, contrast, counterfactual)
    effect, difference = effect[:, genes], difference[:, genes]
    error = np.abs(weights[:, genes]) * contrast.error()[:, genes]
    presence = np.where(difference > 0, effect, 0)
    order = np.argsort(-presence, axis=1, kind="stable")
    largest = np.argsort(np.argsort(-np.abs(effect), axis=1), axis=1) < N_EXACT
    columns = {
        "effect": effect,
        "presence": presence,
        "absence": np.where(difference > 0, 0, effect),
        "standard_error": error,
        "exact": np.where(largest, effect, np.nan),
        "q": adjust(two_sided(effect / np.maximum(error, 1e-12))),
    }
    table = flatten(columns, order, contrast.n_active > 0, "gene")
    return {**table, "gene": genes[table["gene"]]}


def effects(
    weights: np.ndarray, contrast: Contrast, counterfactual: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return effect and difference in log1p counts, (n_concepts, n_genes)."""
    n_genes = weights.shape[1]
    difference = contrast.active[:, :n_genes] - contrast.against(counterfactual)[:, :n_genes]
    return weights * difference, difference


def z_scores(contrast: Contrast, n_genes: int, counterfactual: str) -> np.ndarray:
    """Return differences of means in units of their standard error (Welch 1947)."""
    difference = contrast.active - contrast.against(counterfactual)
    return (difference / np.maximum(contrast.error(), 1e-6))[:, :n_genes]


def differential_table(
    contrast: Contrast, detected: Contrast, n_genes: int, counterfactual: str
) -> Table:
    """Return DE of all genes, largest z first; `detected` compares shares of cells."""
    z = z_scores(contrast, n_genes, counterfactual)
    p = two_sided(z)
    means = contrast.active, contrast.against(counterfactual)
    folds = [np.log2(np.expm1(np.maximum(mean[:, :n_genes], 0)) + 1e-2) for mean in means]
    columns = {
        "z": z,
        "p": p,
        "q": adjust(p),
        "log_fold_change": folds[0] - folds[1],
        "share_active": detected.active,
        "share_rest": detected.against(counterfactual),
    }
    order = np.argsort(-z, axis=1, kind="stable")
    return flatten(columns, order, contrast.n_active > 0, "gene")


def membership(sets: list[np.ndarray], n_genes: int) -> np.ndarray:
    """Return (n_genes, n_sets) float32, 1 where the gene is in the set."""
    found = np.zeros((n_genes, len(sets)), np.float32)
    for column, members in enumerate(sets):
        found[members, column] = 1
    return found


def prerank_table(ranking: np.ndarray, members: np.ndarray, filled: np.ndarray) -> Table:
    """Test whether genes of a set rank high, by the z of their mean (Kim and Volsky 2005)."""
    z = _mean_z(ranking, members)
    leads = ranking > ranking.mean(axis=1, keepdims=True)
    return _test_table(z, two_sided(z), members, leads, filled)


def prerank_q(ranking: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Return the q of that test for every set, (n_concepts, n_sets)."""
    return adjust(two_sided(_mean_z(ranking, members)))


def _mean_z(ranking: np.ndarray, members: np.ndarray) -> np.ndarray:
    size = members.sum(axis=0)
    mean, deviation = ranking.mean(axis=1)[:, None], ranking.std(axis=1)[:, None]
    return (ranking @ members / size - mean) / np.maximum(deviation / np.sqrt(size), 1e-12)


def overrepresentation_table(ranking: np.ndarray, members: np.ndarray, filled: np.ndarray) -> Table:
    """Test the overlap of each set with the first genes of a ranking, as precompute does."""
    size, n_genes = members.sum(axis=0), len(members)
    listed = np.zeros(ranking.shape, bool)
    np.put_along_axis(listed, np.argsort(-ranking, axis=1)[:, :N_LISTED], True, 1)
    overlap = listed.astype(np.float32) @ members
    p = hypergeom.sf(overlap - 1, n_genes, size, N_LISTED)
    return _test_table(overlap * n_genes / (N_LISTED * size), p, members, listed, filled)


def _test_table(
    statistic: np.ndarray, p: np.ndarray, members: np.ndarray, leads: np.ndarray, filled: np.ndarray
) -> Table:
    """Return the best sets of each concept and, of each of them, the genes that `leads` marks."""
    order = np.lexsort((-np.abs(statistic), p), axis=1)[:, :MAX_SETS]
    size = np.broadcast_to(members.sum(axis=0), p.shape)
    columns = {"statistic": statistic, "p": p, "q": adjust(p), "size": size}
    table = flatten(columns, order, filled, "gene_set")
    owners = np.repeat(np.flatnonzero(filled), order.shape[1])
    row, gene = [], []
    for part in np.array_split(np.arange(len(owners)), max(1, len(owners) // 4096)):
        found = np.nonzero(leads[owners[part]] & (members.T[table["gene_set"][part]] > 0))
        row.append(part[found[0]])
        gene.append(found[1])
    table["n_leading"] = np.bincount(np.concatenate(row), minlength=len(owners))
    table["leading_offsets"] = np.concatenate([[0], np.cumsum(table["n_leading"])])
    return {**table, "leading_gene": np.concatenate(gene)}


def set_swap_table(
    rng: np.random.Generator,
    effect: np.ndarray,
    difference: np.ndarray,
    members: np.ndarray,
    differential_q: np.ndarray,
    filled: np.ndarray,
) -> Table:
    """Replace each set whole, against random sets of the same size.

    Parameters
    ----------
    effect, difference : (n_concepts, n_genes); the effect of a set is the sum of its genes'.
    differential_q : (n_concepts, n_sets) q of the set on DE.
    """
    size = members.sum(axis=0).astype(int)
    found, drop = effect @ members, effect.sum(axis=1, keepdims=True)
    expected, deviation, above = (np.empty_like(found) for _ in range(3))
    for one in np.unique(size):
        same = np.flatnonzero(size == one)
        random = [np.sort(rng.choice(len(members), one, replace=False)) for _ in range(N_RANDOM)]
        null = effect @ membership(random, len(members))
        expected[:, same] = null.mean(axis=1, keepdims=True)
        deviation[:, same] = null.std(axis=1, keepdims=True)
        centred = np.sort(np.abs(null - null.mean(axis=1, keepdims=True)), axis=1)
        for column in same:
            far = np.abs(found[:, column] - expected[:, column])
            above[:, column] = (centred >= far[:, None]).sum(axis=1)
    p = (1 + above.astype(np.float64)) / (1 + N_RANDOM)
    z = (found - expected) / np.maximum(deviation, 1e-12)
    q = adjust(p)
    used, differs = (q < 0.05) & (found > 0), differential_q < 0.05
    columns = {
        "effect": found,
        "share": found / np.where(drop > 0, drop, np.nan),
        "difference": difference @ members / size,
        "expected": expected,
        "z": z,
        "p": p,
        "q": q,
        "size": np.broadcast_to(size, p.shape),
        "n_random": np.full(p.shape, N_RANDOM),
        "quadrant": 2 * used + differs,
    }
    order = np.lexsort((-np.abs(z), p), axis=1)[:, :MAX_SETS]
    return flatten(columns, order, filled, "gene_set")
