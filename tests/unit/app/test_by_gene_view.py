"""One gene over all concepts: numbers, and the sentence made of them."""

from __future__ import annotations

import numpy as np
import pytest

from scconcepts_app.views.by_gene import read_effects, read_gene, write_gene
from scconcepts_app.views.concepts import list_concepts
from scconcepts_app.views.gene_search import (
    index_genes,
    list_leading_genes,
    split_genes,
    suggest_genes,
)
from scconcepts_app.views.genes import list_genes
from tests.unit.app.conftest import with_arrays

LABELS = [f"label {i}" for i in range(6)]


def gene_of(store, symbol: str) -> int:
    return store.gene_symbols.index(symbol)


def sentence(store, symbol: str, attribution="neighbours", differential="inactive") -> str:
    found = read_gene(store, gene_of(store, symbol), attribution, differential)
    return write_gene(found, store, LABELS)


def test_numbers_are_those_of_each_concept(store):
    found = read_gene(store, gene_of(store, "LYZ"), "neighbours", "inactive")
    for concept in range(store.n_concepts):
        rows = list_genes(store, concept, "differential", "neighbours", "inactive", n=None).rows
        rows += list_genes(store, concept, "presence", "neighbours", "inactive", n=None).rows
        row = next((row for row in rows if row.symbol == "LYZ"), None)
        if row is None:
            continue
        assert found.effect[concept] == pytest.approx(row.effect)
        assert found.share[concept] == pytest.approx(row.share)
        assert found.effect_q[concept] == pytest.approx(row.effect_q)
        assert found.z[concept] == pytest.approx(row.z)
        assert found.q[concept] == pytest.approx(row.q)


def test_rank_is_the_place_by_absolute_effect(store):
    gene = gene_of(store, "CD14")
    found = read_gene(store, gene, "neighbours", None)
    rows = store.attribution("neighbours").rows(3)
    order = np.argsort(-np.abs(rows["effect"]), kind="stable")
    assert found.rank[3] == rows["gene"][order].tolist().index(gene) + 1
    assert np.isnan(found.z).all()


def test_concepts_are_ordered_by_effect_and_then_by_z(store):
    found = read_gene(store, gene_of(store, "LYZ"), "neighbours", "inactive")
    assert found.order[0] == 3
    sizes = np.abs(found.effect)[found.order]
    assert (np.diff(sizes) <= 0).all()
    plain = read_gene(store, gene_of(store, "LYZ"), None, "inactive")
    assert (np.diff(np.abs(plain.z)[plain.order]) <= 0).all()


def test_sides_are_told_apart(store):
    columns = {name: np.array(store.array(f"attribution/neighbours/{name}")) for name in ("gene",)}
    at = np.flatnonzero(columns["gene"] == 7)
    arrays = {}
    for name, values in (
        ("effect", [0.5, 0.4, -0.3, 0.0]),
        ("presence", [0.5, 0.0, -0.3, 0.0]),
        ("absence", [0.0, 0.4, 0.0, 0.0]),
    ):
        column = np.array(store.array(f"attribution/neighbours/{name}"))
        column[at[:4]] = values
        arrays[f"attribution/neighbours/{name}"] = column
    found = read_gene(with_arrays(store, arrays), 7, "neighbours", None)
    assert found.side[:4] == ["presence", "absence", "opposing", ""]


def planted(store, effects, effect_q, q):
    """The store in which gene LYZ has these numbers in its six concepts."""
    gene, arrays = gene_of(store, "LYZ"), {}
    for family, columns in (
        ("attribution/neighbours", {"effect": effects, "q": effect_q}),
        ("differential/inactive", {"q": q}),
    ):
        at = np.flatnonzero(store.array(f"{family}/gene") == gene)
        for name, values in columns.items():
            column = np.array(store.array(f"{family}/{name}"))
            column[at] = values
            arrays[f"{family}/{name}"] = column
    return with_arrays(store, arrays)


def test_the_sentence_counts_what_it_moves_and_what_only_differs(store):
    # Moves 0, 1 and 4, the largest of them 1; 2 is larger but not significant.
    variant = planted(
        store,
        effects=[0.2, -0.6, 0.9, 0.1, 0.3, 0.0],
        effect_q=[0.01, 0.0499, 0.2, 0.5, 0.0, 1.0],
        q=[0.01, 0.3, 0.04, 0.04, 0.04, 0.9],
    )
    assert sentence(variant, "LYZ") == (
        "LYZ moves 3 of 6 concepts (q ≤ 0.05), most c0002 “label 1” (−0.60). It is differential in "
        "2 of them and in 2 that it does not move."
    )


def test_the_sentence_of_a_gene_that_moves_nothing(store):
    variant = planted(store, [0.2, -0.6, 0.9, 0.1, 0.3, 0.0], [0.5] * 6, [0.9] * 6)
    assert sentence(variant, "LYZ") == (
        "LYZ moves none of 6 concepts (q ≤ 0.05); its largest effect is on c0003 “label 2” (0.90). "
        "LYZ is differential in 0 of 6 concepts (q ≤ 0.05)."
    )


def test_q_of_exactly_the_limit_is_found(store):
    # q of effects is float32, whose 0.05 is a little more.
    variant = planted(store, [0.2, 0.1, 0.1, 0.1, 0.1, 0.1], [0.05] + [0.051] * 5, [0.05] + [1] * 5)
    found = read_gene(variant, gene_of(store, "LYZ"), "neighbours", "inactive")
    assert found.effect_q[0] > 0.05
    assert found.moves.tolist() == found.differs.tolist() == [True] + [False] * 5


def test_without_a_test_nothing_is_said_of_differences(store):
    variant = planted(store, [0.2, -0.6, 0.9, 0.1, 0.3, 0.0], [0.01] * 6, [0.9] * 6)
    assert sentence(variant, "LYZ", differential=None) == (
        "LYZ moves 6 of 6 concepts (q ≤ 0.05), most c0003 “label 2” (0.90). "
        "LYZ was tested for differential expression in no concept."
    )


def test_what_the_model_does_not_read_is_missing(store):
    assert sentence(store, "GENE29") == (
        "The model does not read GENE29: its effect on concepts is missing, which is not 0. "
        "GENE29 was tested for differential expression in no concept."
    )


def test_without_q_the_largest_effect_is_told(old_store):
    text = sentence(old_store, "LYZ")
    assert text.startswith("LYZ has its largest effect on c0004 “label 3” (")
    assert "this store holds no q of effects" in text


def test_without_attribution_it_says_why(plain_store):
    text = sentence(plain_store, "LYZ", None)
    assert text.startswith("LYZ is differential in")
    assert "most in c0004 “label 3” (z" in text
    assert text.endswith("The embeddings came without their model.")


def test_a_concept_that_was_not_attributed_is_not_counted(silent_store):
    found = read_gene(silent_store, gene_of(silent_store, "LYZ"), "neighbours", "inactive")
    assert np.isnan(found.effect[0]) and np.isfinite(found.effect[1:]).all()
    assert "of 5 concepts" in sentence(silent_store, "LYZ")


def test_several_genes_at_once(store):
    genes = [gene_of(store, symbol) for symbol in ("CD3D", "LYZ")]
    first, second = read_effects(store, genes, "neighbours")
    assert first["effect"].argmax() == 1 and second["effect"].argmax() == 3


@pytest.fixture(scope="module")
def index(store):
    return index_genes(store)


@pytest.mark.parametrize(
    ("text", "found", "unknown"),
    [
        ("LYZ", ["LYZ"], []),
        ("lyz, cd14 ,LYZ", ["LYZ", "CD14"], []),
        ("ENSG00000000000", ["CD79A"], []),
        ("LYZ,NOPE", ["LYZ"], ["NOPE"]),
        (" , ,", [], []),
        ("", [], []),
        ("CD3D,CD3E,CD3G,LYZ,CD14,NKG7,GNLY", ["CD3D", "CD3E", "CD3G", "LYZ", "CD14", "NKG7"], []),
    ],
)
def test_a_list_of_genes(store, index, text, found, unknown):
    genes, strange = split_genes(index, text, 6)
    assert [store.gene_symbols[gene] for gene in genes] == found
    assert strange == unknown


def test_a_symbol_with_a_comma_is_one_gene():
    assert split_genes({"A,B": 3, "A": 1}, "A,B", 6) == ([3], [])


def test_close_genes_are_parts_misspellings_and_other_names(store):
    assert suggest_genes(store, "CD79")[:2] == ["CD79A", "CD79B"]
    assert suggest_genes(store, "CD20")[0] == "MS4A1"
    assert "GZMK" in suggest_genes(store, "GZNK")
    assert suggest_genes(store, "  ") == []
    assert suggest_genes(store, "Ω" * 5000) == []


def test_leading_genes_are_those_of_most_concepts(store):
    rows = list_concepts(store)
    counted: dict[str, int] = {}
    for row in rows:
        for gene in row.genes:
            counted[gene] = counted.get(gene, 0) + 1
    leading = list_leading_genes(rows, 4)
    assert len(leading) == 4
    assert [counted[gene] for gene in leading] == sorted(counted.values(), reverse=True)[:4]
