"""What of a checkpoint is refused, where the official loader goes on in silence."""

import json

import pytest
import torch

from precompute.errors import InputError
from precompute.models.scgpt import ScgptOptions, load_scgpt
from precompute.models.scgpt.checkpoint import load_encoder
from tests.scgpt_case import GENES, change_weights, make_cells, write_checkpoint

CPU = torch.device("cpu")


def refused(folder, match, cells=None, **options):
    with pytest.raises(InputError, match=match) as caught:
        load_scgpt(folder, cells or make_cells(), ScgptOptions(**options), CPU)
    return str(caught.value)


@pytest.fixture
def folder(tmp_path):
    return write_checkpoint(tmp_path / "model")


def change_arguments(folder, **changes):
    path = folder / "args.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def rewrite_vocabulary(folder, change):
    path = folder / "vocab.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))


@pytest.mark.parametrize("token", ["<pad>", "<cls>"])
def test_a_vocabulary_without_a_special_token(folder, token):
    rewrite_vocabulary(folder, lambda v: {k: i for k, i in v.items() if k != token})
    assert "trained" in refused(folder, f"vocab.json: no token {token}")


@pytest.mark.parametrize("stated", [2, 4])
def test_another_number_of_layers(folder, stated):
    change_arguments(folder, nlayers=stated)
    refused(folder, rf"weights of 3 layers \(0 to 2\). Expected {stated}, as nlayers")


@pytest.mark.parametrize("prefix", ["dsbn.bns.0.weight", "bn.weight"])
def test_batch_normalisation(folder, prefix):
    change_weights(folder, lambda w: {**w, prefix: torch.ones(12)})
    refused(folder, f"batch normalisation \\(first: {prefix}")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"input_emb_style": "fourier"}, "input_emb_style: found 'fourier'"),
        ({"input_style": "log1p"}, "input_style: found 'log1p'"),
        ({"pre_norm": True}, "post-norm"),
        ({"norm_scheme": "pre"}, "post-norm"),
        ({"domain_spec_batchnorm": True}, "domain_spec_batchnorm"),
        ({"activation": "gelu"}, "activation"),
        ({"nheads": 5}, "5 does not divide embsize 12"),
        ({"embsize": "12"}, "embsize: found '12'"),
        ({"nlayers": None}, "nlayers: found None"),
        ({"pad_value": None}, "pad_value: found None"),
        ({"n_bins": 2}, "n_bins: found 2"),
        ({"max_seq_len": 1}, "max_seq_len: found 1"),
    ],
)
def test_settings_the_official_embedding_does_not_know(folder, changes, words):
    change_arguments(folder, **changes)
    refused(folder, words)


def test_all_faults_of_the_settings_at_once(folder):
    change_arguments(folder, pre_norm=True, nheads=0, input_emb_style="x")
    message = refused(folder, "3 fault")
    assert "nheads" in message and "pre_norm" in message and "input_emb_style" in message


def test_another_cell_embedding_must_be_chosen(folder):
    change_arguments(folder, cell_emb_style="avg-pool")
    refused(folder, "cell_emb_style 'avg-pool'")
    assert load_scgpt(folder, make_cells(), ScgptOptions(pooling="mean"), CPU).d_embedding == 12


def test_missing_left_over_and_misshapen_weights_are_all_listed(folder):
    def change(weights):
        del weights["transformer_encoder.layers.1.norm1.weight"]
        weights["value_encoder.norm.weight"] = torch.ones(5)
        weights["encoder.enc_norm.bias"] = torch.full((12,), torch.nan)
        return {**weights, "novel_part.weight": torch.ones(1)}

    change_weights(folder, change)
    message = refused(folder, "do not fit")
    assert "1 missing: transformer_encoder.layers.1.norm1.weight (12,)" in message
    assert "1 left over: novel_part.weight (1,)" in message
    assert "value_encoder.norm.weight: found (5,), expected (12,)" in message
    assert "1 with NaN or infinite weights: encoder.enc_norm.bias" in message


def test_heads_of_training_are_read_past(folder):
    names = ("decoder.fc.0.weight", "cls_decoder.x", "mvc_decoder.W", "flag_encoder.weight")
    names += ("batch_encoder.embedding.weight",)
    before = load_scgpt(folder, make_cells(), ScgptOptions(), CPU)
    change_weights(folder, lambda w: {**w, **{name: torch.ones(3) for name in names}})
    after = load_scgpt(folder, make_cells(), ScgptOptions(), CPU)
    assert list(after.encoder.state_dict()) == list(before.encoder.state_dict())


def test_a_vocabulary_of_another_size(folder):
    rewrite_vocabulary(folder, lambda v: {**v, "EXTRA": 42})
    refused(folder, r"encoder.embedding.weight: found \(42, 12\), expected \(43, 12\)")


@pytest.mark.parametrize(("more", "named"), [(1, False), (1, True), (2, False)])
def test_a_row_for_eoc_that_the_vocabulary_lacks(folder, more, named):
    """scGPT appends <eoc> itself; any other row without a token is a fault."""
    name = "encoder.embedding.weight"
    change_weights(folder, lambda w: {**w, name: torch.cat([w[name], torch.ones(more, 12)])})
    if named:
        rewrite_vocabulary(folder, lambda v: {**v, "<eoc>": 1, GENES[0]: 42, GENES[1]: 43})
        refused(folder, r"found \(43, 12\), expected \(44, 12\)")
    elif more == 2:
        refused(folder, r"found \(44, 12\), expected \(42, 12\)")
    else:
        assert load_scgpt(folder, make_cells(), ScgptOptions(), CPU).d_embedding == 12


def test_a_table_of_values_with_too_few_rows(tmp_path):
    folder = write_checkpoint(tmp_path / "model", input_emb_style="category", pad_value=51)
    change_arguments(folder, n_bins=60)
    refused(folder, "table of 53 values for bins up to 59")


class Evil:
    def __reduce__(self):
        return (print, ("executed",))


def test_weights_that_could_run_code(folder, capsys):
    torch.save({"encoder.embedding.weight": Evil()}, folder / "best_model.pt")
    refused(folder, "could run code; nothing of it was loaded")
    assert "executed" not in capsys.readouterr().out


@pytest.mark.parametrize("name", ["args.json", "vocab.json", "best_model.pt"])
def test_missing_and_damaged_files(folder, name):
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: len(whole) // 2])
    refused(folder, name)
    (folder / name).unlink()
    refused(folder, f"no {name}")


def test_a_file_that_is_no_state_dict(folder):
    torch.save([torch.ones(2)], folder / "best_model.pt")
    refused(folder, "holds a list")


def test_too_few_known_genes(folder):
    cells = make_cells(genes=[f"ENSG{i:011d}" for i in range(40)])
    message = refused(folder, "knows 0 of the 40 genes", cells)
    assert "gene symbols" in message and "'GENE0'" in message and "ENSG00000000000" in message
    half = make_cells(genes=[*GENES[:19], *(f"STRANGE{i}" for i in range(21))])
    refused(folder, "knows 19 of the 40", half)


def test_half_precision_weights_are_computed_in_float32(folder):
    change_weights(folder, lambda w: {name: weight.half() for name, weight in w.items()})
    model = load_scgpt(folder, make_cells(), ScgptOptions(), CPU)
    assert {w.dtype for w in model.encoder.parameters()} == {torch.float32}


def test_bfloat16_needs_a_gpu(folder):
    refused(folder, "bf16 on a CPU", precision="bf16")


def test_the_encoder_is_in_evaluation_and_frozen(folder):
    from precompute.models.scgpt.arguments import read_arguments, read_vocabulary

    encoder = load_encoder(folder, read_arguments(folder), read_vocabulary(folder, "<pad>"))
    assert not encoder.training and not any(w.requires_grad for w in encoder.parameters())
