"""The map of the cells: its grid keeps the aspect, its order keeps neighbours together."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from precompute.errors import InputError
from precompute.maps import make_map, order_by_morton, quantise


def test_morton_order_of_a_4_by_4_grid():
    # The code interleaves the bits y1 x1 y0 x0, so the Z-shaped walk over (x, y) is:
    walk = [(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (3, 0), (2, 1), (3, 1)]
    walk += [(0, 2), (1, 2), (0, 3), (1, 3), (2, 2), (3, 2), (2, 3), (3, 3)]
    grid = np.array([(x, y) for x in range(4) for y in range(4)], np.uint16)
    assert [tuple(cell) for cell in grid[order_by_morton(grid)].tolist()] == walk


@pytest.mark.parametrize("scale", [1, 32, 1024])
def test_morton_order_is_that_of_the_interleaved_bits(scale):
    def code(x, y):
        return int("".join(b + a for a, b in zip(f"{x:016b}", f"{y:016b}", strict=True)), 2)

    grid = np.array([(x, y) for x in range(0, 64, 3) for y in range(64)], np.uint16) * scale
    codes = [code(x, y) for x, y in grid.tolist()]
    assert order_by_morton(grid).tolist() == np.argsort(codes, kind="stable").tolist()


def test_the_grid_keeps_the_aspect():
    # 4 wide and 2 high: the side of the square is 4, so y reaches half of 65535.
    grid, bounds = quantise(np.array([[1.0, 5.0], [5.0, 7.0], [3.0, 6.0]], np.float32))
    assert grid.dtype == np.uint16
    assert grid.tolist() == [[0, 0], [65535, 32768], [32768, 16384]]
    assert bounds == [1.0, 5.0, 4.0]


@given(hnp.arrays(np.float32, (7, 2), elements=st.floats(-1000, 1000, width=32)))
def test_the_grid_leads_back_to_the_map(xy):
    grid, (left, bottom, side) = quantise(xy)
    back = np.array([left, bottom]) + grid / 65535 * side
    assert np.all(np.abs(back - xy) <= side / 65535 * 0.51 + 1e-4)


def test_cells_on_one_spot():
    grid, bounds = quantise(np.full((3, 2), 2.5))
    assert grid.tolist() == [[0, 0]] * 3 and bounds[2] == 1.0


def cells_with(**obsm):
    return SimpleNamespace(obsm=obsm, source="here")


def test_a_supplied_map_is_taken():
    xyz = np.arange(12.0).reshape(4, 3)
    xy, title = make_map(cells_with(X_tsne=xyz), np.zeros((4, 2)), "X_tsne", 0)
    assert np.array_equal(xy, xyz[:, :2]) and title == "TSNE that came with the data"


@pytest.mark.parametrize("bad", [np.array([[0.0, np.nan]]), np.array([[0.0]])])
def test_a_broken_map_is_refused(bad):
    with pytest.raises(InputError, match=r"here: obsm\['X_umap'\] has NaN or fewer than two"):
        make_map(cells_with(X_umap=bad), np.zeros((1, 2)), "X_umap", 0)


def test_umap_of_the_embeddings_keeps_groups_apart_and_repeats_itself():
    embeddings = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
    embeddings[30:] += 20
    maps = [make_map(cells_with(), embeddings, "X_umap", 1) for _ in range(2)]
    xy, title = maps[0]
    assert title == "UMAP of the embeddings" and xy.shape == (60, 2)
    assert np.array_equal(xy, maps[1][0])
    gap = np.linalg.norm(xy[:30].mean(0) - xy[30:].mean(0))
    assert gap > 3 * xy[:30].std()


@pytest.mark.parametrize("n_cells", [1, 3])
def test_too_few_cells_for_umap_stand_in_a_row(n_cells):
    xy, _ = make_map(cells_with(), np.zeros((n_cells, 2)), "X_umap", 0)
    assert xy.tolist() == [[i, i] for i in range(n_cells)]
