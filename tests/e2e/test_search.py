"""The search box and the keyboard: to what is meant in a few strokes, from any page."""


def hits(visitor) -> list[str]:
    return visitor.page.locator(".sc-hit").all_inner_texts()


def search(visitor, text: str) -> None:
    visitor.page.keyboard.press("/")
    visitor.page.keyboard.type(text)
    visitor.page.wait_for_selector(".sc-hits:not([hidden])")


def test_a_concept_by_its_label_from_the_keyboard_alone(visit):
    visitor = visit().open_concept("/concept/c0001?store=fixture", "c0001")
    search(visitor, "monocyte")
    assert "c0004 Monocyte" in hits(visitor)[0]
    visitor.page.keyboard.press("Enter")
    visitor.wait_for_concept("c0004")
    visitor.page.go_back()
    visitor.wait_for_concept("c0001")


def test_from_another_page_and_before_the_answer_is_there(visit):
    visitor = visit().open("/methods?store=fixture")
    visitor.page.keyboard.press("/")
    visitor.page.keyboard.type("c0005", delay=0)
    visitor.page.keyboard.press("Enter")
    visitor.wait_for_concept("c0005")


def test_another_name_of_a_gene_leads_to_it(visit):
    visitor = visit().open_concept("/concept/c0001?store=fixture", "c0001")
    search(visitor, "CD56")
    assert "Nothing" not in visitor.text(".sc-hits")
    assert "the gene NCAM1, which this store does not hold" in visitor.text(".sc-hits")
    visitor.page.keyboard.press("Escape")
    search(visitor, "CD20")
    assert hits(visitor)[0].split("\n") == ["Gene", "MS4A1", "gene, also called CD20"]


def test_arrows_choose_and_the_choice_is_told(visit):
    visitor = visit().open_concept("/concept/c0001?store=fixture", "c0001")
    search(visitor, "c000")
    field = visitor.page.locator("#omnibox-input")
    assert field.get_attribute("aria-activedescendant") == "omnibox-hit-0"
    visitor.page.keyboard.press("ArrowDown")
    visitor.page.keyboard.press("ArrowDown")
    assert field.get_attribute("aria-activedescendant") == "omnibox-hit-2"
    visitor.page.keyboard.press("Enter")
    visitor.wait_for_concept("c0003")


def test_labels_that_were_saved_since_are_found(visit, site):
    site.labels.save(site.store.manifest.digest, "c0002", "Naive and resting", "", "Ada")
    visitor = visit().open_concept("/concept/c0001?store=fixture", "c0001")
    search(visitor, "resting")
    assert "c0002 Naive and resting" in hits(visitor)[0]


def test_a_search_that_does_not_answer_says_so(visit):
    visitor = visit().open_concept("/concept/c0001?store=fixture", "c0001")
    visitor.page.route("**/search?*", lambda route: route.abort())
    search(visitor, "mono")
    assert "does not answer" in visitor.text(".sc-hits")
    visitor.complaints.clear()  # the browser reports the request that was cut


def test_the_keys_are_listed_and_closed_again(visit):
    visitor = visit().open_concept("/concept/c0001?store=fixture", "c0001")
    visitor.page.keyboard.press("?")
    dialog = visitor.page.locator("dialog.sc-help")
    assert dialog.is_visible()
    listed = visitor.page.locator("dialog.sc-help kbd").all_inner_texts()
    assert listed == ["/", "j", "k", "]", "[", "c", "l", "e", "f", "?"]
    visitor.page.keyboard.press("j")  # nothing moves behind the dialog
    visitor.page.keyboard.press("Escape")
    assert dialog.is_hidden()
    visitor.wait_for_concept("c0001")


def test_l_goes_to_the_label_and_f_fits_the_map(visit):
    visitor = visit().open_concept("/concept/c0001?store=fixture", "c0001")
    visitor.page.keyboard.press("l")
    assert visitor.page.evaluate("document.activeElement.id") == "label-text"
    visitor.page.evaluate("document.activeElement.blur()")
    zoom = "scconcepts.map.get('cell-map').stage.view.zoom"
    visitor.page.evaluate("scconcepts.map.get('cell-map').zoom(3)")
    assert visitor.page.evaluate(zoom) > 2.9
    visitor.page.keyboard.press("f")
    assert abs(visitor.page.evaluate(zoom) - 1) < 1e-6


def test_keys_pressed_faster_than_the_panels_follow_lead_to_the_last(visit):
    visitor = visit().open_concept("/concept/c0001?store=fixture", "c0001")
    for key in "jjjjk":
        visitor.page.keyboard.press(key)
        visitor.page.wait_for_timeout(30)
    visitor.wait_for_concept("c0004")
    assert visitor.page.url.endswith("/concept/c0004?store=fixture")


def test_a_selection_that_the_grid_repeats_is_nobody_s_choice(visit):
    visitor = visit().open_concept("/concept/c0002?store=fixture", "c0002")
    visitor.page.evaluate(
        """() => {
             const late = { ids: ["c0001"] };
             window.dash_clientside.set_props("concepts", { selectedRows: late });
             return new Promise((done) => setTimeout(done, 300));
           }"""
    )
    visitor.wait_for_concept("c0002")
    visitor.page.click(".ag-row[row-id=c0004] [role=gridcell] >> nth=1")
    visitor.wait_for_concept("c0004")
    visitor.page.keyboard.press("ArrowDown")
    visitor.page.keyboard.press("Space")
    visitor.wait_for_concept("c0005")
    assert visitor.page.url.endswith("/concept/c0005?store=fixture")


def test_two_pins_make_a_comparison(visit):
    visitor = visit().open_concept("/concept/c0001?store=fixture", "c0001")
    visitor.page.keyboard.press("c")
    assert "pin another" in visitor.text(".sc-pins")
    visitor.page.keyboard.press("j")
    visitor.wait_for_concept("c0002")
    visitor.page.keyboard.press("c")
    visitor.page.click(".sc-pins >> text=Compare")
    visitor.page.wait_for_url("**/compare?store=fixture&a=c0001&b=c0002")
    visitor.page.go_back()
    visitor.wait_for_concept("c0002")
    visitor.page.reload()
    visitor.wait_for_concept("c0002")
    assert visitor.page.locator(".sc-pin").count() == 2  # kept while the tab is open
    visitor.page.click(".sc-pin-off >> nth=0")
    assert visitor.page.locator(".sc-pin").count() == 1
