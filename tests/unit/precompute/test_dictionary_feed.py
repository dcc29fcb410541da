"""Cells in chunks: each once an epoch, mixed, scaled as a whole, from arrays and mapped files."""

import numpy as np
import pytest

from precompute.dictionary import Settings, train_dictionaries
from precompute.dictionary.feed import Cells, Feed
from precompute.dictionary.held_out import split_rows
from precompute.errors import InputError

RNG = np.random.default_rng(0)
EMBEDDINGS = (RNG.normal(size=(20_000, 6)) * [1, 2, 3, 1, 1, 1] + 1000).astype(np.float32)
EMBEDDINGS[:, 4] = 7


def in_chunks(rows, chunk_bytes=5000 * 6 * 4):
    return Feed(Cells(EMBEDDINGS), rows, chunk_bytes)


def test_center_and_scale():
    cells = Cells(EMBEDDINGS)
    exact = EMBEDDINGS.astype(np.float64)
    assert np.allclose(cells.center, exact.mean(axis=0), rtol=1e-7)
    assert cells.scale == pytest.approx(np.sqrt(((exact - exact.mean(axis=0)) ** 2).mean()), 1e-6)
    assert cells.informative.tolist() == [True] * 4 + [False, True]
    scaled = cells.scaled(np.array([3, 9]))
    assert np.allclose(scaled, (EMBEDDINGS[[3, 9]] - cells.center) / cells.scale, atol=1e-5)
    assert not scaled[:, 4].any()


def test_every_cell_once_an_epoch():
    rows = np.delete(np.arange(20_000), np.arange(0, 20_000, 7))
    feed = in_chunks(rows)
    assert feed.sizes == [4286, 4285, 4286, 4285] or len(feed.sizes) == 4
    chunks = [feed.chunk(0, i) for i in range(len(feed.sizes))]
    assert [len(chunk) for chunk in chunks] == feed.sizes
    found = np.concatenate(chunks)
    expected = Cells(EMBEDDINGS).scaled(rows)
    assert np.array_equal(found[np.lexsort(found.T)], expected[np.lexsort(expected.T)])


def test_chunks_come_from_all_over_the_file_and_change():
    feed = Feed(Cells(np.arange(40_000.0)[:, None]), np.arange(40_000), 40_000)
    first = feed.chunk(0, 0)[:, 0]
    assert np.array_equal(first, feed.chunk(0, 0)[:, 0])
    assert not np.array_equal(first, feed.chunk(1, 0)[:, 0])
    # Uniform over -1.73 to 1.73 when mixed; a quarter of that, .43, when read in order.
    assert first.std() > 0.8


def test_small_data_are_one_chunk_in_their_order():
    feed = Feed(Cells(EMBEDDINGS), np.arange(20_000))
    assert feed.sizes == [20_000]
    assert feed.chunk(5, 0) is feed.chunk(0, 0)


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_mapped_file_gives_the_same_dictionary(tmp_path, order, monkeypatch):
    monkeypatch.setattr("precompute.dictionary.feed._CHUNK_BYTES", 4096)
    monkeypatch.setattr(Feed.__init__, "__defaults__", (4096,))
    path = tmp_path / "embeddings.npy"
    np.save(path, np.asarray(EMBEDDINGS, order=order))
    settings = Settings(8, 2, 2, learning_rate=1e-2)
    mapped = np.load(path, mmap_mode="r")
    assert len(Feed(Cells(mapped), np.arange(20_000)).sizes) == 5
    one, other = (
        train_dictionaries(cells, settings, [0]).dictionaries[0] for cells in (mapped, EMBEDDINGS)
    )
    assert np.array_equal(one.encoder, other.encoder)
    assert one.curve[-1] > 0.5


def test_held_out_rows():
    training, held_out = split_rows(1000, 0.2)
    assert len(held_out) == 200
    assert np.array_equal(np.sort(np.concatenate([training, held_out])), np.arange(1000))
    assert np.array_equal(held_out, split_rows(1000, 0.2)[1])
    assert len(split_rows(1000, 0)[1]) == 0


def test_held_out_donors_are_whole():
    donors = np.repeat(["a", "b", "c", "d", "e"], [500, 100, 100, 200, 100])
    training, held_out = split_rows(1000, 0.1, donors)
    assert not set(donors[training]) & set(donors[held_out])
    assert len(held_out) >= 100
    with pytest.raises(InputError, match="found 1"):
        split_rows(3, 0.1, np.array(["a", "a", "a"]))
    with pytest.raises(InputError, match="one label a cell"):
        split_rows(3, 0.1, np.array(["a", "b"]))


def test_patience_ends_a_training_that_no_longer_improves():
    cells = RNG.normal(size=(700, 8)).astype(np.float32)
    settings = Settings(16, 4, 200, learning_rate=1e-2, held_out=0.2, patience=3)
    early = train_dictionaries(cells, settings, [0, 1])
    alone = train_dictionaries(cells, settings, [1])
    for curve, held_out in zip(early.curves, early.held_out, strict=True):
        assert len(curve) == len(held_out) < 150
        assert held_out[-1] > max(held_out) - 0.02
    # Seeds end by themselves, whenever the others do.
    assert np.array_equal(early.dictionaries[1].decoder, alone.dictionaries[0].decoder)
