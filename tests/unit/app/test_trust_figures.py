"""Figures about faithfulness, DE, single cells and set swaps: traces, themes, labels."""

from __future__ import annotations

import itertools
import json

import pytest

from scconcepts_app.figures.cell_effects import draw_cell
from scconcepts_app.figures.comparison import draw_comparison
from scconcepts_app.figures.faithfulness import draw_curves
from scconcepts_app.figures.labels import pad, place_labels
from scconcepts_app.figures.set_swap import draw_set_swaps
from scconcepts_app.figures.theme import DARK, LIGHT, with_alpha
from scconcepts_app.figures.volcano import draw_volcano
from scconcepts_app.views.cell_effects import explain_cell, list_top_cells
from scconcepts_app.views.comparison import compare
from scconcepts_app.views.curves import read_curves
from scconcepts_app.views.set_swap import list_set_swaps
from scconcepts_app.views.volcano import list_volcano


def traces(figure) -> dict:
    return {trace.name: trace for trace in figure.data}


def draw_all(store, theme) -> dict:
    """Every figure of this file, by name."""
    comparison = compare(store, 0, "neighbours", "inactive")
    top = list_top_cells(store, 0, "neighbours")[0]
    return {
        "curves": draw_curves(read_curves(store, 0, "neighbours", "deletion"), theme),
        "z": draw_comparison(comparison, "z", theme),
        "fold": draw_comparison(comparison, "log_fold_change", theme),
        "volcano": draw_volcano(list_volcano(store, 0, "inactive", "neighbours"), theme),
        "cell": draw_cell(explain_cell(store, 0, "neighbours", top), theme),
        "swap": draw_set_swaps(list_set_swaps(store, 0, "neighbours"), theme),
    }


@pytest.mark.parametrize(("theme", "palette"), [("light", LIGHT), ("dark", DARK)])
def test_themes_reach_every_figure_and_axes_have_titles(store, theme, palette):
    other = DARK if palette is LIGHT else LIGHT
    for name, figure in draw_all(store, theme).items():
        text = json.dumps(figure.to_plotly_json(), default=list)
        assert palette.text in text and other.text not in text, name
        assert figure.layout.paper_bgcolor is None  # the template's: transparent
        assert figure.layout.xaxis.title.text, name
        if name not in ("cell", "swap"):  # whose y axis holds names
            assert figure.layout.yaxis.title.text, name


def test_curves_have_one_line_a_ranking_and_bands_below_them(store):
    curves = read_curves(store, 0, "neighbours", "deletion")
    figure = draw_curves(curves, "light")
    found = traces(figure)
    assert [trace.name for trace in figure.data if trace.showlegend is None] == [
        "attribution",
        "DE",
        "random",
    ]
    assert list(found["attribution"].y) == curves.find("attribution").values
    bands = [trace for trace in figure.data if trace.name == "random, interval"]
    assert [list(band.y) for band in bands] == [
        curves.find("random").low,
        curves.find("random").high,
    ]
    assert [band.fill for band in bands] == [None, "tonexty"]
    assert figure.data.index(bands[1]) < figure.data.index(found["attribution"])


def test_steps_are_evenly_spaced_and_named(store):
    figure = draw_curves(read_curves(store, 0, "neighbours", "deletion"), "light")
    assert list(traces(figure)["DE"].x) == list(range(7))
    assert figure.layout.xaxis.ticktext == ("1", "2", "5", "10", "20", "50", "57")
    assert "95 % interval" in traces(figure)["DE"].hovertext[3]


def test_many_steps_are_named_in_part_and_the_last_one_always(store):
    curves = read_curves(store, 0, "neighbours", "deletion")
    many = curves.__class__(curves.kind, list(range(1, 24)), [])
    assert draw_curves(many, "light").layout.xaxis.ticktext == tuple(
        str(n) for n in (2, 5, 8, 11, 14, 17, 20, 23)
    )


def test_insertion_has_no_band(store):
    figure = draw_curves(read_curves(store, 0, "neighbours", "insertion"), "light")
    assert len(figure.data) == 3
    assert figure.layout.yaxis.title.text == "full drop back"


def test_gaps_of_unknown_numbers_stay_gaps(store):
    curves = read_curves(store, 0, "neighbours", "deletion")
    first, gaps = curves.curves[0], ([None] * 7, [None] * 7)
    holed = first.__class__("attribution", "attribution", [None, *first.values[1:]], *gaps)
    figure = draw_curves(curves.__class__("deletion", curves.n_replaced, [holed]), "light")
    assert figure.data[0].y[0] is None


def test_points_of_the_scatter_are_the_genes(store):
    table = compare(store, 0, "neighbours", "inactive")
    found = traces(draw_comparison(table, "z", "light"))
    for side, name, color in (
        ("presence", "by presence", LIGHT.presence),
        ("absence", "by absence", LIGHT.absence),
    ):
        points = [p for p in table.points if p.side == side]
        assert list(found[name].x) == [p.z for p in points]
        assert list(found[name].y) == [p.effect for p in points]
        assert list(found[name].customdata) == [p.symbol for p in points]
        assert found[name].marker.color == color
    best = next(p for p in table.points if p.rank_effect == 1)
    at = list(found["by presence"].customdata).index(best.symbol)
    assert found["by presence"].text[at].split(" · ")[1] == "1"


def test_the_most_extreme_genes_are_labelled(store):
    figure = draw_comparison(compare(store, 0, "neighbours", "inactive"), "z", "light")
    named = {note.text for note in figure.layout.annotations}
    assert {"CD79A", "MS4A1", "CD79B"} <= named
    assert "GENE7" not in named


def test_the_volcano_marks_attribution_and_what_is_clipped(store):
    table = list_volcano(store, 0, "inactive", "neighbours")
    point = table.points[0].__class__("ZERO", 30.0, 0.0, 4.5, table.limit, "up", "presence")
    table = table.__class__([*table.points, point], 58, 6, 1, 0, table.limit)
    figure = draw_volcano(table, "dark")
    marked, clipped = traces(figure)["first by presence"], figure.data[-1]
    assert marked.marker.color == DARK.presence
    assert {"CD79A", "CD79B"} <= set(marked.customdata) and "ZERO" not in marked.customdata
    assert list(clipped.customdata) == ["ZERO"]
    assert list(clipped.marker.symbol) == ["triangle-up"]
    assert list(clipped.marker.color) == [DARK.presence]
    assert "30.00<br>q 0, smaller than a number can say" in clipped.text[0]
    assert clipped.y[0] <= figure.layout.yaxis.range[1]


def test_a_cell_has_effects_and_both_counts(store):
    top = list_top_cells(store, 0, "neighbours")[0]
    found = explain_cell(store, 0, "neighbours", top)
    drawn = traces(draw_cell(found, "light"))
    assert list(drawn["effect"].x) == [gene.effect for gene in found.genes]
    assert list(drawn["this cell"].x) == [gene.value for gene in found.genes]
    assert list(drawn["counterfactual"].x) == [gene.counterfactual for gene in found.genes]
    tone = {"presence": LIGHT.presence, "absence": LIGHT.absence}
    assert list(drawn["effect"].marker.color) == [tone[gene.side] for gene in found.genes]
    assert list(drawn["effect"].customdata) == [gene.symbol for gene in found.genes]


def test_swapped_sets_are_coloured_by_quadrant_beside_random_sets(store):
    table = list_set_swaps(store, 0, "neighbours")
    drawn = traces(draw_set_swaps(table, "light"))
    assert set(drawn) == {
        "random sets",
        "used and DE",
        "used only",
        "DE only",
        "neither",
        "not placed",
    }
    assert list(drawn["random sets"].x) == pytest.approx([0.04] * 6)
    (best,) = drawn["used and DE"].x
    assert best == pytest.approx(1.4)
    assert len({drawn[name].marker.symbol for name in drawn}) == 6
    assert "56 % of the full drop" in drawn["used and DE"].hovertext[0]


def boxes(labels, size, limits):
    """The pixels that labels cover, from their anchors and shifts."""
    (x_low, x_high), (y_low, y_high) = limits
    for label in labels:
        width = 6.4 * len(label["text"])
        x = (label["x"] - x_low) / (x_high - x_low) * size[0] + label["xshift"]
        y = (label["y"] - y_low) / (y_high - y_low) * size[1] + label["yshift"]
        left = x - {"left": 0, "center": width / 2, "right": width}[label["xanchor"]]
        low = y - {"bottom": 0, "middle": 6.5, "top": 13}[label["yanchor"]]
        yield left, low, left + width, low + 13


def test_labels_neither_overlap_nor_leave_the_plot():
    named = [(i % 7, (i * 5) % 11, f"GENE{i}") for i in range(40)]
    limits, size = ((-1.0, 8.0), (-1.0, 12.0)), (300.0, 160.0)
    labels = place_labels(named, *limits, "#000000", sizes=[size])
    assert 5 < len(labels) < 40
    assert labels[0]["text"] == "GENE0"
    found = list(boxes(labels, size, limits))
    for box in found:
        assert box[0] >= 0 and box[1] >= 0 and box[2] <= 300 and box[3] <= 160
    for a, b in itertools.combinations(found, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_labels_keep_clear_of_points():
    limits = ((0.0, 10.0), (0.0, 10.0))
    (free,) = place_labels([(5, 5, "A")], *limits, "#000000")
    assert free["xanchor"] == "left"
    beside = [(5, 5), (5.4, 5)]
    (moved,) = place_labels([(5, 5, "A")], *limits, "#000000", beside)
    assert moved["xanchor"] == "right"
    everywhere = [(x / 10, y / 10) for x in range(101) for y in range(101)]
    assert place_labels([(5, 5, "A")], *limits, "#000000", everywhere) == []


def test_a_place_must_be_free_at_every_size():
    limits, small, large = ((0.0, 10.0), (0.0, 10.0)), (200.0, 200.0), (400.0, 400.0)
    # In the small plot the other point lies left of the label, in the large one under it.
    points = [(5.0, 5.0), (5.13, 5.0)]
    (alone,) = place_labels([(5.0, 5.0, "A")], *limits, "#000000", points, sizes=[small])
    (both,) = place_labels([(5.0, 5.0, "A")], *limits, "#000000", points, sizes=[small, large])
    assert (alone["xanchor"], both["xanchor"]) == ("left", "right")


def test_curves_beyond_all_have_a_line_at_100_percent(store):
    curves = read_curves(store, 0, "neighbours", "deletion")
    assert draw_curves(curves, "light").layout.shapes == ()
    first = curves.curves[0]
    more = first.__class__("attribution", "attribution", [0.5, 1.3], [None] * 2, [None] * 2)
    figure = draw_curves(curves.__class__("deletion", [50, 160], [more]), "light")
    assert [shape.y0 for shape in figure.layout.shapes] == [1]


def test_limits_hold_zero_and_leave_room():
    assert pad([2.0, 4.0]) == pytest.approx((-0.4, 4.4))
    assert pad([]) == pytest.approx((-0.1, 0.1))


def test_colours_can_be_seen_through():
    assert with_alpha("#0072b2", 0.18) == "rgba(0,114,178,0.18)"
