"""Which concepts of one store come back in another by their genes, against swapped genes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.stats import false_discovery_control, rankdata

from precompute.nulls import SIGNIFICANT, bin_genes
from precompute.report.sources import Section, Source, missing

_LEAST_GENES = 100
_N_DRAWS = 999
_FEWER_DRAWS = 199  # from so many pairs of concepts on
_MANY_PAIRS = 250_000


class Profile(NamedTuple):
    """A number for each gene of a concept, and how profiles are compared.

    `read` returns (n_concepts, n_genes) over all genes of a store, None where it has none;
    `weigh` goes before Pearson's correlation.
    """

    key: str
    title: str
    read: Callable[[Source], np.ndarray | None]
    weigh: Callable[[np.ndarray], np.ndarray]


def compare_genes(a: Source, b: Source) -> Section:
    """Match concepts by the correlation of their profiles over the genes both models read.

    A concept recurs where its best match has it as its best match too, and no more than chance
    explains the correlation: against the genes of `b` swapped within bins of equal mean absolute
    value, all concepts alike, q below .05.
    """
    places = _shared_genes(a, b)
    n_genes = len(places[0])
    if n_genes < _LEAST_GENES:
        return missing(f"Their models share {n_genes} genes, {_LEAST_GENES} are needed.")
    compared = []
    for profile in PROFILES:
        first, second = profile.read(a), profile.read(b)
        if first is not None and second is not None:
            found = _match(first[:, places[0]], second[:, places[1]], profile.weigh)
            compared.append({"key": profile.key, "title": profile.title, **_name(found, a, b)})
    if not compared:
        return missing("One of the stores has neither attribution nor DE.")
    return {"n_genes": n_genes, "profiles": compared}


class _Match(NamedTuple):
    """The best match of each concept: correlation, mean under the null, q, and whose best it is."""

    partner: np.ndarray
    correlation: np.ndarray
    null: np.ndarray
    q: np.ndarray
    mutual: np.ndarray
    n_second: int


def _match(
    first: np.ndarray, second: np.ndarray, weigh: Callable[[np.ndarray], np.ndarray]
) -> _Match:
    bins = bin_genes(np.abs(second).mean(axis=0))
    left, right = (_standardise(weigh(values)) for values in (first, second))
    found = left @ right.T
    best, partner = found.max(axis=1), found.argmax(axis=1)
    rng = np.random.default_rng(0)
    n_draws = _N_DRAWS if found.size < _MANY_PAIRS else _FEWER_DRAWS
    highest = np.empty((n_draws, len(left)), np.float32)
    order = np.arange(right.shape[1])
    for draw in range(n_draws):
        for genes in bins:
            order[genes] = rng.permutation(genes)
        highest[draw] = (left @ right[:, order].T).max(axis=1)
    p = (1 + (highest >= best).sum(axis=0)) / (n_draws + 1)
    mutual = found.argmax(axis=0)[partner] == np.arange(len(left))
    return _Match(
        partner, best, highest.mean(axis=0), false_discovery_control(p), mutual, len(right)
    )


def _name(match: _Match, a: Source, b: Source) -> Section:
    n_first = len(match.partner)
    recurs = match.mutual & (match.q < SIGNIFICANT)
    return {
        "n_concepts": n_first,
        "recur": int(recurs.sum()),
        "mutual": int(match.mutual.sum()),
        "mutual_by_chance": n_first * match.n_second / (n_first + match.n_second - 1),
        "significant": int((match.q < SIGNIFICANT).sum()),
        "matches": [
            {
                "concept": a.labels[i],
                "partner": b.labels[match.partner[i]],
                "correlation": match.correlation[i],
                "null": match.null[i],
                "q": match.q[i],
                "mutual": bool(match.mutual[i]),
            }
            for i in np.lexsort((-match.correlation, ~recurs))
        ],
    }


def _read_effects(source: Source) -> np.ndarray | None:
    return _read_attribution(source, lambda rows: rows["effect"])


def _read_directions(source: Source) -> np.ndarray | None:
    return _read_attribution(
        source, lambda rows: np.nan_to_num(rows["presence"]) - np.nan_to_num(rows["absence"])
    )


def _read_attribution(
    source: Source, take: Callable[[dict[str, np.ndarray]], np.ndarray]
) -> np.ndarray | None:
    infos = source.store.manifest.attributions
    if not infos:
        return None
    key = next((info.key for info in infos if info.default), infos[0].key)
    table = source.store.attribution(key)
    return _spread(source, table.rows, take)


def _read_differential(source: Source) -> np.ndarray | None:
    infos = source.store.manifest.differentials
    if not infos:
        return None
    return _spread(source, source.store.differential(infos[0].key).rows, lambda rows: rows["z"])


def _spread(
    source: Source,
    rows_of: Callable[[int], dict[str, np.ndarray]],
    take: Callable[[dict[str, np.ndarray]], np.ndarray],
) -> np.ndarray:
    """Return a value for each gene of each concept, 0 where there is none."""
    dense = np.zeros((source.store.n_concepts, source.store.n_genes))
    for concept in range(source.store.n_concepts):
        rows = rows_of(concept)
        dense[concept, rows["gene"]] = np.nan_to_num(take(rows))
    return dense


def _rank(values: np.ndarray) -> np.ndarray:
    return np.asarray(rankdata(values, axis=1))


def _shrink(values: np.ndarray) -> np.ndarray:
    return np.sign(values) * np.sqrt(np.abs(values))


def _standardise(values: np.ndarray) -> np.ndarray:
    """Return float32 rows of mean 0 and length 1, whose products are correlations.

    A constant row is 0.
    """
    centred = values - values.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    scaled = np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)
    return scaled.astype(np.float32)


def _shared_genes(a: Source, b: Source) -> tuple[np.ndarray, np.ndarray]:
    """Return positions of the genes that both models read, by symbol, in both stores."""
    places = []
    for source in (a, b):
        inside = np.flatnonzero(source.store.array("genes/in_model"))
        symbols = source.store.gene_symbols
        places.append({symbols[gene]: int(gene) for gene in inside[::-1]})
    shared = sorted(set(places[0]) & set(places[1]))
    first, second = (np.array([place[name] for name in shared], np.int64) for place in places)
    return first, second


PROFILES = (
    Profile("effect", "effects of genes, rank correlation", _read_effects, _rank),
    Profile(
        "direction",
        "presence minus absence, correlation of signed square roots",
        _read_directions,
        _shrink,
    ),
    Profile("differential", "z of DE, rank correlation", _read_differential, _rank),
)
