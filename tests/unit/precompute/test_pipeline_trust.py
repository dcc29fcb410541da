"""What a store says of its attributions: cards, single cells, gene sets, against the stages."""

import anndata as ad
import numpy as np
import pytest

from precompute.attribution.faithfulness import RANKINGS
from precompute.attribution.grade import CRITERIA, grade_concept, write_rule
from precompute.cells import Cells, load_cells, read_h5ad
from precompute.cli import main
from precompute.config import read_config
from precompute.workspace import StageOutput
from scconcepts_app.store import verify_store
from scconcepts_app.store.schema import (
    CELL_EFFECT_CELLS,
    CELL_EFFECT_GENES,
    CONCEPT_FLAGS,
    FAITHFULNESS_CURVES,
    FAITHFULNESS_MEASURES,
)
from tests.run_case import SCVI, write_config

KEYS = ["neighbours", "random_matched"]


def open_cells(config) -> Cells:
    settings = read_config(config).data
    return load_cells(read_h5ad(config.parent / "cells.h5ad"), settings, "cells.h5ad")


class Packed:
    """A store with the workspace and the cells it was packed from."""

    def __init__(self, config, store, workspace):
        self.store, self.cells = verify_store(store), open_cells(config)
        self.stage = lambda name: StageOutput(workspace / name)
        self.counts = ad.read_h5ad(config.parent / "cells.h5ad").X.toarray()


@pytest.fixture(scope="module")
def whole(finished) -> Packed:
    return Packed(finished.config, finished.store, finished.workspace)


@pytest.fixture(scope="module", params=["all", "model"])
def subset(request, inputs, tmp_path_factory) -> Packed:
    """A model that reads 40 of 100 genes, with all of them in the store or only its own."""
    folder = tmp_path_factory.mktemp("subset")
    for name in ("cells.h5ad", "sets.gmt"):
        (folder / name).write_bytes((inputs / name).read_bytes())
    settings = {"data.n_top_genes": 40, "pack.expression": request.param}
    config = write_config(folder, {**SCVI, **settings, "dictionary.n_seeds": 2})
    assert main(["run", str(config)]) == 0
    packed = Packed(config, folder / "run.store", folder / "run.workspace")
    assert packed.store.n_genes == (100 if request.param == "all" else 40)
    return packed


def check_cells(packed: Packed, key: str) -> None:
    """Every number about a cell and a gene is that of this cell and this gene in the input."""
    store, output = packed.store, packed.stage("attribution")
    computed = {
        name: np.array(output.array(f"{key}.cell.{name}"))
        for name in (*CELL_EFFECT_CELLS, *CELL_EFFECT_GENES)
    }
    packed_columns = {name: store.array(f"cell_effects/{key}/{name}") for name in computed}
    for name in set(computed) - {"cell", "gene"}:
        assert np.array_equal(packed_columns[name], computed[name], equal_nan=True), name
    listed = packed_columns["cell"] >= 0
    assert listed.any(axis=1).all() and np.array_equal(listed, computed["cell"] >= 0)
    rows = store.array("cells/source_row")[packed_columns["cell"]]
    assert np.array_equal(rows[listed], packed.cells.source_rows[computed["cell"]][listed])
    known = packed_columns["gene"] >= 0
    names = np.array(list(store.strings("genes/id")))
    inputs = np.array([int(name.removeprefix("gene_")) for name in names])
    genes = inputs[packed_columns["gene"]]
    expected = np.log1p(packed.counts[rows[:, :, None], genes])
    assert np.allclose(packed_columns["value"][known], expected[known], atol=1e-6)
    assert known.sum() > 100
    in_model = store.array("genes/in_model").astype(bool)
    assert in_model[packed_columns["gene"][known]].all()


def check_top_cells(packed: Packed, key: str) -> None:
    """The cells are those at the head of the activations of the store."""
    for concept in range(packed.store.n_concepts):
        best = packed.store.activations.rows(concept)
        cells = packed.store.array(f"cell_effects/{key}/cell")[concept]
        cells = cells[cells >= 0]
        assert len(cells) == min(20, len(best["cell"]))
        value = dict(zip(best["cell"].tolist(), best["value"].tolist(), strict=True))
        assert [value[cell] for cell in cells.tolist()] == best["value"][: len(cells)].tolist()


@pytest.mark.parametrize("key", KEYS)
def test_effects_in_single_cells(whole, key):
    assert [info.key for info in whole.store.manifest.cell_effects] == KEYS
    check_cells(whole, key)
    check_top_cells(whole, key)


def test_effects_in_single_cells_of_a_model_that_reads_some_genes(subset):
    check_cells(subset, KEYS[0])
    check_top_cells(subset, KEYS[0])


def test_gene_tables_and_sets_of_a_model_that_reads_some_genes(subset):
    store, output = subset.store, subset.stage("attribution")
    ids = np.array(list(store.strings("genes/id")))
    model_ids = np.array(subset.cells.genes.ids)[subset.cells.model_genes]
    for concept in range(store.n_concepts):
        rows = store.attribution(KEYS[0]).rows(concept)
        place = [model_ids.tolist().index(name) for name in ids[rows["gene"]]]
        assert np.array_equal(rows["q"], output.array(f"{KEYS[0]}.q")[concept][place])
        assert np.array_equal(rows["effect"], output.array(f"{KEYS[0]}.effect")[concept][place])
        sizes = store.set_swap(KEYS[0]).rows(concept)
        for gene_set, size in zip(sizes["gene_set"], sizes["size"], strict=True):
            offsets = store.array("gene_sets/members/offsets")
            assert size == offsets[gene_set + 1] - offsets[gene_set]


@pytest.mark.parametrize("key", KEYS)
def test_cards(whole, key):
    store, output = whole.store, whole.stage("faithfulness")
    for name in (*FAITHFULNESS_CURVES, *FAITHFULNESS_MEASURES):
        found = store.array(f"faithfulness/{key}/{name}")
        assert np.array_equal(found, output.array(f"{key}.{name}"), equal_nan=True), name
    assert store.array(f"faithfulness/{key}/n_replaced").tolist() == [1, 2, 5, 10, 20, 50, 100]
    info = next(info for info in store.manifest.faithfulness if info.key == key)
    assert (info.rankings, info.rule) == (list(RANKINGS), write_rule())
    # All 100 genes replaced is the full drop, by any ranking.
    assert np.allclose(store.array(f"faithfulness/{key}/deletion")[:, :, -1], 1, atol=1e-4)
    assert np.allclose(store.array(f"faithfulness/{key}/insertion")[:, :, -1], 1, atol=1e-4)


@pytest.mark.parametrize("key", KEYS)
def test_grades_follow_from_the_numbers_of_the_card(whole, key):
    store = whole.store
    card = {name: store.array(f"faithfulness/{key}/{name}") for name in FAITHFULNESS_MEASURES}
    at_50 = store.array(f"faithfulness/{key}/deletion")[:, :, 5]
    split = np.where(np.isnan(card["split_donors"]), card["split_cells"], card["split_donors"])
    reasons = list(store.strings(f"faithfulness/{key}/reason"))
    for concept in range(store.n_concepts):
        attribution, differential, random = at_50[concept]
        numbers = {name: float(card[name][concept]) for name in card}
        numbers |= {"lost": attribution, "lead_random": attribution - random}
        numbers |= {"lead_differential": attribution - differential, "split": split[concept]}
        known = {criterion.name: float(numbers[criterion.name]) for criterion in CRITERIA}
        assert (card["grade"][concept], reasons[concept]) == grade_concept(known)
    assert len(set(card["grade"].tolist())) > 1


@pytest.mark.parametrize("key", KEYS)
def test_numbers_of_a_card_that_follow_from_others(whole, key):
    store, effect = whole.store, whole.stage("attribution").array(f"{key}.effect")
    size = -np.sort(-np.abs(effect), axis=1)
    share = store.array(f"faithfulness/{key}/share_top")
    assert np.allclose(share, size[:, :20].sum(axis=1) / size.sum(axis=1), atol=1e-5)
    # Effects add up to the full drop where they are complete.
    drop = store.array(f"faithfulness/{key}/full_drop")
    incomplete = 1 - store.array(f"faithfulness/{key}/completeness")
    assert np.allclose(effect.sum(axis=1), drop, atol=0.02 + incomplete.max() * np.abs(drop).max())
    if key == KEYS[0]:
        assert np.array_equal(
            store.array("concepts/match_rate"), store.array(f"faithfulness/{key}/match_rate")
        )


def test_the_flag_is_grade_d_of_the_default(whole):
    flags = whole.store.array("concepts/flags") >> CONCEPT_FLAGS.index("unfaithful") & 1
    grade = whole.store.array(f"faithfulness/{KEYS[0]}/grade")
    assert np.array_equal(flags, grade == 3)
    assert 0 < flags.sum() < whole.store.n_concepts


def test_gene_sets_replaced_whole(whole):
    store, output = whole.store, whole.stage("set_swap")
    (info,) = store.manifest.set_swaps
    assert (info.key, info.differential) == (KEYS[0], "prerank_differential")
    table, gsea = store.set_swap(info.key), store.enrichment(info.differential)
    for concept in range(store.n_concepts):
        rows = table.rows(concept)
        sets = rows["gene_set"]
        assert sorted(sets) == list(range(5)) and np.all(np.diff(rows["p"]) >= 0)
        for name in set(rows) - {"gene_set"}:
            computed = output.array(f"{info.key}.{name}")[concept][sets]
            assert np.array_equal(rows[name], computed.astype(rows[name].dtype), equal_nan=True)
        differential = gsea.rows(concept)
        q = dict(zip(differential["gene_set"].tolist(), differential["q"].tolist(), strict=True))
        for gene_set, used, quadrant in zip(
            sets.tolist(), rows["q"], rows["quadrant"], strict=True
        ):
            assert quadrant == 2 * (used <= 0.05) + (q[gene_set] <= 0.05)


def test_the_effect_of_a_set_is_near_that_of_its_genes(whole):
    """Not equal: the sum leaves out how genes act together, and has been taken over fewer cells."""
    store = whole.store
    members = store.ragged("gene_sets/members", ("gene",))
    pairs = []
    for concept in range(store.n_concepts):
        rows, effect = store.set_swap(KEYS[0]).rows(concept), np.zeros(store.n_genes)
        genes = store.attribution(KEYS[0]).rows(concept)
        effect[genes["gene"]] = genes["effect"]
        for gene_set, found in zip(rows["gene_set"], rows["effect"], strict=True):
            pairs.append((effect[members.rows(gene_set)["gene"]].sum(), found))
    assert np.corrcoef(np.array(pairs).T)[0, 1] > 0.7
