"""Figures of the pages over all concepts hold the numbers of their views."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from scconcepts_app.figures.by_gene import draw_gene
from scconcepts_app.figures.category_map import draw_category_map
from scconcepts_app.figures.pair import draw_pair
from scconcepts_app.figures.theme import DARK, LIGHT
from scconcepts_app.views.by_gene import list_points, read_gene
from scconcepts_app.views.category_map import map_categories
from scconcepts_app.views.pair import Side, pair_genes

TOKENS = (Path(__file__).parents[3] / "assets" / "tokens.css").read_text()
LABELS = [f"label {i}" for i in range(6)]


@pytest.mark.parametrize(("colors", "block"), [(LIGHT, 0), (DARK, 1)])
def test_the_style_sheet_knows_the_colours_of_the_sides(colors, block):
    tokens = dict(re.findall(r"--sc-([a-z-]+): (#[0-9a-f]{6});", TOKENS.split("data-theme")[block]))
    for name in ("presence", "absence", "opposing"):
        assert getattr(colors, name) == tokens[name]


def test_points_of_a_gene_are_its_concepts(store):
    found = read_gene(store, store.gene_symbols.index("LYZ"), "neighbours", "inactive")
    figure = draw_gene(found.symbol, list_points(found), store.concept_ids, LABELS, "light")
    points = {
        name.split(" ")[0]: (x, y)
        for trace in figure.data
        for name, x, y in zip(trace.customdata or [], trace.x, trace.y, strict=True)
    }
    assert set(points) == set(store.concept_ids)
    assert points["c0004"] == (pytest.approx(found.z[3]), pytest.approx(found.effect[3]))
    names = {note.text for note in figure.layout.annotations}
    assert "c0004" in names
    by_name = {trace.name: trace for trace in figure.data}
    assert by_name["by presence"].marker.color == LIGHT.presence
    assert by_name["opposing"].marker.color == LIGHT.opposing


def test_what_is_not_significant_is_pale(store):
    found = read_gene(store, store.gene_symbols.index("LYZ"), "neighbours", "inactive")
    figure = draw_gene(found.symbol, list_points(found), store.concept_ids, LABELS, "light")
    for trace in figure.data:
        concepts = [store.concept_ids.index(d.split(" ")[0]) for d in trace.customdata or []]
        for concept, opacity in zip(concepts, trace.marker.opacity, strict=True):
            assert opacity == pytest.approx(0.95 if found.moves[concept] else 0.4)


@pytest.mark.parametrize(
    ("metric", "low", "title"),
    [("f1", 0.0, "F1"), ("auroc", 0.5, "AUROC"), ("share", 0.0, "share of active cells")],
)
def test_the_heatmap_is_the_table(store, metric, low, title):
    table = map_categories(store, "cell_type", metric, 0.0)
    ids = [store.concept_ids[i] for i in table.concepts]
    labels = [LABELS[i] for i in table.concepts]
    (trace,) = draw_category_map(table, metric, ids, labels, "dark").data
    assert np.asarray(trace.z) == pytest.approx(table.values, abs=1e-6)
    assert trace.x[0] == f"{ids[0]} {labels[0]}"
    assert (trace.zmin, trace.zmax) == (low, 1.0)
    assert trace.colorbar.title.text == title
    assert trace.colorscale[0][1] == DARK.surface
    assert np.asarray(trace.customdata) == pytest.approx(table.numbers, abs=1e-6)


def test_many_concepts_carry_ids_and_more_carry_none(store):
    table = map_categories(store, "cell_type", "f1", 0.0)
    for n, expected in ((48, "c0 a label"), (49, "c0"), (121, None)):
        wide = type(table)(
            **{
                **vars(table),
                "concepts": np.arange(n),
                "values": np.zeros((5, n)),
                "numbers": np.zeros((5, n, 3)),
            }
        )
        names = [f"c{i}" for i in range(n)]
        figure = draw_category_map(wide, "f1", names, ["a label"] * n, "light")
        ticks = figure.layout.xaxis.ticktext
        assert (ticks[0] if ticks else None) == expected


def test_the_scatter_of_a_pair_has_one_scale(store):
    pair = pair_genes(Side(store, 0, "neighbours"), Side(store, 1, "neighbours"))
    figure = draw_pair(pair, "c0001", "c0002", "light")
    line, genes = figure.data
    assert list(genes.customdata) == [pair.symbols[i] for i in pair.drawn]
    assert np.asarray(genes.x) == pytest.approx(pair.a[pair.drawn])
    assert figure.layout.xaxis.range == figure.layout.yaxis.range
    assert list(line.x) == list(line.y)
    assert figure.layout.xaxis.title.text == "effect on A, c0001"
    assert "CD79A" in {note.text for note in figure.layout.annotations}


def test_labels_are_no_markup(store):
    found = read_gene(store, store.gene_symbols.index("LYZ"), "neighbours", "inactive")
    labels = ["<b>T & B</b>"] * 6
    figure = draw_gene(found.symbol, list_points(found), store.concept_ids, labels, "light")
    hovers = [text for trace in figure.data for text in trace.customdata or ()]
    assert len(hovers) > 1
    assert all(text.endswith(" &lt;b&gt;T &amp; B&lt;/b&gt;") for text in hovers)
