"""A set of cells as text and as cells: outlines by the even-odd rule, conditions on obs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.cell_selection import (
    Condition,
    SelectionError,
    describe_size,
    escape,
    find_cells,
    read_selection,
    read_where,
    within,
    write_where,
)
from tests.unit.app.conftest import with_arrays


def corners(*points: tuple[int, int]) -> np.ndarray:
    return np.array(points, np.int64)


SQUARE = corners((10, 10), (20, 10), (20, 20), (10, 20))


def test_a_square_holds_its_left_and_lower_edge():
    xy = np.array([[10, 10], [15, 10], [10, 15], [20, 15], [15, 20], [9, 15], [15, 15]], np.uint16)
    assert within(xy, SQUARE).tolist() == [True, True, True, False, False, False, True]


def test_neighbours_share_no_point_and_lose_none():
    grid = np.stack(np.meshgrid(np.arange(40), np.arange(40)), -1).reshape(-1, 2)
    left = corners((5, 5), (17, 9), (14, 31), (3, 30))
    right = corners((17, 9), (33, 2), (35, 35), (14, 31))
    both = corners((5, 5), (17, 9), (33, 2), (35, 35), (14, 31), (3, 30))
    a, b = within(grid, left), within(grid, right)
    assert not (a & b).any()
    assert ((a | b) == within(grid, both)).all()
    assert a.sum() > 100


def test_the_middle_of_a_star_is_outside():
    angles = np.pi / 2 + 4 * np.pi * np.arange(5) / 5
    star = np.rint(1000 + 800 * np.stack([np.cos(angles), np.sin(angles)], 1)).astype(np.int64)
    assert within(np.array([[1000, 1000], [1000, 1700]]), star).tolist() == [False, True]


def test_the_way_round_and_the_start_do_not_matter():
    rng = np.random.default_rng(0)
    xy = rng.integers(0, 65536, (5000, 2)).astype(np.uint16)
    polygon = rng.integers(0, 65536, (9, 2))
    inside = within(xy, polygon)
    assert (within(xy, polygon[::-1]) == within(xy, np.roll(polygon, 3, axis=0))).mean() > 0.999
    assert (within(xy, np.roll(polygon, 3, axis=0)) == inside).all()
    assert 500 < inside.sum() < 4500


def test_against_the_rule_point_by_point():
    rng = np.random.default_rng(1)
    xy, polygon = rng.integers(0, 50, (800, 2)), rng.integers(0, 50, (7, 2))
    wanted = []
    for x, y in xy:
        odd = False
        for (ax, ay), (bx, by) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
                odd = not odd
        wanted.append(odd)
    assert within(xy, polygon).tolist() == wanted


def test_an_outline_is_read_and_written_as_it_was(store):
    text = "umap:0,0,65535,0,65535,65535,0,65535"
    found = read_selection(store, {"sel": text})
    assert found.sel == text
    assert bool(found)
    xy = np.asarray(store.array("maps/umap/quantised"))
    assert find_cells(store, found).sum() == ((xy < 65535).all(axis=1)).sum()


def test_conditions_join_values_by_or_and_columns_by_and(store):
    found = find_cells(
        store,
        read_selection(store, {"where": "cell_type:B cell,NK cell;donor:D2;percent_mito:..0.05"}),
    )
    kind = np.asarray(store.array("obs/cell_type/codes"))
    donor = np.asarray(store.array("obs/donor/codes"))
    mito = np.asarray(store.array("obs/percent_mito/values"))
    assert (found == (np.isin(kind, [0, 4]) & (donor == 1) & (mito <= 0.05))).all()
    assert 0 < found.sum() < 60


def test_outline_and_conditions_are_both_met(store):
    sel = "umap:0,0,40000,0,40000,65535,0,65535"
    both = find_cells(store, read_selection(store, {"sel": sel, "where": "donor:D1"}))
    one = find_cells(store, read_selection(store, {"sel": sel}))
    other = find_cells(store, read_selection(store, {"where": "donor:D1"}))
    assert (both == (one & other)).all()


def test_a_missing_value_meets_no_condition(store):
    codes = np.array(store.array("obs/donor/codes"))
    codes[:7] = -1
    mito = np.array(store.array("obs/percent_mito/values"))
    mito[:7] = np.nan
    variant = with_arrays(store, {"obs/donor/codes": codes, "obs/percent_mito/values": mito})
    every = {"where": "donor:D1,D2,D3,D4"}
    assert find_cells(variant, read_selection(variant, every)).sum() == 293
    assert find_cells(variant, read_selection(variant, {"where": "percent_mito:0.."})).sum() == 293


def test_names_with_the_characters_that_part_conditions(store):
    names = ["a,b", "50% ; CD4:high", "=x..y", "ünï"]
    obs = [replace(store.manifest.obs[2], categories=names), *store.manifest.obs[3:]]
    odd = ConceptStore(store.path, replace(store.manifest, obs=obs))
    text = write_where([Condition(obs[0], tuple(names[:3]))])
    assert text == "donor:a%2Cb,50%25 %3B CD4%3Ahigh,=x..y"
    assert read_where(odd, text)[0].values == tuple(names[:3])
    assert escape("plain name") == "plain name"


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"sel": "umap"}, "no map “”"),
        ({"sel": "tsne:1,2,3,4,5,6"}, "no map “tsne”. Its maps: umap."),
        ({"sel": "umap:1,2,3,4"}, "needs two each for 3 to 48 corners"),
        ({"sel": "umap:1,2,3,4,5"}, "3 to 48 corners"),
        ({"sel": "umap:" + ",".join(["1"] * 98)}, "98 numbers"),
        ({"sel": "umap:1,2,3,4,5,65536"}, "whole numbers"),
        ({"sel": "umap:1,2,3,4,5,-6"}, "whole numbers"),
        ({"sel": "umap:1,2,3,4,5,١"}, "whole numbers"),
        ({"sel": "umap:a,b,c,d,e,f"}, "whole numbers"),
        ({"where": "cell_type"}, "names no value"),
        ({"where": "cell_type:"}, "names no value"),
        ({"where": "nothing:x"}, "no column “nothing”"),
        ({"where": "cell_type:B cell,T"}, "no category “T”"),
        ({"where": "percent_mito:.."}, "give a range"),
        ({"where": "percent_mito:nan..1"}, "give a range"),
        ({"where": "percent_mito:1e999.."}, "give a range"),
        ({"where": "percent_mito:0.1"}, "give a range"),
    ],
)
def test_garbage_is_said(store, choices, words):
    with pytest.raises(SelectionError, match=words.replace("(", r"\(").replace(".", r"\.")):
        read_selection(store, choices)


@given(
    st.text(alphabet="umap:,.;%-0123456789abcdonr \x00\ud83dé", max_size=40),
    st.text(alphabet="cell_type:,.;%-0123456789donrpit B\x00é", max_size=40),
)
def test_any_text_is_a_set_or_said_to_be_none(store, sel, where):
    try:
        found = read_selection(store, {"sel": sel, "where": where})
    except SelectionError as error:
        assert str(error)
    else:
        again = read_selection(store, {"sel": found.sel, "where": found.where})
        assert (again.sel, again.where) == (found.sel, found.where)
        assert (find_cells(store, again) == find_cells(store, found)).all()


def test_nothing_is_all_cells(store):
    nothing = read_selection(store, {"sel": "", "where": ";;"})
    assert not nothing
    assert nothing.words == "all cells"
    assert find_cells(store, nothing).all()


def test_sizes_in_words():
    assert describe_size(np.arange(2000) < 1) == "1 of 2,000 cells (< 0.1 %)"
    assert describe_size(np.arange(8) < 2) == "2 of 8 cells (25.0 %)"


def test_conditions_in_words(store):
    found = read_selection(store, {"where": "cell_type:B cell,NK cell;percent_mito:0.05.."})
    assert found.words == "cell_type: B cell or NK cell; percent_mito: at least 0.05"
    assert found.where == "cell_type:B cell,NK cell;percent_mito:0.05.."
