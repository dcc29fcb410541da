"""The workspace: finished stages are found again, unfinished ones leave nothing."""

import errno
import json

import numpy as np
import pytest

from precompute.errors import InputError
from precompute.workspace import Workspace, digest_file, digest_json


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "run.workspace"


def finish(workspace, stage="model", fingerprint="f1", record=None):
    workspace.begin(stage)
    return workspace.finish(stage, fingerprint, {"xy": np.arange(4.0)}, record or {"n": 1})


def test_a_finished_stage_is_found_by_its_fingerprint(folder):
    with Workspace(folder) as workspace:
        finish(workspace)
    found = Workspace(folder).find("model", "f1")
    assert found.record == {"n": 1}
    assert found.array("xy").tolist() == [0, 1, 2, 3]
    assert Workspace(folder).find("model", "f2") is None
    assert Workspace(folder).find("dictionary", "f1") is None


def test_finishing_again_replaces(folder):
    with Workspace(folder) as workspace:
        finish(workspace)
        finish(workspace, fingerprint="f2", record={"n": 2})
        assert workspace.find("model", "f1") is None
        assert workspace.find("model", "f2").record == {"n": 2}


def test_files_that_a_stage_wrote_itself_are_kept(folder):
    with Workspace(folder) as workspace:
        (workspace.begin("model") / "model.pt").write_text("weights")
        output = workspace.finish("model", "f1", {}, {})
    assert (output.folder / "model.pt").read_text() == "weights"


def test_an_empty_array_is_read_back(folder):
    with Workspace(folder) as workspace:
        workspace.begin("model")
        output = workspace.finish("model", "f1", {"none": np.empty((0, 2), np.int32)}, {})
    assert output.array("none").shape == (0, 2)


def test_nothing_is_made_before_the_first_stage(folder):
    with Workspace(folder) as workspace:
        assert workspace.find("model", "f1") is None
    assert not folder.exists()


def test_abandoning_the_first_stage_leaves_nothing(folder):
    with Workspace(folder) as workspace:
        (workspace.begin("model") / "half.npy").write_text("")
        workspace.abandon("model")
    assert list(folder.parent.iterdir()) == []


def test_abandoning_a_later_stage_keeps_the_finished_ones(folder):
    with Workspace(folder) as workspace:
        finish(workspace)
        workspace.begin("dictionary")
        workspace.abandon("dictionary")
    assert [path.name for path in folder.iterdir() if path.is_dir()] == ["model"]
    assert Workspace(folder).find("model", "f1")


def test_what_a_killed_run_left_is_swept(folder):
    left = folder / ".model.writing"
    left.mkdir(parents=True)
    (left / "half.npy").write_text("")
    with Workspace(folder) as workspace:
        assert list(workspace.begin("model").iterdir()) == []


@pytest.mark.parametrize("content", ["", "{", '{"record": {}}'])
def test_a_damaged_record_is_not_found(folder, content):
    with Workspace(folder) as workspace:
        finish(workspace)
    (folder / "model" / "stage.json").write_text(content)
    assert Workspace(folder).find("model", "f1") is None


def test_a_second_holder_is_refused_until_the_first_is_done(folder):
    with Workspace(folder) as first:
        first.begin("model")
        with Workspace(folder) as second, pytest.raises(InputError, match="another run is using"):
            second.begin("model")
        first.finish("model", "f1", {}, {})
    with Workspace(folder) as second:
        second.begin("dictionary")


def test_a_full_disk_is_an_input_error_and_leaves_the_rest(folder, monkeypatch):
    def no_space(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    with Workspace(folder) as workspace:
        finish(workspace)
        monkeypatch.setattr("precompute.workspace.np.save", no_space)
        with pytest.raises(InputError, match="No space left on device.*Finished stages are kept"):
            finish(workspace, "dictionary")
    assert sorted(p.name for p in folder.iterdir()) == [".lock", "model"]


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with Workspace(tmp_path / "file" / "x") as workspace, pytest.raises(InputError, match="cannot"):
        workspace.begin("model")


def test_digests(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    # The well-known sha256 of nothing.
    assert digest_file(tmp_path / "empty").startswith("e3b0c44298fc1c14")
    assert digest_json({"a": 1, "b": 2}) == digest_json(json.loads('{"b": 2, "a": 1}'))
    assert digest_json({"a": 1}) != digest_json({"a": 2})
