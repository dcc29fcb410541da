"""The running sum of a GSEA: worked out by hand, and beside what the store says leads."""

from __future__ import annotations

import numpy as np
import pytest

from scconcepts_app.figures.genes import MARK, draw_genes
from scconcepts_app.figures.running_sum import draw_running_sum
from scconcepts_app.store import ConceptStore
from scconcepts_app.views.genes import list_genes
from scconcepts_app.views.running_sum import (
    choose_ranking,
    compute_running_sum,
    describe_running_sum,
    read_ranking,
)
from tests.store_factory import MARKERS
from tests.unit.app.conftest import with_arrays, with_rows


def find_test(store: ConceptStore, name: str):
    """The test of this key."""
    return next(info for info in store.manifest.enrichments if info.key == name)


@pytest.fixture(scope="module")
def small(store) -> ConceptStore:
    """The first concept ranks ten genes by z: 5, 4, 3, 2, 1, -1, -2, -3, -4, -5, the last two 0."""
    n_model = 12
    in_model = (np.arange(store.n_genes) < n_model).astype(np.uint8)
    z = np.array([1, 5, -4, 3, -1, 4, -5, 2, -2, -3], np.float32)
    variant = with_rows(store, "differential/inactive", {"gene": list(range(10)), "z": z.tolist()})
    return with_arrays(variant, {"genes/in_model": in_model})


def with_members(store: ConceptStore, genes: list[int]) -> ConceptStore:
    """The store whose first gene set has these members, and no other has any."""
    offsets = np.array([0, *[len(genes)] * store.manifest.counts["n_gene_sets"]])
    members = {"gene_sets/members/offsets": offsets, "gene_sets/members/gene": np.array(genes)}
    return with_arrays(store, members)


def compute(store, genes):
    return compute_running_sum(
        with_members(store, genes), 0, find_test(store, "prerank_differential"), 0
    )


def test_by_hand(small):
    # Ranked: genes 1 (5), 5 (4), 3 (3), 7 (2), 0 (1), 10 and 11 (0), 4, 8, 9, 2, 6. The set
    # {1, 3, 4} stands at places 1, 3 and 8 with weights 5, 3, 1 of 9; each miss costs 1/9.
    found = compute(small, [1, 3, 4])
    assert (found.n_genes, found.n_positive) == (12, 5)
    assert [(hit.symbol, hit.place, hit.value) for hit in found.hits] == [
        (small.gene_symbols[1], 1, 5.0),
        (small.gene_symbols[3], 3, 3.0),
        (small.gene_symbols[4], 8, -1.0),
    ]
    assert found.x == [0, 0, 1, 2, 3, 7, 8, 12]
    expected = [0, 0, 5 / 9, 4 / 9, 7 / 9, 3 / 9, 4 / 9, 0]
    assert found.y == pytest.approx(expected)
    assert found.score == pytest.approx(7 / 9)
    assert (found.peak, found.leading) == (3, [small.gene_symbols[1], small.gene_symbols[3]])


def test_a_set_at_the_bottom_leads_from_there(small):
    # {6, 2, 1}: places 12, 11 and 1, weights 5, 4, 5 of 14; lowest before place 11.
    found = compute(small, [6, 2, 1])
    assert found.score == pytest.approx(5 / 14 - 1)
    assert found.leading == [small.gene_symbols[6], small.gene_symbols[2]]
    assert found.peak == 10


@pytest.mark.parametrize("genes", [[], list(range(12)), [10, 11], [33, 34]])
def test_a_set_of_nothing_everything_or_zeros_has_no_sum(small, genes):
    found = compute(small, genes)
    assert found.score is None and found.leading == [] and found.peak == 0
    assert describe_running_sum(found, "c0001").endswith(
        "GSEA of DE ranks no gene of B cell markers."
    )


def test_genes_that_the_model_does_not_read_do_not_count(small):
    assert [hit.place for hit in compute(small, [1, 30]).hits] == [1]


def test_attribution_is_ranked_by_the_signed_root_of_presence_less_absence(store):
    rows = store.attribution("neighbours").rows(1)
    genes, values = read_ranking(store, 1, "attribution")
    assert len(genes) == store.n_genes - 3
    for i in (0, 7, len(rows["gene"]) - 1):
        effect = float(rows["presence"][i]) - float(rows["absence"][i])
        place = int(np.flatnonzero(genes == rows["gene"][i])[0])
        assert values[place] == pytest.approx(np.sign(effect) * abs(effect) ** 0.5)
    by_presence = read_ranking(store, 1, "presence")[1]
    assert by_presence.max() == pytest.approx(float(rows["presence"].max()) ** 0.5)


def test_what_the_store_has_not_kept_is_an_error(store, plain_store):
    with pytest.raises(KeyError):
        read_ranking(store, 0, "nonsense")
    with pytest.raises(KeyError):
        read_ranking(plain_store, 0, "attribution")


def test_markers_lead_their_own_set(store):
    found = compute_running_sum(store, 1, find_test(store, "prerank_presence"), 1)
    assert found.leading == MARKERS["CD4 T cell"]
    assert (found.nes, found.q) == (pytest.approx(2.4), pytest.approx(6e-5))
    words = describe_running_sum(found, "c0002")
    assert words.startswith("c0002, CD4 T cell markers: NES 2.40, q 6.0e-05; highest sum 1.00")
    assert words.endswith("5 of 5 lead (coloured ticks): IL7R, LTB, CD3D, CD3E, CCR7")


def test_another_test_takes_the_first_gsea(store, plain_store):
    assert choose_ranking(store, "prerank_differential").key == "prerank_differential"
    for key in ("overrepresentation_presence", "set-swap", "", "nonsense"):
        assert choose_ranking(store, key).key == "prerank_presence"
    assert choose_ranking(plain_store, "prerank_presence") is None


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_figure_is_the_curve_and_a_tick_for_each_gene(store, theme):
    found = compute_running_sum(store, 1, find_test(store, "prerank_differential"), 2)
    traces = {trace.name: trace for trace in draw_running_sum(found, theme).data}
    assert list(traces["running sum"].y) == found.y
    drawn = [*traces["leading genes"].customdata, *traces["others"].customdata]
    assert sorted(drawn) == sorted(hit.symbol for hit in found.hits)
    assert set(traces["leading genes"].customdata) == set(found.leading)


def test_marked_genes_have_a_dot_before_their_name(store):
    table = list_genes(store, 0, "presence", "neighbours", "inactive")
    figure = draw_genes(table, "z", "light", None, ["MS4A1"])
    names = dict(zip((row.symbol for row in table.rows), figure.layout.yaxis.ticktext, strict=True))
    assert [symbol for symbol, name in names.items() if MARK in name] == ["MS4A1"]
    assert names["CD79A"] == "CD79A"
