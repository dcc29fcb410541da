"""scGPT on checkpoints of other sizes: any batch, any order, long cells, options."""

import numpy as np
import pytest
import torch

from precompute.errors import InputError
from precompute.models.contract import assert_cell_model_contract
from precompute.models.scgpt import ScgptOptions, load_scgpt
from precompute.models.scgpt.binning import bin_expression
from tests.scgpt_case import GENES, make_cells, write_checkpoint

CPU = torch.device("cpu")
pytestmark = pytest.mark.usefixtures("one_thread")


def load(folder, cells=None, **options):
    cells = make_cells() if cells is None else cells
    model = load_scgpt(folder, cells, ScgptOptions(**options), CPU)
    columns = [cells.genes.symbols.index(gene) for gene in model.genes]
    return model, cells.counts[:, columns], cells.cell_ids


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_checkpoint(tmp_path_factory.mktemp("scgpt") / "plain")


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """A checkpoint that reads 9 genes of a cell at most."""
    return write_checkpoint(tmp_path_factory.mktemp("scgpt") / "short", max_seq_len=10)


def test_bins_of_a_worked_example():
    """5 bins have 4 edges at 0, 1/3, 2/3 and 1: of 1 2 3 4 they are 1, 2, 3 and 4, and each value
    falls on its own edge. Of 1 1 1 4 they are 1, 1, 1 and 4: the ones span bins 1 to 3.
    """
    assert bin_expression(np.array([1, 2, 3, 4], np.float32), 5).tolist() == [1, 2, 3, 4]
    assert bin_expression(np.array([1, 1, 1, 4], np.float32), 5).tolist() == [2, 2, 2, 4]
    draws = [
        bin_expression(np.ones(4, np.float32), 5, np.random.default_rng(seed)) for seed in range(30)
    ]
    assert np.unique(draws).tolist() == [1, 2, 3, 4]
    assert bin_expression(np.empty(0, np.float32), 5).shape == (0,)


@pytest.mark.parametrize("place", ["folder", "short"])
def test_a_cell_embeds_alike_in_any_company(place, request):
    folder = request.getfixturevalue(place)
    whole, counts, ids = load(folder)
    expected = whole.embed(counts, None, ids)
    assert np.array_equal(whole.embed(counts, None, ids), expected)
    for batch_size in (1, 7, 50):
        model = load(folder, batch_size=batch_size)[0]
        assert np.abs(model.embed(counts, None, ids) - expected).max() <= 1e-6
    order = np.random.default_rng(0).permutation(len(ids))
    shuffled = whole.embed(counts[order], None, [ids[i] for i in order])
    assert np.abs(shuffled - expected[order]).max() <= 1e-6
    for i in (0, 5, len(ids) - 1):
        alone = whole.embed(counts[[i]], None, [ids[i]])
        assert np.abs(alone[0] - expected[i]).max() <= 1e-6


def test_long_cells_are_drawn_by_seed_and_id(short):
    model, counts, ids = load(short)
    expression = model.prepare(counts.toarray(), ids)
    n_genes = (counts > 0).sum(axis=1).A1 if hasattr(counts, "A1") else np.diff(counts.indptr)
    assert ((expression > 0).sum(axis=1) == np.minimum(n_genes, 9)).all()
    other = load(short, seed=1)[0].prepare(counts.toarray(), ids)
    renamed = model.prepare(counts.toarray(), [f"{name}-1" for name in ids])
    long = n_genes > 9
    assert ((expression != other).any(axis=1) == long).all()
    assert (expression != renamed)[long].any(axis=1).mean() > 0.9
    # Bins are those among all genes of the cell, as in the official order of steps.
    everything = load(short)[0].prepare(counts.toarray(), ids)
    kept = expression > 0
    assert np.array_equal(expression[kept], everything[kept])


@pytest.mark.parametrize("style", ["continuous", "category", "scaling"])
def test_other_sizes_and_styles_of_values(tmp_path, style):
    """Against the layers of PyTorch with the same weights, on padded batches."""
    pad_value = 52 if style == "category" else -2
    folder = write_checkpoint(
        tmp_path / style,
        embsize=20,
        nheads=5,
        d_hid=7,
        nlayers=2,
        pad_value=pad_value,
        input_emb_style=style,
    )
    model, counts, ids = load(folder)
    found = model.embed(counts, None, ids)
    assert np.abs(found - embed_by_torch(model, counts, ids, pad_value)).max() <= 1e-5
    assert model.n_parts == (1 if style == "category" else 2)


def embed_by_torch(model, counts, ids, pad_value):
    encoder, layers = model.encoder, []
    for block in encoder.transformer_encoder.layers:
        layer = torch.nn.TransformerEncoderLayer(20, 5, 7, batch_first=True).eval()
        layer.load_state_dict(block.state_dict())
        layers.append(layer)
    bins = torch.from_numpy(model.prepare(counts.toarray(), ids))
    genes = torch.from_numpy(model.token_ids).expand(len(bins), -1)
    genes = torch.cat([torch.full((len(bins), 1), 41), genes], dim=1)
    values = torch.cat([torch.full((len(bins), 1), float(pad_value)), bins], dim=1)
    absent = torch.cat([torch.zeros(len(bins), 1, dtype=torch.bool), bins == 0], dim=1)
    values = torch.where(absent, 0, values)
    with torch.no_grad():
        tokens, of_value = encoder.encoder(genes), encoder.value_encoder(values)
        scaled = encoder.sizes.value_style == "scaling"
        tokens = tokens * of_value.unsqueeze(-1) if scaled else tokens + of_value
        for layer in layers:
            tokens = layer(tokens, src_key_padding_mask=absent)
    return torch.nn.functional.normalize(tokens[:, 0], dim=1).numpy()


def test_layers_and_pooling(folder):
    model, counts, ids = load(folder, pooling="mean", normalise=False)
    found = model.embed(counts, None, ids)
    bins = torch.from_numpy(model.prepare(counts.toarray(), ids))[3]
    genes = torch.nonzero(bins > 0)[:, 0]
    tokens = torch.cat([torch.tensor([41]), torch.from_numpy(model.token_ids)[genes]])[None]
    values = torch.cat([torch.tensor([-2.0]), bins[genes]])[None]
    with torch.no_grad():
        for depth in range(4):
            vectors = model.encoder(tokens, values, depth=depth)[0]
            options = {"hidden_layer": depth, "normalise": False}
            by_cls = load(folder, pooling="cls", **options)[0].embed(counts, None, ids)[3]
            by_mean = load(folder, pooling="mean", **options)[0].embed(counts, None, ids)[3]
            assert np.allclose(by_cls, vectors[0], atol=1e-5)
            assert np.allclose(by_mean, vectors[1:].mean(dim=0), atol=1e-5)
    assert np.allclose(found[3], by_mean, atol=1e-6)  # -1 is after the last block
    with pytest.raises(InputError, match="hidden_layer = 4"):
        load(folder, hidden_layer=4)


def test_tokens_enter_and_leave_with_a_swap(folder):
    """A gene only the other cell has gets a token; one only the cell has loses it."""
    model, counts, ids = load(folder)
    bins = torch.from_numpy(model.prepare(counts.toarray(), ids))
    cell, other = bins[[0]], bins[[1]]
    entering = int(torch.nonzero((cell[0] == 0) & (other[0] > 0))[0])
    leaving = int(torch.nonzero((cell[0] > 0) & (other[0] == 0))[0])
    both = int(torch.nonzero((cell[0] > 0) & (other[0] > 0) & (cell[0] != other[0]))[0])
    before = model.embed_expression(cell, None)
    for gene in (entering, leaving, both):
        swapped = model.swap(cell, other, torch.tensor([gene]))
        assert swapped[0, gene] == other[0, gene]
        assert (swapped != cell).sum() == 1
        assert (model.embed_expression(swapped, None) - before).abs().max() > 1e-4
    moved = model.differences(cell.numpy(), other.numpy())[:, 0]
    assert moved[:, entering].tolist() == [-1, 0] and moved[:, leaving].tolist() == [1, 0]
    assert moved[:, both].tolist() == [0, float(cell[0, both] - other[0, both])]


def test_slopes_are_those_of_small_steps(folder):
    """Gate and bin in float64 by central differences."""
    model, counts, ids = load(folder, pooling="mean")
    bins = torch.from_numpy(model.prepare(counts.toarray(), ids))[[2]]
    reader = torch.linspace(-1, 1, 12)[None]
    _, (gate, value) = model.embed_with_gradient(bins, None, reader)
    columns = torch.nonzero(bins[0] > 0)[:, 0]
    model.encoder.double()
    tokens = torch.cat([torch.tensor([41]), torch.from_numpy(model.token_ids)[columns]])[None]
    step = 1e-5

    def read(gates, values):
        ones, first = torch.ones(1, 1).double(), torch.full((1, 1), -2.0).double()
        vectors = model.encoder(tokens, torch.cat([first, values], 1), torch.cat([ones, gates], 1))
        embedding = (vectors[0, 1:] * (gates / gates.sum())[0, :, None]).sum(dim=0)
        return float(torch.nn.functional.normalize(embedding, dim=0) @ reader[0].double())

    values, gates = bins[:, columns].double(), torch.ones(1, len(columns)).double()
    with torch.no_grad():
        for j, column in enumerate(columns):
            move = torch.zeros_like(gates)
            move[0, j] = step
            by_gate = (read(gates + move, values) - read(gates - move, values)) / (2 * step)
            by_value = (read(gates, values + move) - read(gates, values - move)) / (2 * step)
            assert abs(float(gate[0, column]) - by_gate) < 2e-5
            assert abs(float(value[0, column]) - by_value) < 2e-5
    assert not gate[0, bins[0] == 0].any() and not value[0, bins[0] == 0].any()


def test_slopes_of_entering_tokens_are_those_of_small_steps(folder):
    """From a gate of 0, in float64; and the same whoever else is in the batch."""
    model, counts, ids = load(folder, pooling="mean")
    bins = torch.from_numpy(model.prepare(counts.toarray(), ids))
    reader = torch.linspace(-1, 1, 12).repeat(len(bins), 1)
    others = bins.roll(1, dims=0)
    _, (gate, _) = model.embed_with_gradient(bins, None, reader, others)
    alone = [
        model.embed_with_gradient(*(x[[row]] if x is not None else x for x in parts))[1][0, 0]
        for row in range(len(bins))
        for parts in [(bins, None, reader, others)]
    ]
    assert np.allclose(gate, torch.stack(alone), atol=1e-5)
    assert not gate[(bins == 0) & (others == 0)].any()
    columns = torch.nonzero(bins[2] > 0)[:, 0]
    entering = torch.nonzero((bins[2] == 0) & (others[2] > 0))[:, 0]
    assert len(entering) > 5
    model.encoder.double()
    for new in entering:
        genes = torch.from_numpy(model.token_ids)[torch.cat([columns, new[None]])]
        values = torch.cat([bins[2, columns], others[2, new][None]]).double()
        read = []
        for seen in (0.0, 1e-6):
            gates = torch.cat([torch.ones(len(columns)), torch.tensor([seen])]).double()
            vectors = model.encoder(
                torch.cat([torch.tensor([41]), genes])[None],
                torch.cat([torch.tensor([-2.0]).double(), values])[None],
                torch.cat([torch.ones(1).double(), gates])[None],
            )
            embedding = (vectors[0, 1:] * (gates / gates.sum())[:, None]).sum(dim=0)
            read.append(torch.nn.functional.normalize(embedding, dim=0) @ reader[2].double())
        assert abs(float(gate[2, new]) - float(read[1] - read[0]) / 1e-6) < 2e-5


@pytest.mark.parametrize("options", [{}, {"pooling": "mean"}, {"ties": "random"}])
def test_it_keeps_the_contract(folder, options):
    model, counts, ids = load(folder, **options)
    assert_cell_model_contract(model, counts[:5].toarray(), None, ids[:5])


def test_genes_the_model_does_not_know_are_left_out_and_reported(folder):
    from precompute.config import ModelConfig
    from precompute.models.choose import fit_cells

    cells = make_cells(genes=[*GENES[:30], *(f"STRANGE{i}" for i in range(10))])
    fitted = fit_cells(ModelConfig(kind="scgpt", path=str(folder)), cells)
    read = [cells.genes.symbols[g] for g in fitted.model_genes]
    assert read == GENES[:30]
    assert "does not know 10 of the 40 genes" in fitted.notices[-1]
    assert "STRANGE0" in fitted.notices[-1]
