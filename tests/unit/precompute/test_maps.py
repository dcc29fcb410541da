"""The map of the cells: its grid keeps the aspect, its order keeps neighbours together."""

from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pynndescent import PyNNDescentTransformer

from precompute import maps
from precompute.config import MapsConfig
from precompute.errors import InputError
from precompute.grid import order_by_morton, quantise
from precompute.maps import choose_maps, make_maps


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


def cells_with(n_cells=4, counts=None, **obsm):
    return SimpleNamespace(
        obsm=obsm,
        source="here",
        n_cells=n_cells,
        model_genes=np.arange(0 if counts is None else counts.shape[1]),
        log_normalised=lambda: sp.csr_matrix(counts),
    )


def unread():
    raise AssertionError("the embeddings are not needed")


UMAP = "X_umap"


@pytest.mark.parametrize(
    ("obsm", "settings", "n_cells", "names"),
    [
        ({}, MapsConfig(), 4, ("model", "counts")),
        ({}, MapsConfig(), 200_001, ("model",)),
        ({UMAP: np.zeros((4, 2))}, MapsConfig(), 4, (UMAP, "counts")),
        ({UMAP: np.zeros((4, 2))}, MapsConfig(make=("model",)), 4, ("model",)),
        ({}, MapsConfig(most_cells=3), 4, ("model",)),
    ],
)
def test_which_maps_are_made(obsm, settings, n_cells, names):
    assert choose_maps(cells_with(n_cells, **obsm), settings, UMAP) == names


def test_supplied_maps_are_taken():
    xyz = np.arange(12.0).reshape(4, 3)
    cells = cells_with(X_tsne=xyz, X_Tsne=xyz + 1)
    first, second = make_maps(cells, ("X_tsne", "X_Tsne"), unread, 0)
    assert (first.key, first.title) == ("tsne", "TSNE that came with the data")
    assert (second.key, second.title) == ("tsne_2", "Tsne that came with the data")
    assert np.array_equal(first.xy, xyz[:, :2]) and np.array_equal(second.xy, xyz[:, :2] + 1)


@pytest.mark.parametrize("bad", [np.array([[0.0, np.nan]]), np.array([[0.0]])])
def test_a_broken_map_is_refused(bad):
    with pytest.raises(InputError, match=r"here: obsm\['X_umap'\] has NaN or fewer than two"):
        choose_maps(cells_with(X_umap=bad), MapsConfig(), UMAP)


def test_a_map_that_is_not_there_is_refused():
    settings = MapsConfig(make=("model", "X_tsne"))
    with pytest.raises(InputError, match="'X_tsne', which is not in obsm.*model, counts, X_pca"):
        choose_maps(cells_with(X_pca=np.zeros((4, 9))), settings, UMAP)


def two_groups(n_dimensions):
    points = np.random.default_rng(0).random((60, n_dimensions)).astype(np.float32)
    points[30:, : n_dimensions // 2] += 5
    return points


def test_the_maps_of_model_and_counts_keep_groups_apart_and_repeat_themselves():
    cells = cells_with(60, counts=two_groups(40))
    runs = [make_maps(cells, ("model", "counts"), lambda: two_groups(5), 1) for _ in range(2)]
    assert [found.title for found in runs[0]] == ["UMAP of the model", "UMAP of the counts"]
    for found, again in zip(*runs, strict=True):
        assert found.xy.shape == (60, 2) and found.xy.dtype == np.float32
        assert np.array_equal(found.xy, again.xy)
        gap = np.linalg.norm(found.xy[:30].mean(0) - found.xy[30:].mean(0))
        assert gap > 3 * found.xy[:30].std()


def test_neighbours_among_many_cells_come_as_the_matrix_that_scanpy_reads(monkeypatch):
    # The search itself takes half a minute to compile: here another graph stands in its place.
    graph = sp.csr_array(np.eye(9, dtype=np.float32))
    monkeypatch.setattr(PyNNDescentTransformer, "fit_transform", lambda self, X: graph)
    finder = maps._make_finder(9000, 15, 3)
    found = finder.fit_transform(np.zeros((9, 2)))
    assert sp.isspmatrix_csr(found) and found.getnnz() == 9
    # scanpy's own settings at 9,000 cells: 5 + round(94.9 / 20) trees, round(13.1) rounds.
    settings = finder.get_params()
    assert [settings[name] for name in ("n_neighbors", "n_trees", "n_iters")] == [15, 10, 13]


def test_the_search_is_used_from_a_number_of_cells_on(monkeypatch):
    asked = []

    def refuse(n_cells, n_neighbours, seed):
        asked.append((n_cells, n_neighbours, seed))
        raise InputError("stop here")

    monkeypatch.setattr(maps, "EXACT_BELOW", 60)
    monkeypatch.setattr(maps, "_make_finder", refuse)
    with pytest.raises(InputError, match="stop here"):
        maps.compute_umap(two_groups(5), 7)
    assert asked == [(60, 15, 7)]


@pytest.mark.parametrize("n_cells", [1, 3])
def test_too_few_cells_for_umap_stand_in_a_row(n_cells):
    cells = cells_with(n_cells, counts=np.ones((n_cells, 3)))
    for found in make_maps(cells, ("model", "counts"), lambda: np.zeros((n_cells, 2)), 0):
        assert found.xy.tolist() == [[i, i] for i in range(n_cells)]
