"""The search box: what a text means, and in which order."""

import pytest

from scconcepts_app.views.aliases import _fold as fold
from scconcepts_app.views.aliases import find_alias, index_aliases, list_groups, official_symbol
from scconcepts_app.views.concepts import list_concepts, with_labels
from scconcepts_app.views.search import explain_nothing, index_search, search_store


@pytest.fixture(scope="module")
def find(store):
    index, rows = index_search(store), list_concepts(store)

    def search(text, labels=None):
        hits = search_store(index, with_labels(rows, labels or {}), text)
        return [(hit.kind, hit.key) for hit in hits]

    return search


def test_a_gene_comes_first_and_then_the_concepts_it_is_in(find):
    found = find("ms4a1")
    assert found[0] == ("gene", "MS4A1")
    assert {kind for kind, _ in found[1:]} <= {"concept"}


@pytest.mark.parametrize("name", ["CD20", "cd20", "CD-20"])
def test_another_name_of_a_gene_finds_it(find, name):
    assert find(name)[0] == ("gene", "MS4A1")


def test_a_gene_is_found_by_its_id_from_the_beginning_only(find):
    assert ("gene", "CD79A") in find("ENSG00000000000")
    assert not [hit for hit in find("00000003") if hit[0] == "gene"]


def test_a_word_finds_concepts_sets_and_categories(find):
    found = find("nk cell")
    assert found[0] == ("concept", "c0005")
    assert ("category", "cell_type:NK cell") in found
    assert any(kind == "set" and key.startswith("NK cell") for kind, key in found)


def test_a_concept_is_found_by_id_and_by_the_label_of_an_expert(find):
    assert find("c0003")[0] == ("concept", "c0003")
    assert ("concept", "c0003") in find("exhausted", {"c0003": ("Exhausted", "Ada")})
    # The proposed label still finds it.
    assert ("concept", "c0003") in find("CD8 T", {"c0003": ("Exhausted", "Ada")})


def test_equal_comes_before_beginning_before_a_word_before_a_part(find):
    genes = [key for kind, key in find("CD3") if kind == "gene"]
    assert genes[:3] == ["CD3D", "CD3E", "CD3G"]
    assert find("GENE1")[0] == ("gene", "GENE1")
    assert find("GENE1")[1:3] == [("gene", "GENE10"), ("gene", "GENE11")]


@pytest.mark.parametrize("text", ["", "   ", "zzzz", "\x00", "(", "[a-z]*", "%", "É" * 500])
def test_what_means_nothing_finds_nothing(find, text):
    assert find(text) == []


def test_nothing_is_explained():
    assert explain_nothing("PD-1") == "PD-1 is the gene PDCD1, which this store does not hold."
    assert explain_nothing("PDCD1") == "PDCD1 is a gene that this store does not hold."
    assert explain_nothing("qqq").startswith("Nothing found")


def test_no_name_stands_for_two_genes():
    names = [fold(name) for group in list_groups() for name in group]
    twice = {name for name in names if names.count(name) > 1}
    assert twice == set()


def test_an_alias_leads_to_what_the_store_calls_the_gene():
    index = index_aliases(["IL8", "AMICA1", "CD4"])
    assert find_alias(index, "CXCL8") == "IL8"
    assert find_alias(index, "jaml") == "AMICA1"
    assert find_alias(index, "CD4") is None  # its own name
    assert official_symbol("tim3") == "HAVCR2"
