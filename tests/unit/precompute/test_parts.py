"""Parts of a long computation: kept whole or not at all, whatever happens to their files."""

import numpy as np
import pytest

from precompute.parts import Parts
from precompute.workspace import Workspace

ARRAYS = {
    "effect": np.arange(5, dtype=np.float32),
    "unknown": np.array([np.nan, 1.0]),
    "n_cells": np.asarray(7, np.int32),
    "by_donor": np.asarray(True),
    "none": np.empty((0, 3)),
}


def same(found) -> bool:
    return set(found) == set(ARRAYS) and all(
        np.array_equal(found[name], array, equal_nan=name == "unknown")
        and (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        for name, array in ARRAYS.items()
    )


class Work:
    """Counts how often it is asked for."""

    def __init__(self):
        self.times = 0

    def __call__(self):
        self.times += 1
        return dict(ARRAYS)


def test_a_part_is_computed_once_and_comes_back_the_same(tmp_path):
    work = Work()
    assert same(Parts(tmp_path / "parts").once("3", work))
    assert same(Parts(tmp_path / "parts").once("3", work))
    assert work.times == 1
    Parts(tmp_path / "parts").once("4", work)
    assert work.times == 2


def test_sections_are_apart(tmp_path):
    parts, work = Parts(tmp_path), Work()
    parts.within("neighbours").once("0", work)
    parts.within("zero").once("0", work)
    parts.once("0", work)
    assert work.times == 3
    parts.within("zero").once("0", work)
    assert work.times == 3


def test_a_part_that_fails_leaves_nothing(tmp_path):
    def fail():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Parts(tmp_path / "parts").once("0", fail)
    assert not (tmp_path / "parts").exists()


def file_of(folder):
    (file,) = [path for path in folder.iterdir() if not path.name.startswith(".")]
    return file


def test_any_damage_is_noticed_and_mended(tmp_path, monkeypatch):
    """Bytes flipped all over, and the file cut short: never another value, never a crash."""
    monkeypatch.setattr("precompute.parts.os.fsync", lambda descriptor: None)  # 2,000 times slow
    work = Work()
    Parts(tmp_path).once("0", work)
    file = file_of(tmp_path)
    whole = file.read_bytes()
    places = range(0, len(whole), 5)
    flips = [(i, bytes([whole[i] ^ 1 << i % 8])) for i in places]
    damaged = [whole[:i] + other + whole[i + 1 :] for i, other in flips]
    damaged += [whole[:n] for n in range(0, len(whole), 50)]
    for content in damaged:
        file.write_bytes(content)
        before = work.times
        assert same(Parts(tmp_path).once("0", work))
        assert work.times == before + 1
        assert file.read_bytes() == whole


def test_an_unfinished_file_is_not_taken_for_a_part(tmp_path, monkeypatch):
    work = Work()
    monkeypatch.setattr("precompute.parts.os.fsync", lambda descriptor: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Parts(tmp_path).once("0", work)
    assert all(path.name.startswith(".") for path in tmp_path.iterdir())
    monkeypatch.undo()
    assert same(Parts(tmp_path).once("0", work))
    assert work.times == 2


def test_parts_of_other_inputs_are_removed(tmp_path):
    work = Work()
    with Workspace(tmp_path / "w") as workspace:
        workspace.begin("attribution")
        workspace.parts("attribution", "f" * 64).once("0", work)
        workspace.parts("faithfulness", "f" * 64).once("0", work)
        assert workspace.parts("attribution", "f" * 64).once("0", work)
        assert work.times == 2
        workspace.parts("attribution", "e" * 64).once("0", work)
        assert work.times == 3
        workspace.parts("attribution", "f" * 64).once("0", work)
        assert work.times == 4
        workspace.parts("faithfulness", "f" * 64).once("0", work)
        assert work.times == 4


def test_parts_outlive_a_stop_and_go_when_the_stage_is_whole(tmp_path):
    work = Work()
    with Workspace(tmp_path / "w") as workspace:
        workspace.begin("attribution")
        workspace.parts("attribution", "f").once("0", work)
        workspace.abandon("attribution")
    with Workspace(tmp_path / "w") as workspace:
        workspace.begin("attribution")
        workspace.parts("attribution", "f").once("0", work)
        assert work.times == 1
        workspace.finish("attribution", "f", {}, {})
    assert sorted(path.name for path in (tmp_path / "w").iterdir()) == [".lock", "attribution"]
