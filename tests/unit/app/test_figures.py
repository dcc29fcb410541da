"""Figures: the traces hold the numbers of the views, and the themes those of the style sheet."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from scconcepts_app.figures.association import draw_categories, draw_correlations
from scconcepts_app.figures.genes import draw_genes
from scconcepts_app.figures.message import draw_message
from scconcepts_app.figures.pathways import draw_pathways
from scconcepts_app.figures.theme import DARK, FONT, LIGHT, template
from scconcepts_app.views.association import list_categories, list_correlations
from scconcepts_app.views.genes import list_genes
from scconcepts_app.views.pathways import list_pathways

TOKENS = (Path(__file__).parents[3] / "assets" / "tokens.css").read_text()


def traces(figure) -> dict:
    return {trace.name: trace for trace in figure.data}


def test_gene_bars_are_the_numbers_of_the_list(store):
    table = list_genes(store, 0, "presence", "neighbours", "inactive")
    found = traces(draw_genes(table, "z", "light"))
    assert list(found["effect ± s.e."].x) == [row.effect for row in table.rows]
    errors = [row.standard_error for row in table.rows]
    assert list(found["effect ± s.e."].error_x.array) == errors
    assert list(found["exact swap"].x) == [row.exact for row in table.rows]
    assert list(found["DE"].x) == [row.z for row in table.rows]
    assert list(found["effect ± s.e."].customdata) == [row.symbol for row in table.rows]


def test_fold_change_takes_the_place_of_z(store):
    table = list_genes(store, 0, "presence", "neighbours", "inactive")
    figure = draw_genes(table, "log_fold_change", "light")
    assert list(traces(figure)["DE"].x) == [row.log_fold_change for row in table.rows]
    assert "fold change" in figure.layout.xaxis2.title.text


def test_attribution_and_de_have_their_own_titled_axes(store):
    table = list_genes(store, 0, "absence", "neighbours", "inactive")
    layout = draw_genes(table, "z", "dark").layout
    assert layout.xaxis.title.text == "effect (units of pre-activation)"
    assert layout.xaxis2.title.text == "DE: z (Wilcoxon)"
    assert layout.xaxis.domain[1] < layout.xaxis2.domain[0]


def test_names_of_genes_lead_where_they_are_told(store):
    table = list_genes(store, 0, "presence", "neighbours", "inactive")
    first = replace(table.rows[0], symbol="A<B>&C")
    table = replace(table, rows=[first, *table.rows[1:]])
    plain = draw_genes(table, "z", "light").layout.yaxis.ticktext
    assert plain[0] == "A&lt;B&gt;&amp;C"
    linked = draw_genes(table, "z", "light", lambda symbol: f"/genes?g={symbol}")
    assert linked.layout.yaxis.ticktext[0] == (
        '<a href="/genes?g=A&lt;B&gt;&amp;C">A&lt;B&gt;&amp;C</a>'
    )


def test_presence_and_absence_differ_in_colour(store):
    colors = {}
    for name in ("presence", "absence"):
        figure = draw_genes(list_genes(store, 0, name, "neighbours", None), "z", "light")
        colors[name] = traces(figure)["effect ± s.e."].marker.color
    assert colors == {"presence": LIGHT.presence, "absence": LIGHT.absence}


def test_without_attribution_de_takes_the_width(plain_store):
    table = list_genes(plain_store, 0, "differential", None, "inactive")
    figure = draw_genes(table, "z", "light")
    assert list(traces(figure)) == ["DE"]
    assert figure.layout.xaxis2.domain == (0.0, 1.0)
    assert not figure.layout.xaxis.visible


def test_missing_values_are_dashes(store):
    table = list_genes(store, 0, "presence", "neighbours", None)
    rows = [row.__class__(**{**row.__dict__, "effect": None}) for row in table.rows[:2]]
    table = table.__class__(rows, "presence", 2, table.attribution, None)
    assert [note.text for note in draw_genes(table, "z", "light").layout.annotations] == ["—", "—"]


def test_pathway_dots_are_the_numbers_of_the_table(store):
    table = list_pathways(store, 1, "prerank_presence")
    figure = draw_pathways(table, "light")
    (dots,) = figure.data
    assert sorted(dots.x) == pytest.approx(sorted(row.statistic for row in table.rows))
    assert figure.layout.yaxis.ticktext[-1] == "CD4 T cell markers"
    assert dots.marker.color[-1] == pytest.approx(table.rows[0].minus_log10_q)
    assert set(dots.marker.size) == {4}
    assert figure.layout.xaxis.title.text.startswith("NES")


def test_category_bars_are_the_chosen_measure(store):
    rows = list_categories(store, 0, "cell_type")
    for metric in ("f1", "share"):
        bar = draw_categories(rows, metric, "light").data[0]
        assert list(bar.x) == sorted((getattr(row, metric) for row in rows), reverse=True)


def test_auroc_bars_start_at_no_relation(store):
    rows = list_categories(store, 0, "cell_type")
    bar = draw_categories(rows, "auroc", "light").data[0]
    assert bar.base == 0.5
    assert max(bar.x) + 0.5 == pytest.approx(max(row.auroc for row in rows))


def test_shares_are_shown_with_the_share_of_all_cells(store):
    rows = list_categories(store, 0, "cell_type")
    tick = draw_categories(rows, "share", "light").data[1]
    assert sorted(tick.x) == sorted(row.usual for row in rows)


def test_missing_measures_have_no_bar_but_a_dash(silent_store):
    figure = draw_categories(list_categories(silent_store, 0, "cell_type"), "f1", "light")
    assert set(figure.data[0].x) == {None}
    assert {note.text for note in figure.layout.annotations} == {"—"}


def test_correlations_span_minus_one_to_one(store):
    figure = draw_correlations(list_correlations(store, 0), "light")
    assert figure.layout.xaxis.range == (-1.0, 1.0)


def test_a_message_has_no_axes():
    figure = draw_message("Nothing to show.", "dark")
    assert figure.layout.annotations[0].text == "Nothing to show."
    assert not figure.layout.xaxis.visible
    assert not figure.layout.yaxis.visible


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_figures_are_transparent(theme):
    assert template(theme).layout.paper_bgcolor == "rgba(0,0,0,0)"
    assert template(theme).layout.plot_bgcolor == "rgba(0,0,0,0)"


@pytest.mark.parametrize(("palette", "block"), [(LIGHT, 0), (DARK, 1)])
def test_neutral_colours_and_font_are_those_of_the_style_sheet(palette, block):
    tokens = dict(re.findall(r"--sc-([a-z-]+): (#[0-9a-f]{6});", TOKENS.split("data-theme")[block]))
    for name in ("surface", "text", "muted", "border", "accent"):
        assert getattr(palette, name) == tokens[name]
    font = re.search(r"--sc-font: ([^;]+);", TOKENS)
    assert " ".join(font[1].split()) == FONT
