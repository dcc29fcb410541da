"""What people come for, each from the first stroke to the answer."""

from urllib.parse import unquote

import pytest

pytestmark = pytest.mark.e2e
START = "/concept/c0001?store=fixture"


def wait_for_text(visitor, selector: str, text: str) -> None:
    visitor.page.wait_for_function(
        "([where, text]) => document.querySelector(where)?.textContent.includes(text)",
        arg=[selector, text],
    )


def background(visitor, selector: str) -> str:
    return visitor.page.evaluate(
        "(where) => getComputedStyle(document.querySelector(where)).backgroundColor", selector
    )


def test_find_the_concepts_of_a_gene_by_the_name_people_use(visit):
    visitor = visit().open_concept(START, "c0001")
    visitor.page.keyboard.press("/")
    visitor.page.keyboard.type("CD20")
    visitor.page.wait_for_selector(".sc-hit >> text=MS4A1")
    visitor.page.keyboard.press("Enter")
    wait_for_text(visitor, "#gene-lead", "MS4A1 moves")
    row = visitor.page.locator("#gene-table .ag-center-cols-container .ag-row").first
    concept = row.get_attribute("row-id")
    row.click()
    visitor.wait_for_concept(concept)
    visitor.page.go_back()
    wait_for_text(visitor, "#gene-lead", "MS4A1 moves")


def test_which_donors_carry_a_concept(visit, site):
    visitor = visit().open_concept("/concept/c0006?store=fixture", "c0006")
    assert "in all 4 donors" in visitor.text(".sc-summary")
    visitor.page.click("#tab >> text='Cells'")
    visitor.page.click("#obs-column")
    visitor.page.click(".dash-dropdown-content >> text=donor")
    visitor.page.click("#metric >> text=Share")
    wait_for_text(visitor, "#association-figure", "D4")
    visitor.page.wait_for_url("**tab=annotations&by=donor&metric=share")


def test_is_it_just_differential_expression(visit):
    visitor = visit().open_concept(START, "c0001")
    visitor.open_tab("vs DE", "comparison-figure", "c0001")
    assert "top 20 genes by attribution are also among the top 20 by DE" in visitor.text(
        "#comparison-lead"
    )
    visitor.open_tab("Faithfulness", "faithfulness-figure", "c0001")
    assert "the 50 that DE ranks first take" in visitor.text("#faithfulness-caption")


def test_compare_a_concept_of_one_store_with_one_of_another(visit):
    visitor = visit().open_concept("/concept/c0003?store=fixture", "c0003")
    visitor.page.keyboard.press("c")
    visitor.page.click("#store-choice")
    visitor.page.click(".dash-dropdown-content >> text=Plain")
    visitor.page.wait_for_url("**/?store=plain")
    visitor.wait_for_concept("c0001")
    visitor.page.keyboard.press("j")
    visitor.wait_for_concept("c0002")
    visitor.page.keyboard.press("c")
    visitor.page.click(".sc-pins >> text=Compare")
    wait_for_text(visitor, "#pair-head-a", "c0003")
    wait_for_text(visitor, "#pair-head-b", "c0002")
    assert "sa=fixture&sb=plain" in visitor.page.url
    wait_for_text(visitor, "#pair-facts", "Jaccard")  # the cells are the same


def test_lasso_cells_and_see_their_concepts(visit):
    visitor = visit().open_concept(START, "c0001")
    box = visitor.page.locator("#cell-map canvas").bounding_box()
    corners = [(0.5, 0.1), (0.9, 0.1), (0.9, 0.95), (0.5, 0.95)]
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    visitor.page.keyboard.down("Shift")
    visitor.page.mouse.move(*places[0])
    visitor.page.mouse.down()
    for place in [*places[1:], places[0]]:
        visitor.page.mouse.move(*place, steps=4)
    visitor.page.mouse.up()
    visitor.page.keyboard.up("Shift")
    visitor.page.click("text=Concepts in these cells")
    visitor.page.wait_for_selector("#cells-concepts .ag-row")
    assert "/cells?store=fixture&sel=umap:" in unquote(visitor.page.url)
    n = int(visitor.text("#cells-size").split()[0])
    assert 0 < n < 300


def test_explain_one_cell(visit, site):
    visitor = visit().open_concept("/concept/c0004?store=fixture", "c0004")
    visitor.page.click("#tab >> text='One cell'")
    visitor.wait_for_figure("cell-figure", "c0004")
    top = int(site.store.array("cell_effects/neighbours/cell")[3, 0])
    cell_id = site.store.strings("cells/id")[top]
    assert cell_id in visitor.text("#cell-lead") or cell_id in visitor.text("#cell-choice")
    visitor.page.goto(f"{visitor.site.url}/cells?store=fixture&cell={cell_id}")
    wait_for_text(visitor, "#cell-panel", "c0004")


def test_take_the_gene_sets_home_from_the_keyboard(visit, tmp_path):
    parser = pytest.importorskip("gseapy.parser")
    visitor = visit().open_concept(START, "c0001")
    visitor.page.keyboard.press("e")
    visitor.page.wait_for_selector("#exports", state="visible")
    with visitor.page.expect_download() as started:
        visitor.page.click("#exports [aria-label^='gene sets (GMT)'] >> nth=0")
    path = tmp_path / started.value.suggested_filename
    started.value.save_as(path)
    assert "CD79A" in parser.read_gmt(str(path))["c0001"]


def test_send_a_link_to_a_colleague(visit):
    mine = visit().open_concept(START, "c0001")
    mine.page.click(".ag-row[row-id=c0005]")
    mine.wait_for_concept("c0005")
    mine.open_tab("Volcano", "volcano-figure", "c0005")
    mine.page.click("#gene-list >> text=Absence")
    mine.page.wait_for_url("**list=absence*")
    theirs = visit()
    theirs.page.goto(mine.page.url)
    theirs.wait_for_concept("c0005")
    theirs.wait_for_figure("volcano-figure", "c0005")
    assert theirs.text("#genes-caption") == mine.text("#genes-caption")
    assert theirs.text(".sc-concept-label") == mine.text(".sc-concept-label")


def test_switch_to_dark_and_it_stays_so(visit):
    visitor = visit(color_scheme="light").open_concept(START, "c0001")
    places = (".sc-map", ".ag-root-wrapper", ".sc-shell", "body")
    light = [background(visitor, place) for place in places]
    ink = "getComputedStyle(document.querySelector('#genes-figure .ytick text')).fill"
    before = visitor.page.evaluate(ink)
    visitor.page.click("#theme-toggle")
    visitor.page.wait_for_function(f"(was) => {ink} !== was", arg=before)
    dark = [background(visitor, place) for place in places]
    assert light[0] != dark[0] and light[1] != dark[1] and light[3] != dark[3]
    visitor.page.reload()
    visitor.wait_for_concept("c0001")
    assert [background(visitor, place) for place in places] == dark


def test_name_a_concept_without_touching_the_mouse(visit, site):
    visitor = visit().open_concept(START, "c0001")
    press, write = visitor.page.keyboard.press, visitor.page.keyboard.type
    press("/")
    write("monocyte")
    visitor.page.wait_for_selector(".sc-hit >> text=c0004")
    press("Enter")
    visitor.wait_for_concept("c0004")
    press("l")
    write("Classical monocytes")
    press("Tab")
    write("CD14 high")
    press("Tab")
    write("Ada")
    press("Tab")
    press("Enter")
    wait_for_text(visitor, ".sc-concept-label", "Classical monocytes")
    assert site.labels.latest(site.store.manifest.digest, "c0004").note == "CD14 high"


def test_a_small_window_and_fingers(visit):
    visitor = visit(viewport={"width": 1024, "height": 768}, has_touch=True)
    visitor.open_concept(START, "c0001")
    for place in ("#concepts", "#cell-map", "#genes-figure", ".sc-card"):
        box = visitor.page.locator(place).bounding_box()
        assert box["width"] > 200 and box["x"] + box["width"] <= 1024, place
    visitor.page.tap(".ag-row[row-id=c0003]")
    visitor.wait_for_concept("c0003")
    visitor.page.tap("#tab >> text='Pathways'")
    visitor.page.wait_for_selector("#pathways-figure .js-plotly-plot .point")
