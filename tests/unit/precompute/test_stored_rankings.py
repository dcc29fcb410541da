"""enrich-rankings on a store: its own rankings, tested again, give what it holds."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from precompute.cli import main
from precompute.stored_rankings import read_store
from scconcepts_app.store import ConceptStore
from tests.store_factory import write_store

KINDS = ("attribution", "presence", "absence", "differential", "matched")


def run(source, out, *options: str) -> int:
    return main(["enrich-rankings", str(source), "--out", str(out), *options])


def stored(store: ConceptStore, ranking: str) -> pd.DataFrame:
    """The rows that the store holds of a ranking such as ``c0001/presence``, by gene set."""
    concept, _, kind = ranking.partition("/")
    found = store.find_concept(concept)
    assert found is not None
    key = f"prerank_{kind}"
    names = list(store.strings("gene_sets/name"))
    table = pd.DataFrame({k: np.array(v) for k, v in store.enrichment(key).rows(found).items()})
    span = store.enrichment(key).span(found)
    symbols = np.array(store.gene_symbols)
    table["leading_edge"] = [
        ";".join(symbols[store.leading_genes(key, row)]) for row in range(span.start, span.stop)
    ]
    return table.assign(name=[names[i] for i in table["gene_set"]]).set_index("name")


@pytest.fixture(scope="module")
def store(finished) -> ConceptStore:
    return ConceptStore.open(finished.store)


def test_a_store_tested_again_has_its_own_numbers(finished, store, tmp_path, capsys):
    assert run(finished.store, tmp_path / "table.csv") == 0
    table = pd.read_csv(tmp_path / "table.csv", keep_default_na=False)
    n_sets = store.manifest.counts["n_gene_sets"]
    assert f"{5 * store.n_concepts} rankings x {n_sets} gene sets" in capsys.readouterr().out
    expected = [f"{concept}/{kind}" for concept in store.concept_ids for kind in KINDS]
    assert table["ranking"].drop_duplicates().tolist() == expected
    for ranking, own in table.groupby("ranking"):
        kept = stored(store, ranking)
        assert len(kept) == n_sets == len(own)
        own = own.set_index("gene_set").loc[kept.index]
        assert np.allclose(own["nes"], kept["statistic"], rtol=1e-5)
        assert np.allclose(own["p"], kept["p"], rtol=1e-5)
        assert np.allclose(own["q"], kept["q"], rtol=1e-5)
        assert own["size"].tolist() == kept["size"].tolist()
        assert own["leading_edge"].tolist() == kept["leading_edge"].tolist()


def test_one_concept_with_the_sets_of_the_run_and_gseapy(finished, store, tmp_path):
    concept = store.concept_ids[1]
    chosen = ("--concept", concept, "--ranking", "matched", "--ranking", "attribution")
    sets = ("--gene-sets", str(finished.folder / "sets.gmt"), "--min-size", "2")
    for method in ("batched", "gseapy"):
        options = (*chosen, *sets, "--method", method)
        assert run(finished.store, tmp_path / f"{method}.csv", *options) == 0
        table = pd.read_csv(tmp_path / f"{method}.csv", keep_default_na=False)
        names = [f"{concept}/matched", f"{concept}/attribution"]
        assert table["ranking"].drop_duplicates().tolist() == names
        for ranking, own in table.groupby("ranking"):
            kept = stored(store, ranking)
            own = own.set_index("gene_set").loc[kept.index]
            tolerance = 1e-5 if method == "batched" else 0.1
            assert np.allclose(own["nes"], kept["statistic"], rtol=tolerance)
            assert own["leading_edge"].tolist() == kept["leading_edge"].tolist()


def test_the_seed_is_that_of_the_store_unless_another_is_given(finished, tmp_path):
    for seed in ("", "0", "9"):
        given = ("--seed", seed) if seed else ()
        assert run(finished.store, tmp_path / f"{seed}.csv", "--ranking", "presence", *given) == 0
    usual, first, other = ((tmp_path / f"{seed}.csv").read_text() for seed in ("", "0", "9"))
    assert usual == first != other


def test_blocks_do_not_matter(finished, store, monkeypatch):
    (whole,) = read_store(finished.store).blocks
    monkeypatch.setattr("precompute.stored_rankings._BLOCK", 2)
    parts = list(read_store(finished.store).blocks)
    assert len(parts) == -(-store.n_concepts // 2) > 1
    assert np.array_equal(np.concatenate(parts), whole)


def test_genes_that_the_model_does_not_read_are_no_background(tmp_path, monkeypatch):
    """Also where a set has them, which FORMAT.md forbids."""
    made = ConceptStore.open(write_store(tmp_path / "made.store", n_cells=60))
    read = np.array(made.array("genes/in_model"))
    read[made.array("gene_sets/members/gene")[0]] = 0
    given = made.array
    monkeypatch.setattr(
        made, "array", lambda name: read if name == "genes/in_model" else given(name)
    )
    monkeypatch.setattr(ConceptStore, "open", lambda path: made)
    genes = np.flatnonzero(read)
    found = read_store(made.path, kinds=["differential"])
    assert found.genes == [made.gene_symbols[gene] for gene in genes] and found.sets is not None
    rows = made.ragged("gene_sets/members", ("gene",))
    assert len(found.sets.members[0]) == len(rows.rows(0)["gene"]) - 1
    for number, members in enumerate(found.sets.members):
        expected = set(rows.rows(number)["gene"].tolist()) & set(genes.tolist())
        assert genes[members].tolist() == sorted(expected)
    (block,) = found.blocks
    z = made.differential("inactive").rows(2)
    for gene, value in zip(z["gene"], z["z"], strict=True):
        if gene in genes:
            assert block[2, np.searchsorted(genes, gene)] == np.nan_to_num(value)


def test_what_a_store_has_not_is_named(finished, store, tmp_path, capsys):
    out = tmp_path / "table.csv"

    def refused(source, *options: str) -> str:
        assert run(source, out, *options) == 2 and not out.exists()
        return capsys.readouterr().err

    told = refused(finished.store, "--concept", store.concept_ids[0], "--concept", "c9999")
    assert "has no concept c9999" in told and store.concept_ids[0] in told
    assert "holds no manifest.json" in refused(tmp_path)
    assert "without --gene-sets" in refused(finished.store, "--min-size", "3")
    inside = finished.store / "table.csv"
    assert run(finished.store, inside) == 2 and not inside.exists()
    assert "lies in the concept store" in capsys.readouterr().err


def test_a_store_without_what_ranks_genes(finished, store, tmp_path, capsys, monkeypatch):
    out = tmp_path / "table.csv"

    def give(**left: list) -> None:
        bare = ConceptStore(finished.store, replace(store.manifest, **left))
        monkeypatch.setattr(ConceptStore, "open", lambda path: bare)

    give(attributions=[])
    assert run(finished.store, out, "--ranking", "presence") == 2 and not out.exists()
    told = capsys.readouterr().err
    assert "has no ranking by presence: its embeddings came without their model" in told
    assert "Expected some of differential, matched." in told
    assert run(finished.store, out) == 0
    assert set(pd.read_csv(out)["ranking"].str.partition("/")[2]) == {"differential", "matched"}
    out.unlink()
    give(attributions=[], differentials=[])
    assert run(finished.store, out) == 2 and not out.exists()
    assert "has no attribution and no differential expression" in capsys.readouterr().err
