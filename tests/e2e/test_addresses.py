"""The address holds what defines a view: made by choices, opened cold, gone back from."""

TAB = "input[type=radio]:checked"


def chosen(visitor, group: str) -> str:
    return visitor.page.evaluate(
        f"document.querySelector('#{group} {TAB}').closest('label').textContent.trim()"
    )


def test_choices_are_written_into_the_address_and_gone_back_from(visit):
    visitor = visit().open_concept("/concept/c0002?store=fixture", "c0002")
    visitor.open_tab("Volcano", "volcano-figure", "c0002")
    visitor.page.wait_for_url("**/concept/c0002?store=fixture&tab=volcano")
    visitor.page.click("#gene-list >> text=Absence")
    visitor.page.wait_for_url("**/concept/c0002?store=fixture&tab=volcano&list=absence")
    visitor.page.go_back()
    visitor.page.wait_for_function(
        "() => document.querySelector('#gene-list input:checked')"
        ".closest('label').textContent.includes('Presence')"
    )
    visitor.page.go_back()
    visitor.page.wait_for_url("**/concept/c0002?store=fixture")
    visitor.page.wait_for_function(
        "() => document.getElementById('panes').dataset.tab !== 'volcano'"
    )
    visitor.page.go_forward()
    visitor.page.wait_for_function(
        "() => document.getElementById('panes').dataset.tab === 'volcano'"
    )


# Goes back as soon as a step is written into the address, before anything on the page knows of it.
_TURN_BACK = """
const push = history.pushState.bind(history);
window.turnBack = false;
history.pushState = (...args) => {
  push(...args);
  if (window.turnBack) { window.turnBack = false; history.back(); }
};
"""


def test_a_step_gone_back_from_at_once_leaves_no_trace(visit):
    visitor = visit(fresh=True)
    visitor.page.add_init_script(_TURN_BACK)
    visitor.open_concept("/concept/c0002?store=fixture", "c0002")
    for selector in ("#gene-list >> text=Absence", ".ag-row[row-id=c0005]"):
        visitor.page.evaluate("window.turnBack = true")
        visitor.page.click(selector)
        visitor.page.wait_for_function("() => !window.turnBack")
        visitor.wait_for_concept("c0002")
        visitor.page.wait_for_function(
            "() => document.querySelector('#gene-list input:checked')"
            ".closest('label').textContent.includes('Presence')"
            " && document.querySelector('#cell-map').dataset.painted.startsWith('c0002')"
        )
        assert visitor.page.url.endswith("/concept/c0002?store=fixture")


def test_a_link_opens_cold_as_it_was_sent(visit):
    path = "/concept/c0003?store=fixture&tab=against&list=absence&q=cell&color=gene:CD8A"
    visitor = visit().open_concept(path, "c0003")
    visitor.wait_for_figure("comparison-figure", "c0003")
    assert chosen(visitor, "gene-list") == "Absence"
    assert visitor.page.input_value("#search") == "cell"
    visitor.page.wait_for_function(
        "() => document.querySelector('#cell-map').dataset.painted === 'CD8A'"
    )
    assert visitor.page.url.endswith(path)


def test_what_is_typed_is_in_the_address_without_a_step_for_each_letter(visit):
    visitor = visit().open_concept("/concept/c0001?store=fixture", "c0001")
    before = visitor.page.evaluate("history.length")
    visitor.page.fill("#search", "mono")
    visitor.page.wait_for_url("**/concept/c0001?store=fixture&q=mono")
    assert visitor.page.evaluate("history.length") == before
    visitor.page.click(".ag-row[row-id=c0004]")
    visitor.page.wait_for_url("**/concept/c0004?store=fixture&q=mono")


def test_nonsense_in_the_address_is_ignored(visit):
    visitor = visit().open_concept("/concept/c0001?store=fixture&tab=%00&list=x&by=../..", "c0001")
    assert chosen(visitor, "gene-list") == "Presence"


def test_several_stores_start_with_a_choice(visit):
    visitor = visit()
    visitor.page.goto(visitor.site.url + "/")
    visitor.page.wait_for_selector(".sc-stores")
    visitor.page.click(".sc-store-card[href$=plain]")
    visitor.wait_for_concept("c0001")
    assert visitor.page.url.endswith("/?store=plain")


def test_distinct_gene_sets_are_a_choice_of_the_address_and_lead_out(visit):
    path = "/concept/c0002?store=fixture&tab=table"
    visitor = visit().open_concept(path, "c0002")
    link = visitor.page.locator(".sc-sets-grid .sc-set-out").first
    assert link.get_attribute("href") == "https://amigo.geneontology.org/amigo/term/GO:0034340"
    assert link.get_attribute("rel") == "noopener noreferrer"
    visitor.page.click("#redundant-sets >> text=Distinct")
    visitor.page.wait_for_url(f"**{path}&sets=distinct")
    cold = visit(fresh=True).open_concept(f"{path}&sets=distinct", "c0002")
    assert chosen(cold, "redundant-sets") == "Distinct"
    cold.page.wait_for_selector(".sc-sets-grid .ag-row")
