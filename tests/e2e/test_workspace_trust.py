"""The tabs that make one believe or disbelieve an attribution, in a real browser."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.e2e

FIGURES = {
    "Faithfulness": "faithfulness-figure",
    "vs DE": "comparison-figure",
    "Volcano": "volcano-figure",
    "One cell": "cell-figure",
}


def grades(visitor) -> list[str]:
    """The grades of the table, from its first row to its last."""
    script = """() => [...document.querySelectorAll('#concepts .ag-row')]
      .sort((a, b) => a.getAttribute('row-index') - b.getAttribute('row-index'))
      .map((row) => row.querySelector('.sc-grade').textContent)"""
    return visitor.page.evaluate(script)


def wait_for_grades(visitor, expected: list[str]) -> None:
    visitor.page.wait_for_function(
        """(expected) => {
          const rows = [...document.querySelectorAll('#concepts .ag-row')]
            .sort((a, b) => a.getAttribute('row-index') - b.getAttribute('row-index'));
          const found = rows.map((row) => row.querySelector('.sc-grade')?.textContent);
          return JSON.stringify(found) === JSON.stringify(expected);
        }""",
        arg=expected,
    )


def test_a_deep_link_opens_cold_with_the_card_and_every_tab_follows(visit, site):
    visitor = visit().open_concept("/concept/c0003?store=fixture", "c0003")
    visitor.wait_for_figure("faithfulness-figure", "c0003")
    assert visitor.text("#faithfulness-head .sc-grade") == "B"
    assert "Two halves of the donors" in visitor.text(".sc-reason")
    assert "Replacing the 50 genes" in visitor.text("#faithfulness-caption")
    deletion = site.store.array("faithfulness/neighbours/deletion")[2, 0]
    assert visitor.trace("faithfulness-figure", "attribution")["y"] == pytest.approx(
        deletion.tolist()
    )
    visitor.page.click("#curve >> text=Insertion")
    visitor.page.wait_for_function(
        "() => /full drop back/.test(document.querySelector('#faithfulness-figure').textContent)"
    )
    insertion = site.store.array("faithfulness/neighbours/insertion")[2, 0]
    found = visitor.trace("faithfulness-figure", "attribution")["y"]
    assert found == pytest.approx(insertion.tolist())
    for words, figure in list(FIGURES.items())[1:]:
        visitor.open_tab(words, figure, "c0003")
    visitor.page.click(".ag-row[row-id=c0006]")
    visitor.wait_for_figure("cell-figure", "c0006")


def test_out_of_sight_nothing_is_asked_for(visit):
    visitor = visit()
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.post_data or ""))
    visitor.open_concept("/concept/c0001?store=fixture", "c0001")
    visitor.wait_for_figure("faithfulness-figure", "c0001")
    asked.clear()
    visitor.page.click(".ag-row[row-id=c0002]")
    visitor.wait_for_concept("c0002")
    visitor.wait_for_figure("faithfulness-figure", "c0002")
    assert any("faithfulness-figure" in body for body in asked)
    hidden = ("comparison-figure", "volcano-figure", "cell-choice", "pathway", "association")
    assert [name for name in hidden for body in asked if name in body] == []


def test_grades_sort_and_follow_the_counterfactual(visit):
    visitor = visit().open_concept("/?store=fixture", "c0001")
    wait_for_grades(visitor, ["A", "A", "B", "D", "—", "C"])
    header = "#concepts .ag-header-cell[col-id=grade]"
    visitor.page.click(header)
    wait_for_grades(visitor, ["A", "A", "B", "C", "D", "—"])
    visitor.page.click(header)
    wait_for_grades(visitor, ["D", "C", "B", "A", "A", "—"])
    visitor.page.click(header)
    visitor.page.click("#attribution")
    visitor.page.click(".dash-dropdown-content >> text=Random inactive cells")
    wait_for_grades(visitor, ["B", "A", "B", "C", "—", "A"])
    visitor.page.wait_for_function(
        "() => document.querySelector('#faithfulness-head .sc-grade').textContent === 'B'"
    )
    assert "Random inactive cells, scaled" in visitor.text("#counterfactual")
    assert "Faithfulness\nB" in visitor.text(".sc-facts")


def test_a_gene_of_the_scatter_colours_the_map(visit):
    visitor = visit().open_concept("/concept/c0004?store=fixture", "c0004")
    visitor.open_tab("vs DE", "comparison-figure", "c0004")
    assert "among the top 20 by DE" in visitor.text("#comparison-lead")
    assert "Rank correlation" in visitor.text("#comparison-facts")
    points = "#comparison-figure .scatterlayer .trace:nth-child(1) .point"
    boxes = [point.bounding_box() for point in visitor.page.locator(points).all()]
    box = min(boxes, key=lambda found: found["y"])  # the largest effect
    visitor.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    visitor.page.wait_for_function(
        "() => document.getElementById('cell-map').dataset.painted === 'LYZ'"
    )
    assert "color=gene:LYZ" in visitor.page.url


def test_one_cell_is_chosen_in_the_list_and_in_the_map(visit, site):
    visitor = visit().open_concept("/concept/c0002?store=fixture", "c0002")
    visitor.open_tab("One cell", "cell-figure", "c0002")
    cells = site.store.array("cell_effects/neighbours/cell")[1].tolist()
    effects = site.store.array("cell_effects/neighbours/effect")[1]
    assert visitor.trace("cell-figure", "effect")["x"] == pytest.approx(effects[0].tolist())
    visitor.page.click("#cell-choice")
    visitor.page.click(f".dash-dropdown-content >> text=CELL{cells[1]:04d}")
    visitor.wait_for_figure("cell-figure", f"c0002 {cells[1]}")
    assert visitor.trace("cell-figure", "effect")["x"] == pytest.approx(effects[1].tolist())
    other = next(c for c in range(300) if c not in cells and is_free(visitor, c))
    visitor.page.mouse.click(*place(visitor, other))  # no top cell: nothing happens
    wanted = next(c for c in (cells[2], cells[0]) if is_free(visitor, c))
    visitor.page.mouse.click(*place(visitor, wanted))
    visitor.wait_for_figure("cell-figure", f"c0002 {wanted}")
    assert f"CELL{wanted:04d}" in visitor.text("#cell-choice")


def place(visitor, cell: int) -> list[float]:
    script = """(cell) => {
      const map = scconcepts.map.get('cell-map');
      const [x, y] = map.stage.view.toScreen(...map.hover.grid.place(cell));
      const box = map.canvas.getBoundingClientRect();
      return [box.left + x, box.top + y];
    }"""
    return visitor.page.evaluate(script, cell)


def is_free(visitor, cell: int) -> bool:
    """Whether a cell is in sight, below neither legend nor buttons."""
    script = "([x, y]) => document.elementFromPoint(x, y)?.className === 'sc-map-canvas'"
    return visitor.page.evaluate(script, place(visitor, cell))


def test_a_set_swap_fills_plot_and_table_and_is_filtered(visit):
    visitor = visit().open_concept("/concept/c0002?store=fixture", "c0002")
    visitor.page.click("#tab >> text='Table'")
    visitor.page.wait_for_selector("#pathway-table .ag-header-cell[col-id=statistic]")
    assert not visitor.page.is_visible("#quadrant")
    visitor.page.click("#enrichment")
    visitor.page.click(".dash-dropdown-content >> text='Set swap'")
    row = "#pathway-table .ag-row[row-id='0']"
    visitor.page.wait_for_selector(f"{row} [col-id=place]")
    assert visitor.text(f"{row} [col-id=place] [aria-hidden]") == "↑ used and DE"
    assert visitor.text(f"{row} [col-id=share]") == "56 %"
    assert visitor.text(f"{row} [col-id=z]") == "13.6"
    visitor.page.click("#quadrant")
    visitor.page.click(".dash-dropdown-content >> text='Neither'")
    visitor.page.wait_for_function(
        "() => document.querySelectorAll('#pathway-table .ag-row').length === 2"
    )
    visitor.page.click("#tab >> text='Pathways'")
    visitor.page.wait_for_function(
        "() => /neither/.test(document.querySelector('#pathways-figure')?.textContent)"
    )


def test_the_theme_reaches_the_new_figures_and_their_tabs_fit_and_nothing_jumps(visit):
    visitor = visit(color_scheme="light").open_concept("/concept/c0004?store=fixture", "c0004")
    for theme, (words, figure) in zip(("dark", "light") * 2, FIGURES.items(), strict=True):
        visitor.open_tab(words, figure, "c0004")
        visitor.page.click("#theme-toggle")
        visitor.page.wait_for_function(
            """([id, color]) => getComputedStyle(document.querySelector(
                 `#${id} .xtick text`)).fill === color""",
            arg=[figure, TICKS[theme]],
        )
    for width, height in ((1440, 900), (1280, 800), (1024, 768)):
        visitor.page.set_viewport_size({"width": width, "height": height})
        panels = [look(visitor, words, figure) for words, figure in FIGURES.items()]
        assert panels == panels[:1] * len(FIGURES)


TICKS = {"light": "rgb(86, 97, 116)", "dark": "rgb(163, 174, 191)"}


def look(visitor, words: str, figure: str) -> list[list[float]]:
    """Where the panels lie under a tab, whose words and figure must be whole."""
    visitor.open_tab(words, figure, "c0004")
    visitor.page.wait_for_function(SETTLED, arg=figure)
    script = """(figure) => {
      const box = (s) => { const r = document.querySelector(s).getBoundingClientRect();
                           return [r.x, r.y, r.width, r.height]; };
      const parts = '.sc-evidence .sc-bar, .sc-pane, .sc-lead, .sc-caption, .sc-measures';
      const cut = [...document.querySelectorAll(parts)]
        .filter((e) => e.offsetHeight && e.scrollWidth > e.clientWidth + 1).map((e) => e.className);
      const plot = document.querySelector(`#${figure} .js-plotly-plot`);
      const frame = plot.getBoundingClientRect();
      const outside = [...plot.querySelectorAll('text')].filter((text) => {
        const r = text.getBoundingClientRect();
        return r.width && (r.left < frame.left - 1 || r.right > frame.right + 1
                           || r.top < frame.top - 1 || r.bottom > frame.bottom + 1);
      }).map((text) => text.textContent);
      return { panels: ['.sc-map-panel', '.sc-evidence', '.sc-tabs'].map(box), cut, outside,
               height: frame.height };
    }"""
    found = visitor.page.evaluate(script, figure)
    assert (found["cut"], found["outside"]) == ([], []), words
    assert found["height"] > 130, words
    return found["panels"]


# The drawing has taken the size of its place, which follows that of the window.
SETTLED = """(id) => {
  const plot = document.querySelector(`#${id} .js-plotly-plot`);
  const svg = plot.querySelector('.main-svg');
  return Math.abs(svg.clientHeight - plot.clientHeight) < 2
    && Math.abs(svg.clientWidth - plot.clientWidth) < 2;
}"""


def test_a_store_without_cards_says_so_and_has_no_column(visit):
    visitor = visit().open_concept("/concept/c0002?store=plain", "c0002")
    assert visitor.page.locator("#concepts [col-id=grade]").count() == 0
    assert "Faithfulness" not in visitor.text(".sc-facts")
    for words, figure in FIGURES.items():
        visitor.open_tab(words, figure, "c0002")
        if words != "Volcano":  # which needs no model
            assert "without their model" in visitor.text(f"#{figure}")
