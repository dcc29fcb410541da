"""The workspace in a real browser: links, selection, numbers, keys, theme."""

from __future__ import annotations

import numpy as np
import pytest

from scconcepts_app.views.concepts import list_concepts

pytestmark = pytest.mark.e2e


def painted(visitor, title: str) -> None:
    test = "(t) => document.getElementById('cell-map')?.dataset.painted === t"
    visitor.page.wait_for_function(test, arg=title)


def bars(visitor, trace: int = 0) -> dict[str, float]:
    """Gene -> length of the bars of the gene figure."""
    script = """(i) => {
      const trace = document.querySelector('#genes-figure .js-plotly-plot').data[i];
      const plain = (v) => Array.from(v._inputArray ?? v);
      return [plain(trace.customdata), plain(trace.x)];
    }"""
    genes, values = visitor.page.evaluate(script, trace)
    return dict(zip(genes, values, strict=True))


def test_the_start_shows_the_first_concept(visit):
    visitor = visit().open_concept("/?store=fixture", "c0001")
    painted(visitor, "c0001 B cell")
    assert visitor.text(".sc-concept-label") == "B cell"


def test_a_deep_link_opens_its_concept_in_a_new_browser(visit, site):
    visitor = visit().open_concept("/concept/c0004?store=fixture", "c0004")
    painted(visitor, "c0004 Monocyte")
    n_active = len(site.store.activations.rows(3)["cell"])
    assert f"Active in {n_active} of 300 cells" in visitor.text(".sc-summary")
    rows = site.store.attribution("neighbours").rows(3)
    expected = {
        site.store.gene_symbols[g]: float(v)
        for g, v in zip(rows["gene"][:15], rows["effect"][:15], strict=True)
    }
    assert bars(visitor) == pytest.approx(expected)


def test_a_row_of_the_table_shows_its_concept_without_loading_the_page(visit, site):
    visitor = visit().open_concept("/?store=fixture", "c0001")
    visitor.page.evaluate("window.stayed = true")
    visitor.page.click(".ag-row[row-id=c0003]")
    visitor.wait_for_concept("c0003")
    painted(visitor, "c0003 CD8 T cell")
    assert visitor.page.url.endswith("/concept/c0003?store=fixture")
    assert visitor.page.evaluate("window.stayed")
    values = np.asarray(site.store.activations.rows(2)["value"])
    assert f"{np.median(values):.2f} (max {values.max():.2f})" in visitor.text(".sc-facts")
    stability = site.store.array("concepts/stability")[2]
    assert f"{stability:.2f}" in visitor.text(".ag-row[row-id=c0003] [col-id=stability]")


def test_back_and_forward_follow(visit):
    visitor = visit().open_concept("/concept/c0001?store=fixture", "c0001")
    visitor.page.click(".ag-row[row-id=c0002]")
    visitor.wait_for_concept("c0002")
    visitor.page.click(".ag-row[row-id=c0005]")
    visitor.wait_for_concept("c0005")
    visitor.page.go_back()
    visitor.wait_for_concept("c0002")
    visitor.page.go_back()
    visitor.wait_for_concept("c0001")
    visitor.page.go_forward()
    visitor.wait_for_concept("c0002")
    painted(visitor, "c0002 CD4 T cell")


def test_brackets_go_through_what_the_filter_left_and_letters_through_all(visit, site):
    text, left = search_for_two(site.store)
    visitor = visit().open_concept("/concept/c0001?store=fixture", "c0001")
    visitor.page.click("#search")
    visitor.page.keyboard.type(text)
    two_are_left(visitor)
    visitor.page.keyboard.type("j")  # typed, not a step
    assert visitor.page.input_value("#search") == f"{text}j"
    visitor.page.keyboard.press("Backspace")
    two_are_left(visitor)
    visitor.page.keyboard.press("Enter")
    visitor.page.keyboard.press("]")
    visitor.wait_for_concept(left[0])
    visitor.page.keyboard.press("]")
    visitor.wait_for_concept(left[1])
    visitor.page.keyboard.press("]")  # the last row: nowhere to go
    visitor.page.keyboard.press("[")
    visitor.wait_for_concept(left[0])
    following = site.store.concept_ids[site.store.find_concept(left[0]) + 1]
    visitor.page.fill("#search", "")
    visitor.page.keyboard.press("Escape")
    visitor.page.keyboard.press("j")
    visitor.wait_for_concept(following)
    visitor.page.keyboard.press("k")
    visitor.wait_for_concept(left[0])


def two_are_left(visitor) -> None:
    visitor.page.wait_for_function(
        "() => document.getElementById('concept-count').textContent === '2 of 6'"
    )


def search_for_two(store) -> tuple[str, list[str]]:
    """A gene that two concepts other than the first are found by, and those concepts."""
    rows = [(row.id, row.search.lower()) for row in list_concepts(store)]
    for symbol in store.gene_symbols:
        found = [name for name, search in rows if symbol.lower() in search]
        if len(found) == 2 and "c0001" not in found:
            return symbol, found
    raise AssertionError("the fixture has no such gene")


def test_the_search_finds_genes_and_ids(visit):
    visitor = visit().open_concept("/?store=fixture", "c0001")
    for text, found in (("CXCL10", "c0006"), ("c0004", "c0004")):
        visitor.page.fill("#search", text)
        visitor.page.wait_for_selector(f".ag-row[row-id={found}]")
        visitor.page.wait_for_function(
            "() => document.getElementById('concept-count').textContent.includes(' of 6')"
        )


def test_the_map_is_coloured_by_column_and_gene_and_the_address_tells(visit):
    visitor = visit().open_concept("/concept/c0001?store=fixture", "c0001")
    visitor.page.evaluate("() => { document.querySelector('#genes-figure').kept = true; }")
    visitor.page.click("#color-by")
    visitor.page.click(".dash-dropdown-content >> text=cell_type")
    painted(visitor, "cell_type")
    assert "color=obs:cell_type" in visitor.page.url
    visitor.page.click("#color-gene")
    visitor.page.wait_for_selector(".dash-dropdown-content input:focus")
    visitor.page.keyboard.type("lyz")
    visitor.page.click(".dash-dropdown-content >> text=LYZ")
    painted(visitor, "LYZ")
    assert "color=gene:LYZ" in visitor.page.url
    visitor.page.go_back()
    painted(visitor, "cell_type")
    # Each picture of the map is told to the page; the figures must not be made again for it.
    assert visitor.page.evaluate("() => document.querySelector('#genes-figure').kept")


def test_a_link_with_a_gene_opens_cold(visit):
    visitor = visit().open_concept("/concept/c0002?store=fixture&color=gene:MX1", "c0002")
    painted(visitor, "MX1")
    assert visitor.text("#color-gene") == "MX1"


def test_a_bar_of_the_figure_colours_the_map(visit):
    visitor = visit().open_concept("/concept/c0004?store=fixture", "c0004")
    first = visitor.page.locator("#genes-figure .barlayer .point path").first
    box = first.bounding_box()
    visitor.page.mouse.click(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    painted(visitor, "LYZ")


def test_choices_of_the_gene_panel_change_the_numbers(visit, site):
    visitor = visit().open_concept("/concept/c0001?store=fixture", "c0001")
    first = bars(visitor)
    visitor.page.click("#attribution")
    visitor.page.click(".dash-dropdown-content >> text=Random inactive cells")
    visitor.page.wait_for_function(
        """(old) => {
          const t = document.querySelector('#genes-figure .js-plotly-plot').data[0];
          return Array.from(t.x._inputArray ?? t.x)[0] !== old;
        }""",
        arg=next(iter(first.values())),
    )
    rows = site.store.attribution("random_matched").rows(0)
    assert next(iter(bars(visitor).values())) == pytest.approx(float(rows["effect"][0]))
    visitor.page.click("#gene-list >> text=Absence")
    visitor.page.wait_for_function(
        "() => document.getElementById('genes-caption').textContent.includes('by absence')"
    )


def test_the_pathway_table_has_the_numbers_of_the_store(visit, site):
    visitor = visit().open_concept("/concept/c0002?store=fixture", "c0002")
    visitor.page.click("#tab >> text=Table")
    row = "#pathway-table .ag-row[row-id='0']"
    visitor.page.wait_for_selector(row)
    values = site.store.enrichment("prerank_presence").rows(1)
    assert "CD4 T cell markers" in visitor.text(row)
    assert visitor.text(f"{row} [col-id=statistic]") == f"{values['statistic'][0]:.2f}"
    assert visitor.text(f"{row} [col-id=q]") == "6.0e-5"


def test_the_theme_reaches_table_figures_and_map_and_stays(visit):
    visitor = visit(color_scheme="light").open_concept("/?store=fixture", "c0001")
    painted(visitor, "c0001 B cell")
    light = look(visitor)
    visitor.page.click("#theme-toggle")
    visitor.page.wait_for_function(
        """() => document.querySelector('#genes-figure .ytick text')?.style.fill
             === 'rgb(231, 235, 242)'"""
    )
    dark = look(visitor)
    for name, before in light.items():
        assert sum(dark[name]) < sum(before) - 300, name
    visitor.page.reload()
    visitor.wait_for_concept("c0001")
    assert visitor.page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_dark_system_begins_dark(visit):
    visitor = visit(color_scheme="dark").open_concept("/?store=fixture", "c0001")
    assert visitor.page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert sum(look(visitor)["table"]) < 150


def look(visitor) -> dict[str, list[int]]:
    """Ground colours that are seen: of the table by style, of the map by the legend and canvas."""
    script = """() => {
      const rgb = (css) => css.match(/[0-9.]+/g).slice(0, 3).map(Number);
      const style = (selector) => getComputedStyle(document.querySelector(selector));
      const of = (selector) => rgb(style(selector).backgroundColor);
      return {
        table: of('#concepts .ag-root-wrapper'),
        map: of('.sc-map'),
        legend: of('.sc-map-legend'),
        page: of('body'),
      };
    }"""
    return visitor.page.evaluate(script)


@pytest.mark.parametrize("size", [(1440, 900), (1280, 720), (1024, 768)])
def test_nothing_is_cut_off_or_overlaps(visit, size):
    visitor = visit(viewport=dict(zip(("width", "height"), size, strict=True)))
    visitor.open_concept("/concept/c0006?store=fixture", "c0006")
    script = """() => {
      const wide = document.documentElement.scrollWidth - window.innerWidth;
      const box = (s) => document.querySelector(s).getBoundingClientRect();
      const cut = [...document.querySelectorAll('.sc-bar, .sc-card, .sc-label-form')]
        .filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.className);
      return {
        wide, cut,
        card: box('.sc-card').bottom - box('.sc-genes').top,
        genes: box('.sc-genes').bottom - box('.sc-label-form').top,
        map: box('#cell-map').height,
        figure: box('#genes-figure').height,
      };
    }"""
    found = visitor.page.evaluate(script)
    assert found["wide"] <= 0
    assert found["cut"] == []
    assert found["card"] <= 1
    assert found["genes"] <= 1
    assert found["map"] > 200
    assert found["figure"] > 230


def test_panels_do_not_move_while_they_are_filled(visit):
    visitor = visit().open("/concept/c0002?store=fixture")
    script = """() => ['.sc-left', '.sc-map-panel', '.sc-evidence', '.sc-right']
      .map((s) => { const r = document.querySelector(s).getBoundingClientRect();
                    return [r.x, r.y, r.width, r.height]; })"""
    before = visitor.page.evaluate(script)
    visitor.wait_for_concept("c0002")
    painted(visitor, "c0002 CD4 T cell")
    assert visitor.page.evaluate(script) == before


def test_what_did_not_recur_is_a_switch_away(visit):
    visitor = visit().open_concept("/?store=fixture", "c0001")
    assert visitor.page.locator(".ag-row[row-id=s3-007]").count() == 0
    visitor.page.click("#hidden-latents >> text=also those")
    visitor.page.wait_for_url("**hidden=1")
    visitor.page.click(".ag-row[row-id=s3-007]")
    painted(visitor, "s3-007 Latent 7 of seed 3")
    visitor.page.wait_for_selector(".sc-latent")
    assert "3 of 5 dictionaries hold a latent like it" in visitor.text(".sc-latent .sc-summary")
    assert visitor.page.locator(".sc-genes").is_hidden()
    visitor.page.click(".sc-latent .sc-facts a")
    visitor.wait_for_concept("c0001")
    assert visitor.page.locator(".sc-genes").is_visible()


def test_a_link_to_a_latent_opens_it_cold(visit):
    visitor = visit()
    visitor.open("/concept/s0-012?store=fixture")
    painted(visitor, "s0-012 Latent 12 of seed 0")
    assert visitor.text(".sc-latent .sc-concept-id") == "s0-012"
    assert visitor.page.locator(".ag-row[row-id=s0-012]").count() == 1
    assert visitor.page.locator(".ag-row[row-id=s0-003]").count() == 0


def test_kin_of_a_concept_are_linked(visit):
    visitor = visit().open_concept("/concept/c0006?store=fixture", "c0006")
    visitor.page.click(".sc-facts a >> text=c0001")
    visitor.wait_for_concept("c0001")
    assert "c0006" in visitor.text(".sc-facts")
