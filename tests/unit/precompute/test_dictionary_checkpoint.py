"""Checkpoints: bit-equal round trip, whole or not at all, clear refusals."""

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from precompute.dictionary import load_dictionary, save_dictionary, train
from precompute.errors import InputError

CELLS = np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)
DICTIONARY = train(CELLS, n_latents=8, k=2, seed=0, epochs=2, learning_rate=1e-2)


def test_round_trip_is_bit_equal(tmp_path):
    save_dictionary(DICTIONARY, tmp_path / "a.safetensors")
    loaded = load_dictionary(tmp_path / "a.safetensors")
    for name, value in vars(DICTIONARY).items():
        assert np.array_equal(getattr(loaded, name), value), name
    assert isinstance(loaded.k, int)
    assert isinstance(loaded.scale, float)
    assert [path.name for path in tmp_path.iterdir()] == ["a.safetensors"]


def test_arrays_in_any_memory_order_and_without_curve(tmp_path):
    fields = vars(DICTIONARY) | {"curve": None, "encoder": np.asfortranarray(DICTIONARY.encoder)}
    save_dictionary(type(DICTIONARY)(**fields), tmp_path / "a")
    loaded = load_dictionary(tmp_path / "a")
    assert np.array_equal(loaded.encoder, DICTIONARY.encoder)
    assert loaded.curve is None


def test_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.safetensors"
    path.write_bytes(b"old")

    def full_disk(_):
        raise OSError("disk full")

    monkeypatch.setattr("precompute.dictionary.checkpoint.os.fsync", full_disk)
    with pytest.raises(OSError, match="disk full"):
        save_dictionary(DICTIONARY, path)
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"encoder": None}, "missing.*encoder"),
        ({"other": np.zeros(1, np.float32)}, "unknown.*other"),
        ({"decoder": np.zeros((8, 5), np.float32)}, "decoder"),
        ({"center": np.zeros(6)}, "center.*float64"),
        ({"k": np.array([99])}, "k = 99"),
        ({"scale": np.array([1.0, 2.0])}, "scale"),
    ],
)
def test_refuses_other_contents(tmp_path, change, words):
    path = tmp_path / "a.safetensors"
    save_dictionary(DICTIONARY, path)
    tensors = load_file(path) | change
    save_file({name: tensor for name, tensor in tensors.items() if tensor is not None}, path)
    with pytest.raises(InputError, match=words):
        load_dictionary(path)


def test_refuses_missing_and_broken_files(tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        load_dictionary(tmp_path / "nowhere")
    path = tmp_path / "broken"
    save_dictionary(DICTIONARY, path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="broken"):
        load_dictionary(path)
