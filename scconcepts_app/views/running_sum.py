"""The running sum of a GSEA for one gene set, from the ranking and the members in the store.

Down a ranking of N genes a set S of k genes adds |value| / sum of |value| over S at each gene of
its own and takes 1 / (N - k) at every other one; the enrichment score is the extreme farther from 0
(Subramanian et al. 2005, PNAS 102:15545).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.manifest import EnrichmentInfo
from scconcepts_app.views.genes import default_attribution
from scconcepts_app.views.numbers import format_count, format_number, format_p, known_or_none
from scconcepts_app.views.pathways import default_enrichment, shorten_set_name

PRERANK = "prerank"
# Rankings that the store holds no more of than the two lists of its attribution and the z of DE.
_ATTRIBUTION = ("attribution", "presence", "absence")
_DIFFERENTIAL = {"differential": "inactive", "matched": "matched"}


@dataclass(frozen=True)
class Hit:
    """A gene of the set: its place in the ranking from 1, its value, and whether it leads."""

    symbol: str
    place: int
    value: float
    is_leading: bool


@dataclass(frozen=True)
class RunningSum:
    """The running sum of one gene set down the ranking of a concept.

    Attributes
    ----------
    gene_set : index of the set.
    test : the GSEA whose ranking it is.
    n_genes : genes that are ranked; those that the model reads.
    n_positive : of them, those with a value above 0.
    hits : genes of the set, the top of the ranking first.
    x, y : corners of the curve, places and sums; from (0, 0) to (n_genes, 0).
    score : the extreme farther from 0; None where the set or the ranking says nothing.
    nes, q : of the store; None where the set is not among the stored rows of the concept.
    """

    gene_set: int
    name: str
    test: EnrichmentInfo
    n_genes: int
    n_positive: int
    hits: list[Hit]
    x: list[float]
    y: list[float]
    score: float | None
    nes: float | None
    q: float | None

    @property
    def leading(self) -> list[str]:
        """Symbols of the leading edge, those nearest to the end of the ranking first."""
        found = [hit.symbol for hit in self.hits if hit.is_leading]
        return found if (self.score or 0) > 0 else found[::-1]

    @property
    def peak(self) -> int:
        """Place of the extreme; 0 where there is none."""
        if self.score is None:
            return 0
        return int(self.x[int(np.argmax(np.abs(self.y)))])


def choose_ranking(store: ConceptStore, key: str) -> EnrichmentInfo | None:
    """Return the GSEA `key`, the first one for another test, None in a store without any."""
    infos = [info for info in store.manifest.enrichments if info.test == PRERANK]
    default = default_enrichment(store)
    chosen = next((info for info in infos if info.key == key), None)
    return chosen or (default if default in infos else next(iter(infos), None))


def read_ranking(store: ConceptStore, concept: int, ranking: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the genes that the model reads, and the value by which each is ranked.

    Attribution, presence and absence are ranked by the signed square root of the effect under the
    default counterfactual, DE by z. Genes without a value stand at 0.

    Raises
    ------
    KeyError
        There is no such ranking, or the store has not kept it.
    """
    genes = np.flatnonzero(np.asarray(store.array("genes/in_model")))
    values = np.zeros(store.n_genes)
    if ranking in _ATTRIBUTION:
        info = default_attribution(store)
        if info is None:
            raise KeyError(ranking)
        rows = store.attribution(info.key).rows(concept)
        presence, absence = (np.nan_to_num(rows[part]) for part in ("presence", "absence"))
        effects = {"attribution": presence - absence, "presence": presence, "absence": absence}
        directed = effects[ranking].astype(float)
        values[rows["gene"]] = np.sign(directed) * np.sqrt(np.abs(directed))
    else:
        rows = store.differential(_DIFFERENTIAL[ranking]).rows(concept)
        values[rows["gene"]] = np.nan_to_num(rows["z"])
    return genes, values[genes]


def compute_running_sum(
    store: ConceptStore, concept: int, test: EnrichmentInfo, gene_set: int
) -> RunningSum:
    """Return the running sum of a gene set.

    Genes of equal value stand in the order of the store; the precomputation drew that order, so
    among them, mostly those without an effect, its score can differ in the last digits.

    Raises
    ------
    KeyError
        The store does not hold the ranking of this test.
    """
    genes, values = read_ranking(store, concept, test.ranking)
    order = np.argsort(-values, kind="stable")
    members = store.ragged("gene_sets/members", ("gene",)).rows(gene_set)["gene"]
    places = np.flatnonzero(np.isin(genes[order], members))
    x, y, score = _walk(places, np.abs(values[order]), len(genes))
    leads = _find_leading(places, x, y, score)
    symbols = store.gene_symbols
    nes, q = _read_row(store, concept, test, gene_set)
    return RunningSum(
        gene_set=gene_set,
        name=shorten_set_name(store.strings("gene_sets/name")[gene_set]),
        test=test,
        n_genes=len(genes),
        n_positive=int((values > 0).sum()),
        hits=[
            Hit(symbols[genes[order[p]]], int(p) + 1, float(values[order[p]]), bool(leading))
            for p, leading in zip(places, leads, strict=True)
        ],
        x=x.tolist(),
        y=y.tolist(),
        score=score,
        nes=nes,
        q=q,
    )


def describe_running_sum(found: RunningSum, concept_id: str) -> str:
    """Return the curve in words: where its extreme is, and which genes lead."""
    if found.score is None:
        return f"{concept_id}: {found.test.title} ranks no gene of {found.name}."
    side = "highest" if found.score > 0 else "lowest"
    leading = found.leading
    named = ", ".join(leading[:5]) + (" …" if len(leading) > 5 else "")
    tested = (
        f"NES {format_number(found.nes)}, q {format_p(found.q)}; " if found.q is not None else ""
    )
    return (
        f"{concept_id}, {found.name}: {tested}{side} sum {format_number(found.score)} after "
        f"{format_count(found.peak)} of {format_count(found.n_genes)} genes; {len(leading)} of "
        f"{len(found.hits)} lead (coloured ticks): {named}"
    )


def _walk(
    places: np.ndarray, weights: np.ndarray, n_genes: int
) -> tuple[np.ndarray, np.ndarray, float | None]:
    """Return the corners of the curve, before and after each gene of the set, and its extreme."""
    flat = np.array([0, n_genes]), np.zeros(2), None
    k, own = len(places), weights[places]
    if k == 0 or k == n_genes or own.sum() == 0:
        return flat
    risen = np.cumsum(own) / own.sum()
    fallen = (places - np.arange(k)) / (n_genes - k)
    x = np.concatenate([[0], np.stack([places, places + 1], 1).ravel(), [n_genes]])
    before, after = np.concatenate([[0], risen[:-1]]) - fallen, risen - fallen
    y = np.concatenate([[0], np.stack([before, after], 1).ravel(), [0]])
    return x, y, float(y[int(np.argmax(np.abs(y)))])


def _find_leading(
    places: np.ndarray, x: np.ndarray, y: np.ndarray, score: float | None
) -> np.ndarray:
    """Return which genes of the set stand on the outer side of the extreme."""
    if score is None:
        return np.zeros(len(places), bool)
    peak = x[int(np.argmax(np.abs(y)))]
    return places < peak if score > 0 else places >= peak


def _read_row(
    store: ConceptStore, concept: int, test: EnrichmentInfo, gene_set: int
) -> tuple[float | None, float | None]:
    rows = store.enrichment(test.key).rows(concept)
    found = np.flatnonzero(np.asarray(rows["gene_set"]) == gene_set)
    if not len(found):
        return None, None
    row = int(found[0])
    return known_or_none(rows["statistic"][row]), known_or_none(rows["q"][row])
