"""Two concepts: in the same cells, and in genes, gene sets and kinds of cells."""

from __future__ import annotations

import numpy as np
import pytest

from scconcepts_app.store.columns import encode_strings
from scconcepts_app.views.coactivation import coactivate, list_companions, match_cells
from scconcepts_app.views.comparison import correlate_ranks
from scconcepts_app.views.pair import Side, pair_genes, pair_obs, split_genes, split_sets
from scconcepts_app.views.set_overview import list_tests
from tests.unit.app.conftest import with_arrays, with_rows


def with_ids(store, ids):
    encoded = encode_strings(ids)
    return with_arrays(store, {f"cells/id/{name}": column for name, column in encoded.items()})


def planted(store, cells, values):
    """The store in which concepts 0 and 1 are active in these cells, and the others nowhere."""
    offsets = np.array([0, len(cells[0]), *[len(cells[0]) + len(cells[1])] * 5])
    return with_arrays(
        store,
        {
            "activations/by_concept/offsets": offsets,
            "activations/by_concept/cell": np.array([*cells[0], *cells[1]], np.int32),
            "activations/by_concept/value": np.array([*values[0], *values[1]], np.float32),
        },
    )


def test_counts_and_correlations_by_hand(store):
    # A in cells 1, 2, 3; B in 2, 3, 4, 5: together in two of five.
    variant = planted(store, ([3, 1, 2], [5, 4, 2, 3]), ([3.0, 1.0, 2.0], [4.0, 3.0, 1.0, 2.0]))
    found = coactivate(variant, 0, variant, 1, np.arange(variant.n_cells))
    assert (found.n_cells, found.n_a, found.n_b, found.n_both) == (300, 3, 4, 2)
    assert found.n_either == 5
    assert found.jaccard == pytest.approx(2 / 5)
    assert found.enrichment == pytest.approx(2 / (3 * 4 / 300))
    a, b = [1.0, 2.0, 3.0, 0.0, 0.0], [0.0, 1.0, 2.0, 3.0, 4.0]
    assert found.pearson == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert found.spearman == pytest.approx(correlate_ranks(np.array(a), np.array(b)))


def test_concepts_that_are_never_together(store):
    variant = planted(store, ([1, 2], [3]), ([1.0, 2.0], [1.0]))
    found = coactivate(variant, 0, variant, 1, np.arange(variant.n_cells))
    assert (found.n_both, found.jaccard, found.enrichment) == (0, 0.0, 0.0)


def test_what_has_no_sense_is_missing(store):
    variant = planted(store, ([], [3]), ([], [1.0]))
    found = coactivate(variant, 0, variant, 1, np.arange(variant.n_cells))
    assert (found.jaccard, found.enrichment, found.pearson) == (0.0, None, None)
    nothing = coactivate(variant, 2, variant, 3, np.arange(variant.n_cells))
    assert (nothing.jaccard, nothing.enrichment) == (None, None)
    assert [fact.value for fact in nothing.facts][1:] == ["—"] * 6


def test_cells_are_matched_by_id_whatever_their_order(store):
    ids = list(store.strings("cells/id"))
    other = with_ids(store, ids[::-1])
    assert match_cells(store, store).tolist() == list(range(300))
    assert match_cells(store, other).tolist() == list(range(299, -1, -1))


def test_cells_of_one_store_alone_are_left_out(store):
    ids = list(store.strings("cells/id"))
    other = with_ids(store, [*ids[:10], *[f"other-barcode-{i}" for i in range(290)]])
    matched = match_cells(store, other)
    assert matched[:10].tolist() == list(range(10)) and (matched[10:] == -1).all()
    found = coactivate(store, 0, other, 0, matched)
    assert found.n_cells == 10
    assert found.n_a == found.n_b == found.n_both


@pytest.mark.parametrize("change", [lambda i: f"x{i}", lambda i: "same"])
def test_cells_that_cannot_be_matched(store, change):
    assert match_cells(store, with_ids(store, [change(i) for i in range(300)])) is None


def test_one_id_for_several_cells_of_the_first_cannot_be_matched(store):
    ids = list(store.strings("cells/id"))
    other = with_ids(store, ids[::-1])
    assert match_cells(with_ids(store, [ids[0], ids[0], *ids[2:]]), other) is None


def test_companions_share_most_cells(store):
    by_cell = store.array("activations/by_cell/concept")
    cells = set(store.activations.rows(5)["cell"].tolist())
    shared = [sum(c in row for row in by_cell[sorted(cells)].tolist()) for c in range(6)]
    found = list_companions(store, 5, 3)
    best = sorted(range(5), key=lambda c: -shared[c])[:3]
    assert [concept for concept, _ in found] == best
    assert found[0][1] == pytest.approx(shared[best[0]] / len(cells))


def test_a_silent_concept_has_no_companions(silent_store):
    assert list_companions(silent_store, 0, 3) == []


def test_effects_of_shared_genes(store):
    pair = pair_genes(Side(store, 0, "neighbours"), Side(store, 1, "random_matched"))
    rows = store.attribution("random_matched").rows(1)
    at = pair.symbols.index("CD3D")
    gene = store.gene_symbols.index("CD3D")
    assert pair.b[at] == pytest.approx(rows["effect"][rows["gene"] == gene][0])
    assert len(pair.symbols) == store.n_genes - 3
    assert pair.rank_correlation == pytest.approx(correlate_ranks(pair.a, pair.b))


def test_genes_of_two_stores_are_matched_by_symbol(store):
    symbols = store.gene_symbols
    other = with_arrays(
        store,
        {f"genes/symbol/{k}": v for k, v in encode_strings(["NEW", *symbols[1:]]).items()},
    )
    other.__dict__.pop("gene_symbols", None)
    pair = pair_genes(Side(store, 0, "neighbours"), Side(other, 0, "neighbours"))
    assert len(pair.symbols) == store.n_genes - 4
    assert symbols[0] not in pair.symbols and "NEW" not in pair.symbols
    assert pair.a.tolist() == pair.b.tolist() and pair.rank_correlation == pytest.approx(1)


def test_without_attribution_there_is_no_pair(store, plain_store, silent_store):
    side = Side(store, 0, "neighbours")
    assert pair_genes(side, Side(plain_store, 0, None)) is None
    assert split_genes(side, Side(plain_store, 0, None), "presence") is None
    assert pair_genes(side, Side(silent_store, 0, "neighbours")) is None


def test_first_genes_are_split(store):
    a, b = Side(store, 0, "neighbours"), Side(store, 1, "neighbours")
    split = split_genes(a, b, "presence", n=5)
    assert split.shared == []
    assert split.only_a == ["CD79A", "MS4A1", "CD79B", "CD74", "HLA-DRA"]
    assert sorted(split.only_b) == sorted(["IL7R", "LTB", "CD3D", "CD3E", "CCR7"])
    assert split_genes(a, a, "presence", n=5).shared == split.only_a


def test_gene_sets_are_split_and_opposite_signs_told_apart(store):
    rows = {"gene_set": [0, 1, 2], "statistic": [2.0, -2.0, 1.0], "q": [0.001, 0.02, 0.3]}
    first = with_rows(store, "enrichment/prerank_differential", rows)
    rows = {"gene_set": [0, 1, 3], "statistic": [1.5, 1.5, 1.0], "q": [0.049, 0.01, 0.04]}
    second = with_rows(store, "enrichment/prerank_differential", rows)
    split = split_sets(Side(first, 0, None), Side(second, 0, None), list_tests(store)[1])
    assert split.shared == ["B cell markers"]
    assert split.opposed == ["CD4 T cell markers"]
    assert (split.only_a, split.only_b) == ([], ["Monocyte markers"])


def test_the_bottom_of_presence_is_not_found(store):
    rows = {"gene_set": [0, 1, 2], "statistic": [2.0, -2.0, 2.0], "q": [0.001, 0.02, 0.05]}
    side = Side(with_rows(store, "enrichment/prerank_presence", rows), 0, None)
    assert split_sets(side, side, list_tests(store)[0]).shared == ["B cell markers"]


def test_kinds_of_cells(store):
    rows = pair_obs(Side(store, 0, None), Side(store, 1, None))
    assert [row.column for row in rows] == ["cell_type", "condition", "donor"]
    assert (rows[0].a[0], rows[0].b[0]) == ("B cell", "CD4 T cell")
    assert rows[0].differs
    same = pair_obs(Side(store, 0, None), Side(store, 0, None))
    assert not any(row.differs for row in same)


def test_kinds_of_a_silent_concept_are_missing(store, silent_store):
    rows = pair_obs(Side(silent_store, 0, None), Side(store, 1, None))
    assert rows[0].a is None and rows[0].b[0] == "CD4 T cell" and not rows[0].differs
