"""The methods page: figures on the dictionary, their choices in the address, names on hover."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.e2e

FIGURES = ("methods-recurrence", "methods-training", "methods-baselines", "methods-sweep")


def open_methods(visit, search: str = ""):
    visitor = visit().open(f"/methods?store=fixture{search}")
    for figure in FIGURES:
        visitor.page.wait_for_selector(f"#{figure} .js-plotly-plot :is(path.point, path.js-line)")
    return visitor


def point_at(visitor, figure: str, trace: int, index: int) -> tuple[float, float]:
    """Scroll to a figure and return the pixels of one of its points."""
    visitor.page.locator(f"#{figure}").scroll_into_view_if_needed()
    at = visitor.page.evaluate(
        """([id, trace, i]) => {
             const plot = document.querySelector(`#${id} .js-plotly-plot`);
             const box = plot.getBoundingClientRect();
             const { xaxis, yaxis } = plot._fullLayout, { x, y } = plot._fullData[trace];
             return [
               box.x + xaxis._offset + xaxis.c2p(x[i]), box.y + yaxis._offset + yaxis.c2p(y[i]),
             ];
           }""",
        [figure, trace, index],
    )
    return tuple(at)


def hover(visitor, figure: str, trace: int, index: int) -> str:
    visitor.page.mouse.move(*point_at(visitor, figure, trace, index))
    visitor.page.wait_for_selector(f"#{figure} .hoverlayer text")
    return visitor.page.locator(f"#{figure} .hoverlayer").text_content()


def test_a_concept_of_the_plot_of_stability_is_named_and_opened(visit):
    visitor = open_methods(visit)
    said = hover(visitor, "methods-recurrence", 1, 0)
    assert "c0006" in said and "Interferon response" in said and "in 3 of 5 seeds" in said
    visitor.page.mouse.click(*point_at(visitor, "methods-recurrence", 1, 0))
    visitor.wait_for_concept("c0006")


def test_a_setting_of_the_sweep_is_named(visit):
    visitor = open_methods(visit)
    said = hover(visitor, "methods-sweep", 2, 0)
    assert "topk 2× k2" in said and "95 % come back" in said and "recommended" in said


def test_groups_and_measure_stand_in_the_address_and_a_cold_link_shows_them(visit):
    visitor = open_methods(visit)
    assert visitor.page.locator("#methods-baselines-table tbody tr").count() == 6
    visitor.page.click("#methods-kind >> text='conditions'")
    visitor.page.click("#methods-measure >> text='AUROC'")
    visitor.page.wait_for_url("**groups=condition*measure=auroc*")
    visitor.page.wait_for_function(
        """() => {
             const plot = document.querySelector('#methods-baselines .js-plotly-plot');
             return plot.data[0].x.length === 2
               && plot.layout.xaxis.title.text.startsWith('AUROC');
           }"""
    )
    assert "Means over 2 groups" in visitor.text("#methods-baselines-note")
    cold = open_methods(visit, "&groups=cell_type&measure=zzz&sweep=stability")
    shown = cold.page.evaluate(
        """() => ['methods-baselines', 'methods-sweep'].map((id) => {
             const layout = document.querySelector(`#${id} .js-plotly-plot`).layout;
             return [layout.xaxis.title.text, layout.yaxis.title?.text ?? ''];
           })"""
    )
    assert shown[0][0].startswith("F1, held-out")  # what is not on offer is ignored
    assert shown[1][1] == "stability"
    assert "Means over 5 groups" in cold.text("#methods-baselines-note")


def test_a_store_without_these_numbers_says_so_and_shows_no_empty_figure(visit):
    visitor = visit().open("/methods?store=plain")
    visitor.page.wait_for_selector("#methods-recurrence .js-plotly-plot .point")
    said = visitor.text(".sc-methods")
    assert "does not compare its concepts with other units" in said
    assert "No sweep over sizes" in said
    assert visitor.page.locator("#methods-baselines, #methods-sweep").count() == 0
    assert not visitor.page.is_visible("#methods-kind")
    assert not visitor.page.is_visible("#methods-sweep-measure")
