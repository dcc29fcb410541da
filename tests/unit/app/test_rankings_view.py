"""Gene sets on all rankings side by side: quadrants worked out by hand, and what is drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scconcepts_app.components.rankings_table import columns_of_rankings, rows_of_rankings
from scconcepts_app.figures.rankings import draw_rankings
from scconcepts_app.store import ConceptStore
from scconcepts_app.store.manifest import EnrichmentInfo
from scconcepts_app.views.rankings import list_ranked_sets, list_rankings
from tests.unit.app.conftest import with_arrays, with_rows

BY_BOTH, BY_ATTRIBUTION, BY_DE, NEITHER, ONLY_DE_ROW, ONLY_ATTRIBUTION_ROW = range(6)


def with_tests(
    store: ConceptStore,
    presence: dict[int, float],
    de: dict[int, float],
    lowered: tuple[int, ...] = (),
):
    """The store whose first concept has these q, by set, on presence and on DE.

    NES is the index of the set and 1, below 0 on DE for those that are `lowered`.
    """
    for key, qs in (("prerank_presence", presence), ("prerank_differential", de)):
        ordered = sorted(qs, key=lambda gene_set: qs[gene_set])
        rows = {
            "gene_set": ordered,
            "q": [qs[gene_set] for gene_set in ordered],
            "p": [qs[gene_set] for gene_set in ordered],
            "statistic": [
                (1.0 + s) * (-1 if s in lowered and key == "prerank_differential" else 1)
                for s in ordered
            ],
            "size": [5] * len(ordered),
        }
        store = with_rows(store, f"enrichment/{key}", rows)
    return store


@pytest.fixture(scope="module")
def four(store):
    """Sets 0 to 3 in every quadrant; 4 has no row on presence, 5 none on DE."""
    presence = {BY_BOTH: 0.01, BY_ATTRIBUTION: 0.049, BY_DE: 0.05, NEITHER: 0.9, 5: 0.001}
    de = {BY_BOTH: 0.02, BY_ATTRIBUTION: 0.3, BY_DE: 0.002, NEITHER: 0.6, 4: 0.04}
    return with_tests(store, presence, de)


def test_each_set_stands_in_its_quadrant(four):
    table = list_ranked_sets(four, 0)
    assert [info.ranking for info in table.rankings] == ["presence", "differential"]
    assert {row.gene_set: row.place for row in table.rows} == {
        BY_BOTH: "both",
        BY_ATTRIBUTION: "attribution",
        BY_DE: "DE",
        NEITHER: "neither",
        # The rows that are missing would come behind the last ones, which are not found.
        ONLY_DE_ROW: "DE",
        ONLY_ATTRIBUTION_ROW: "attribution",
    }
    assert [row.gene_set for row in table.rows] == [5, BY_DE, BY_BOTH, 4, BY_ATTRIBUTION, NEITHER]
    first = table.rows[0]
    assert (first.statistics, first.qs) == ((6.0, None), (0.001, None))
    assert (table.count("used only"), table.count("neither")) == (2, 1)


def test_a_set_behind_the_last_row_kept_is_not_placed_where_that_row_is_found(store):
    variant = with_tests(store, {0: 0.01, 1: 0.04}, {0: 0.01, 2: 0.03, 3: 0.9})
    places = {row.gene_set: row.place for row in list_ranked_sets(variant, 0).rows}
    assert places == {0: "both", 1: "attribution", 2: "not known", 3: "not known"}


def test_a_set_that_both_find_in_opposite_directions_has_its_own_place(store):
    qs = {0: 0.01, 1: 0.02, 2: 0.9}
    variant = with_tests(store, qs, {**qs, 2: 0.03}, lowered=(1, 2))
    table = list_ranked_sets(variant, 0)
    assert [row.gene_set for row in list_ranked_sets(variant, 0, "opposite").rows] == [1]
    places = {row.gene_set: (row.place, *row.told) for row in table.rows}
    assert places == {
        0: ("both", "↑", "both, raised"),
        1: ("opposite", "↑↓", "in opposite directions: raised by attribution, lowered by DE"),
        2: ("DE", "↓", "DE, lowered"),
    }
    assert (table.count("opposite"), table.count_told("only differential")) == (1, {"↓": 1})
    found = {row.gene_set: row.found_by for row in table.rows}
    assert found[0] == "found by both, raised"
    assert found[1].startswith("found in opposite directions: raised")


@pytest.mark.parametrize(
    ("presence", "absence", "de", "place"),
    [
        ((2, 0.01), (2, 0.9), (2, 0.01), ("both", "↑")),
        ((2, 0.01), (2, 0.9), (-2, 0.01), ("opposite", "↑↓")),
        ((-2, 0.9), (2, 0.01), (-2, 0.01), ("both", "↓")),
        ((-2, 0.9), (2, 0.01), (2, 0.01), ("opposite", "↓↑")),
        # Of one part, the bottom says nothing.
        ((-2, 0.01), (-2, 0.01), (-2, 0.01), ("DE", "↓")),
        ((-2, 0.01), (-2, 0.01), (-2, 0.05), ("neither", "")),
        # Genes of both kinds: DE agrees with one of them.
        ((2, 0.01), (2, 0.01), (-2, 0.01), ("both", "↓")),
        ((2, 0.01), (2, 0.01), (-2, 0.9), ("attribution", "↑↓")),
    ],
)
def test_presence_raises_and_absence_lowers(store, presence, absence, de, place):
    given = {"presence": presence, "absence": absence, "differential": de}
    infos = [
        EnrichmentInfo(key, key, "prerank", ranking, "NES")
        for key, ranking in zip(
            ("prerank_presence", "overrepresentation_presence", "prerank_differential"),
            given,
            strict=True,
        )
    ]
    for info in infos:
        nes, q = given[info.ranking]
        rows = {"gene_set": [0], "statistic": [nes], "q": [q], "size": [5]}
        store = with_rows(store, f"enrichment/{info.key}", rows)
    store.manifest = replace(store.manifest, enrichments=infos)
    (row,) = list_ranked_sets(store, 0).rows
    assert (row.place, row.told[0]) == place


def test_one_quadrant_alone(four):
    rows = list_ranked_sets(four, 0, "only differential").rows
    assert [row.gene_set for row in rows] == [BY_DE, ONLY_DE_ROW]
    assert list_ranked_sets(four, 0, "nonsense").rows == []


def test_a_store_without_de_places_nothing(store):
    infos = [info for info in store.manifest.enrichments if info.ranking == "presence"]
    bare = with_arrays(store, {})
    bare.manifest = replace(store.manifest, enrichments=infos)
    table = list_ranked_sets(bare, 0)
    assert len(table.rows) == 6 and {row.quadrant for row in table.rows} == {None}
    assert table.differential is None


def test_without_a_gsea_there_is_nothing(plain_store):
    table = list_ranked_sets(plain_store, 0)
    assert (table.rows, table.rankings, table.attribution) == ([], [], None)


def test_attribution_stands_before_de_whatever_the_order_of_the_store(store):
    turned = with_arrays(store, {})
    turned.manifest = replace(store.manifest, enrichments=store.manifest.enrichments[::-1])
    assert [i.ranking for i in list_rankings(turned)] == ["presence", "differential"]


def test_rows_and_columns_for_the_browser(four):
    table = list_ranked_sets(four, 0)
    columns = columns_of_rankings(table)
    assert [column["headerName"] for column in columns] == ["Gene set", "Pres.", "DE", "Found by"]
    first = rows_of_rankings(table)[0]
    assert (
        first["ranking_0"] == {"statistic": 6.0, "q": 0.001, "found": "raised"}
        and first["ranking_1"] is None
    )
    assert (first["set"], first["place"]) == ("Interferon response", "attribution")
    assert (first["place_arrows"], first["place_told"]) == ("↑", "attribution, raised")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_figure_draws_what_both_sides_know(four, theme):
    figure = draw_rankings(list_ranked_sets(four, 0), theme)
    drawn = {trace.name: list(zip(trace.x, trace.y, strict=True)) for trace in figure.data}
    assert drawn == {
        "both": [(1.0, 1.0)],
        "opposite": [],
        "attribution": [(2.0, 2.0)],
        "DE": [(3.0, 3.0)],
        "neither": [(4.0, 4.0)],
    }
    assert "</b>, found by both, raised<br>" in figure.data[0].hovertext[0]
    assert np.unique([trace.marker.symbol for trace in figure.data]).size == 5
