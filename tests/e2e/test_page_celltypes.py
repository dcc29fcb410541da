"""The page of categories: heatmap, list beside it, and the way from a cell to a concept."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.e2e


def open_types(visit, search: str = ""):
    visitor = visit()
    visitor.page.goto(f"{visitor.site.url}/celltypes?store=fixture{search}")
    return visitor


def wait_for_map(visitor, n_categories: int, n_concepts: int) -> None:
    visitor.page.wait_for_function(
        """([rows, columns]) => {
             const trace = document.querySelector('#types-map .js-plotly-plot')?.data?.[0];
             return trace?.y?.length === rows && trace?.x?.length === columns
               && document.querySelector('#types-map .hm, #types-map .heatmaplayer image');
           }""",
        arg=[n_categories, n_concepts],
    )


def place_of(visitor, category: int, concept: int) -> tuple[float, float]:
    """Pixels of the middle of a cell."""
    at = visitor.page.evaluate(
        """([row, column]) => {
             const plot = document.querySelector('#types-map .js-plotly-plot');
             const box = plot.getBoundingClientRect();
             const { xaxis, yaxis } = plot._fullLayout;
             return [
               box.x + xaxis._offset + xaxis.c2p(column), box.y + yaxis._offset + yaxis.c2p(row),
             ];
           }""",
        [category, concept],
    )
    return tuple(at)


def test_concepts_stand_by_their_best_category(visit, site):
    visitor = open_types(visit)
    wait_for_map(visitor, 5, 6)
    order = visitor.page.evaluate(
        "document.querySelector('#types-map .js-plotly-plot').data[0].x.map((x) => x.slice(0, 5))"
    )
    f1 = np.asarray(site.store.array("association/f1"))[:, :5]
    best = sorted(range(6), key=lambda c: (f1[c].argmax(), -f1[c].max()))
    assert order == [f"c{c + 1:04d}" for c in best]
    assert "6 of 6 concepts reach F1 0.3 in one of 5 categories" in visitor.text("#types-caption")


def test_the_list_names_the_best_concept_of_each_category(visit, site):
    visitor = open_types(visit, "&by=condition&metric=share")
    wait_for_map(visitor, 2, 6)
    share = np.asarray(site.store.array("association/share"))[:, 5:7]
    rows = visitor.page.locator(".sc-types-list li").all_inner_texts()
    assert len(rows) == 2
    for row, name, column in zip(rows, ["control", "stimulated"], share.T, strict=True):
        assert row.startswith(name)
        assert f"c{column.argmax() + 1:04d} " in row
        assert row.endswith(f"{column.max():.2f}")
    visitor.page.click(".sc-types-list li:nth-child(2) a")
    visitor.wait_for_concept("c0006")


def test_a_cell_tells_its_numbers_and_opens_the_concept(visit, site):
    visitor = open_types(visit)
    wait_for_map(visitor, 5, 6)
    x, y = place_of(visitor, 0, 0)
    visitor.page.mouse.move(x, y)
    visitor.page.wait_for_selector("#types-map .hoverlayer .hovertext")
    told = visitor.page.text_content("#types-map .hoverlayer .hovertext")
    f1 = site.store.array("association/f1")[0, 0]
    share = site.store.array("association/share")[0, 0]
    assert "B cell" in told and "c0001 B cell" in told
    assert f"F1 {f1:.2f}" in told and f"{share:.0%} of active cells" in told
    visitor.page.mouse.click(x, y)
    visitor.wait_for_concept("c0001")


def test_the_threshold_is_in_the_address(visit, site):
    visitor = open_types(visit)
    wait_for_map(visitor, 5, 6)
    best = np.asarray(site.store.array("association/f1"))[:, :5].max(axis=1)
    n_left = int((best >= 0.7).sum())
    assert 0 < n_left < 6
    visitor.page.click("#types-least")
    visitor.page.click(".dash-dropdown-content >> text='0.7'")
    visitor.page.wait_for_url("**/celltypes?store=fixture&least=0.7")
    wait_for_map(visitor, 5, n_left)
    visitor.page.go_back()
    wait_for_map(visitor, 5, 6)


def test_a_threshold_that_none_reaches_is_said(visit, monkeypatch):
    from scconcepts_app.pages import celltypes

    read = celltypes._read

    def read_high(entry, choices):
        return read(entry, {**choices, "by": "donor", "least": "0.9"})

    monkeypatch.setattr(celltypes, "_read", read_high)
    visitor = open_types(visit)
    visitor.page.wait_for_function(
        "() => document.querySelector('#types-map')?.textContent.includes('Lower the threshold')"
    )


def test_nonsense_in_the_address_is_ignored(visit):
    visitor = open_types(visit, "&by=zzz&metric=%00&least=-1e9")
    wait_for_map(visitor, 5, 6)
    assert visitor.text("#notice") == ""
