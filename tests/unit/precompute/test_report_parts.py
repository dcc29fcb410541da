"""Parts of a report: profiles of genes, leaks, conditions, figures and tables."""

from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sp

from precompute.html import make_table, number, share, signed_share
from precompute.report.chart import Point, draw_rows
from precompute.report.condition import measure_condition
from precompute.report.gene_profiles import _match, _rank, _shrink
from precompute.report.names import name_test
from precompute.report.page_condition import write_condition
from precompute.report.trust import measure_leak


def test_planted_profiles_recur_and_unrelated_ones_do_not():
    rng = np.random.default_rng(0)
    first = rng.normal(size=(6, 400))
    second = np.concatenate([first[:3] + rng.normal(size=(3, 400)), rng.normal(size=(4, 400))])
    for weigh in (_rank, _shrink):
        found = _match(first, second[::-1], weigh)
        assert found.partner[:3].tolist() == [6, 5, 4]
        assert found.mutual[:3].all() and (found.q[:3] < 0.01).all()
        assert (found.q[3:] > 0.05).all()
        assert found.correlation[:3] == pytest.approx(0.7, abs=0.1)  # 1 / sqrt(2)


def test_a_concept_without_effects_has_no_match():
    values = np.concatenate([np.zeros((1, 200)), np.random.default_rng(0).normal(size=(2, 200))])
    found = _match(values, values, _shrink)
    assert found.correlation[0] == 0 and found.q[0] > 0.5


def source_of(activations, embeddings, **columns):
    """A stand-in for a source: activations, embeddings, and codes of roles."""
    store = SimpleNamespace(
        n_cells=len(embeddings),
        array=lambda name: embeddings,
        strings=lambda name: ["Interferon", "other", "apoptosis"],
        manifest=SimpleNamespace(
            enrichments=[SimpleNamespace(key="prerank_presence")],
            set_swaps=[SimpleNamespace(key="neighbours")],
        ),
        enrichment=lambda key: SimpleNamespace(
            rows=lambda concept: {
                "gene_set": np.array([1, 0]),
                "statistic": np.array([-2.0, 2.0]),
                "q": np.array([0.001, 0.01]),
            }
        ),
        set_swap=lambda key: SimpleNamespace(
            rows=lambda concept: {
                "gene_set": np.array([2, 1, 0]),
                "effect": np.array([2.0, -1.0, 0.5]),
                "q": np.array([0.01, 0.02, 0.03]),
            }
        ),
    )
    return SimpleNamespace(
        store=store,
        word="",
        by_cell=sp.csr_matrix(activations),
        labels=[f"c{i}" for i in range(activations.shape[1])],
        codes=lambda role: columns.get(role),
    )


def test_a_leak_is_measured_within_cell_types():
    rng = np.random.default_rng(0)
    types, donors = np.arange(600) % 2, (np.arange(600) // 2) % 3
    told = np.eye(3)[donors] + 0.01 * rng.normal(size=(600, 3))  # says the donor
    source = source_of(
        np.eye(2)[types],  # says the type, and nothing else
        told,
        cell_type=(types, ["T", "B"]),
        donor=(donors, ["d1", "d2", "d3"]),
    )
    found = measure_leak(source)["roles"]
    assert set(found) == {"donor"}
    assert (found["donor"]["n_groups"], found["donor"]["n_categories"]) == (2, 3)
    assert found["donor"]["concepts"] == pytest.approx(0, abs=0.15)
    assert found["donor"]["embeddings"] == pytest.approx(1, abs=0.02)
    assert "missing" in measure_leak(source_of(np.eye(2)[types], told))


def test_concepts_of_a_condition_are_named_with_the_first_set_above_0():
    types, states = np.arange(400) % 2, (np.arange(400) // 2) % 2
    carries = (states == 1) & (types == 0)  # the first type alone
    activations = np.stack([carries, np.ones(400)], axis=1).astype(float)
    source = source_of(
        activations,
        activations,
        cell_type=(types, ["T", "B"]),
        condition=(states, ["ctrl", "stim"]),
    )
    found = measure_condition(source)
    (row,) = found["rows"]
    assert (row["cell_type"], row["condition"], row["concept"]) == ("T", "stim", "c0")
    assert row["auroc"] == pytest.approx(1)
    # The set of smallest p lies at the other end of the ranking.
    assert row["first"] == {
        "prerank_presence": {"set": "Interferon", "q": 0.01},
        "set_swap_neighbours": {"set": "apoptosis", "q": 0.01},
    }
    assert found["without_concept"] == ["T, ctrl", "B, ctrl", "B, stim"]
    source.word = "interferon"
    found = measure_condition(source)
    firsts = found["rows"][0]["first"]
    assert firsts["prerank_presence"]["with_word"]["place"] == 1
    looked_for = {"place": 2, "set": "Interferon", "q": 0.03}  # a negative effect has none
    assert firsts["set_swap_neighbours"]["with_word"] == looked_for
    told = write_condition(found)
    assert "Apoptosis (q\u00a00.01); 2nd: Interferon (q\u00a00.03)" in told
    assert "GSEA of presence" in told and "set swap, neighbours" in told


def test_a_figure_tells_series_apart_and_keeps_to_its_axis():
    rows = [("<a>", [Point("x & y", 0.5, (0.25, 0.75)), Point("null", 1.5)])]
    drawn = draw_rows(rows, "Title", "Caption.")
    assert "&lt;a&gt;" in drawn and "x &amp; y" in drawn and "<a>" not in drawn
    assert "x &amp; y: 0.50 (0.25 to 0.75)" in drawn
    assert 'x1="267.5" x2="422.5"' in drawn  # 190 + .25 and .75 of 310
    assert "translate(500.0," in drawn  # no mark outside of the axis
    assert draw_rows([("a", [])], "Title", "Caption.") == ""


def test_tables_and_numbers_are_words():
    table = make_table([("a", "what it is"), ("b", "")], [["<x>", "1"], ["y", "2"]], chosen=1)
    assert "&lt;x&gt;" in table and 'title="what it is"' in table
    assert table.count("class=chosen") == 1
    assert (number(None), share(None), number(0.1234), share(0.126)) == ("—", "—", "0.123", "13%")
    assert (signed_share(-0.004), signed_share(0.126), signed_share(-0.2)) == ("0%", "+13%", "-20%")


def test_names_of_tests_are_words():
    assert name_test("prerank_differential") == "GSEA of DE"
    assert name_test("overrepresentation_presence") == "overrepresentation of presence"
    assert name_test("set_swap_random_matched") == "set swap, random matched"
