"""Geneformer against references of the published rule; what of its files is refused."""

import json
import pickle
import shutil

import anndata as ad
import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from precompute.cells import load_cells
from precompute.config import DataConfig
from precompute.errors import InputError
from precompute.models.contract import assert_cell_model_contract
from precompute.models.geneformer import GeneformerOptions, load_geneformer
from precompute.models.geneformer.dictionaries import read_dictionaries
from precompute.models.geneformer.network import find_network
from tests.token_case import entering

pytest.importorskip("transformers", reason="needs transformers, the extra geneformer")
CPU = torch.device("cpu")
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def folder(references):
    return references / "geneformer_tiny"


@pytest.fixture(scope="module")
def expected(folder):
    return dict(np.load(folder / "reference.npz"))


@pytest.fixture(scope="module")
def cells(folder):
    return load_cells(ad.read_h5ad(folder / "cells.h5ad"), DataConfig(), "tiny")


@pytest.fixture(scope="module")
def model(folder, cells):
    return load_geneformer(folder, cells, GeneformerOptions(), CPU)


@pytest.fixture
def copy(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "copy")


def counts_of(model, cells):
    return cells.counts[:, [cells.genes.symbols.index(gene) for gene in model.genes]]


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({}, "emb_mean_layer_m2"),
        ({"pooling": "cls"}, "emb_cls_layer_m2"),
        ({"hidden_layer": 3}, "emb_mean_last"),
    ],
)
def test_embeddings_are_those_of_the_published_rule(folder, expected, cells, options, name):
    model = load_geneformer(folder, cells, GeneformerOptions(**options), CPU)
    counts = counts_of(model, cells)
    found = model.embed(counts, None, cells.cell_ids)
    assert np.abs(found - expected[name]).max() <= 1e-5
    assert np.array_equal(model.embed(counts, None, cells.cell_ids), found)
    one = load_geneformer(folder, cells, GeneformerOptions(batch_size=1, **options), CPU)
    assert np.abs(one.embed(counts, None) - found).max() <= 1e-6


def deleted(model, cells, expected):
    """The prepared first cell, and its genes as columns in the order of their rank."""
    expression = torch.from_numpy(model.prepare(counts_of(model, cells)[:1].toarray()))
    ranked = expected["input_ids"][0][1 : expected["length"][0] - 1]  # between <cls> and <eos>
    column = {token: i for i, token in enumerate(model.token_ids.tolist())}
    return expression, torch.tensor([column[token] for token in ranked.tolist()])


def test_deletion_moves_later_genes_up(model, cells, expected):
    expression, genes = deleted(model, cells, expected)
    without = torch.cat([model.ablate(expression, gene[None]) for gene in genes])
    found = model.embed_expression(without, None).numpy()
    assert found.shape == (123, 64)
    assert np.abs(found - expected["delete_cell0"]).max() <= 1e-5


def test_slopes_rank_genes_as_exact_deletion_does(model, cells, expected):
    """On random weights: neighbouring positions have nothing to do with each other."""
    expression, genes = deleted(model, cells, expected)
    _, slopes = model.embed_with_gradient(expression, None, torch.from_numpy(expected["u"])[None])
    drop = (expected["emb_mean_layer_m2"][0] - expected["delete_cell0"]) @ expected["u"]
    found = slopes[0, 0, genes].numpy()
    assert spearmanr(found, drop)[0] >= 0.7
    assert np.mean(np.sign(found) == np.sign(drop)) > 0.6


def test_the_slope_of_entering_ranks_genes_as_entering_does(model, cells, expected):
    """On random weights; some of the cells are full, so that their last gene has to leave."""
    scores = torch.from_numpy(model.prepare(counts_of(model, cells)[:9].toarray()))
    full = (scores > 0).sum(dim=1) == model.max_genes
    assert full.any() and not full.all()
    found = [entering(model, *scores[i : i + 2], expected["u"]) for i in range(8)]
    assert np.median([spearmanr(slope, gain)[0] for slope, gain in found]) >= 0.5
    assert np.mean(np.sign(np.hstack(found)).prod(axis=0) > 0) >= 0.7


def test_the_slope_by_score_ranks_genes_as_their_moving_does(model, cells, expected):
    """Genes that both cells have take the rank of their score in the other cell, one by one."""
    scores = torch.from_numpy(model.prepare(counts_of(model, cells)[:9].toarray()))
    read = torch.from_numpy(expected["u"])
    found = []
    for cell, other in zip(scores, scores[1:], strict=False):
        genes = torch.nonzero((cell > 0) & (other > 0) & (cell != other))[:, 0]
        moved = torch.cat([model.swap(cell[None], other[None], gene[None]) for gene in genes])
        loss = (
            model.embed_expression(cell[None], None) - model.embed_expression(moved, None)
        ) @ read
        _, slopes = model.embed_with_gradient(cell[None], None, read[None], other[None])
        way = torch.from_numpy(model.differences(cell[None].numpy(), other[None].numpy())[1, 0])
        assert way[genes].all()
        found.append(((slopes[1, 0] * way)[genes].numpy(), loss.numpy()))
    assert np.median([spearmanr(*pair)[0] for pair in found]) >= 0.55
    assert np.mean(np.sign(np.hstack(found)).prod(axis=0) > 0) >= 0.65


def test_it_keeps_the_contract(model, cells):
    assert_cell_model_contract(model, counts_of(model, cells)[:5].toarray(), None, list("abcde"))


def test_long_cells_keep_their_highest_genes(model):
    """126 genes fit between <cls> and <eos> in 128 positions; a gene that enters pushes one out."""
    counts = np.ones((1, len(model.genes)), np.float32)
    scores = model.prepare(counts)[0]
    kept = scores > 0
    assert kept.sum() == 126
    assert scores[kept].min() >= (1 / model._medians)[~kept].max().astype(np.float32)
    crowded = torch.from_numpy(np.where(kept, scores, 0.0).astype(np.float32))[None].clone()
    crowded[0, np.flatnonzero(~kept)[0]] = 1e6
    pushed = torch.from_numpy(np.where(kept, scores, 0.0).astype(np.float32))[None].clone()
    # Of equal scores the later one has the lower rank.
    lowest = np.flatnonzero(kept)[np.flatnonzero(scores[kept] == scores[kept].min())[-1]]
    pushed[0, lowest] = 0
    pushed[0, np.flatnonzero(~kept)[0]] = 1e6
    assert torch.equal(*(model.embed_expression(e, None) for e in (crowded, pushed)))


def refused(folder, cells, match, **options):
    with pytest.raises(InputError, match=match) as caught:
        load_geneformer(folder, cells, GeneformerOptions(**options), CPU)
    return str(caught.value)


def rewrite(path, change):
    path.write_bytes(pickle.dumps(change(pickle.loads(path.read_bytes()))))


class Evil:
    def __reduce__(self):
        return (print, ("executed",))


@pytest.mark.parametrize("name", ["token_dictionary.pkl", "gene_median_dictionary.pkl"])
def test_a_pickle_that_executes_code(copy, cells, name, capsys):
    (copy / name).write_bytes(pickle.dumps({"ENSG00000900000": Evil()}))
    assert "nothing was executed" in refused(copy, cells, r"asks for builtins\.print")
    assert "executed\n" not in capsys.readouterr().out


def test_objects_of_numpy_are_refused(copy, cells):
    (copy / "token_dictionary.pkl").write_bytes(pickle.dumps({"a": np.array([Evil()])}))
    refused(copy, cells, "asks for numpy")


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("token", lambda d: {**d, "ENSG00000999999": 209}, "another version"),
        ("token", lambda d: {k: i for k, i in d.items() if i < 200}, "another version"),
        ("token", lambda d: {k: i for k, i in d.items() if k != "<eos>"}, "another version"),
        ("token", lambda d: {k.replace("<eos>", "<end>"): i for k, i in d.items()}, "both or"),
        ("token", lambda d: {k: float(i) for k, i in d.items()}, "no whole numbers"),
        ("token", list, "holds a list"),
        ("gene_median", lambda d: dict(list(d.items())[5:]), "no median for 5 genes"),
        ("gene_median", lambda d: d | {f"G{i}": 1.0 for i in range(40)}, "40 medians of genes"),
        ("gene_median", lambda d: {k: 0.0 for k in d}, "not above 0"),
    ],
)
def test_dictionaries_of_another_version(copy, cells, name, change, words):
    rewrite(copy / f"{name}_dictionary.pkl", change)
    refused(copy, cells, words)


def test_dictionaries_of_two_releases(copy, cells):
    for old, new in (
        ("token_dictionary", "token_dictionary_gc95M"),
        ("gene_median_dictionary", "gene_median_dictionary_gc30M"),
    ):
        (copy / f"{old}.pkl").rename(copy / f"{new}.pkl")
    refused(copy, cells, "tokens of gc95M and medians of gc30M")


def test_dictionaries_that_are_missing_or_several(copy, cells):
    shutil.copy(copy / "token_dictionary.pkl", copy / "token_dictionary_old.pkl")
    assert "model.token_dictionary" in refused(copy, cells, "2 files match")
    named = GeneformerOptions(token_dictionary=str(copy / "token_dictionary.pkl"))
    assert load_geneformer(copy, cells, named, CPU).d_embedding == 64
    for path in copy.glob("token_dictionary*"):
        path.unlink()
    refused(copy, cells, r"no \*token_dictionary")


def test_the_folder_may_be_that_of_the_network(folder):
    assert find_network(folder) == find_network(folder / "model") == folder / "model"
    assert len(read_dictionaries(folder / "model", 209).genes) == 205


def test_v1_has_no_special_tokens(copy, cells, expected):
    """Without <cls> and <eos> genes stand from the first position on."""
    from safetensors.torch import load_file, save_file

    path = copy / "model" / "model.safetensors"
    weights = load_file(path)
    kept = [0, 1, *range(4, 209)]
    for name, weight in weights.items():
        if weight.shape[:1] == (209,):
            weights[name] = weight[kept].contiguous()
    save_file(weights, path, metadata={"format": "pt"})
    config = json.loads((copy / "model" / "config.json").read_text())
    (copy / "model" / "config.json").write_text(json.dumps(config | {"vocab_size": 207}))
    special = ("<cls>", "<eos>")
    rewrite(
        copy / "token_dictionary.pkl",
        lambda d: {
            k: i for i, k in enumerate(sorted((k for k in d if k not in special), key=d.get))
        },
    )
    model = load_geneformer(copy, cells, GeneformerOptions(), CPU)
    assert model.max_genes == 128
    found = model.embed(counts_of(model, cells), None)
    assert not np.allclose(found, expected["emb_mean_layer_m2"], atol=1e-3)
    refused(copy, cells, "no token <cls>", pooling="cls")


def test_weights_and_settings_that_do_not_fit(copy, cells):
    config = copy / "model" / "config.json"
    whole = json.loads(config.read_text())
    config.write_text(json.dumps(whole | {"num_hidden_layers": 4}))
    refused(copy, cells, "missing")
    config.write_text(json.dumps(whole | {"num_hidden_layers": 2}))
    refused(copy, cells, "left over")
    config.write_text(json.dumps(whole | {"model_type": "gpt2"}))
    refused(copy, cells, "type 'gpt2'")
    config.write_text(json.dumps(whole))
    refused(copy, cells, "hidden_layer = 9", hidden_layer=9)
    (copy / "model" / "model.safetensors").unlink()
    refused(copy, cells, "no model.safetensors")
    config.unlink()
    refused(copy, cells, "0 models")


def test_symbols_are_met_with_a_hint(folder, cells):
    adata = ad.read_h5ad(folder / "cells.h5ad")
    del adata.var["ensembl_id"]
    by_symbol = load_cells(adata, DataConfig(), "tiny")
    assert "Ensembl ids" in refused(folder, by_symbol, "knows 0 of the")


def test_a_cell_without_any_token_has_no_embedding(model):
    with pytest.raises(InputError, match="no gene that the model knows"):
        model.embed_expression(torch.zeros(2, len(model.genes)), None)
