"""Folders whose contents are unpickled: ours alone, or the app does not start."""

from __future__ import annotations

import os
import stat

import pytest
from flask import Flask

from scconcepts_app.caching import Derived
from scconcepts_app.jobs import Jobs
from scconcepts_app.own_folder import make_own
from scconcepts_app.settings import SettingsError
from tests.unit.app.test_entry import database, refused, run


def mode_of(folder) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


def test_a_new_folder_is_for_its_user_alone(tmp_path):
    make_own(tmp_path / "cache" / "jobs")
    assert mode_of(tmp_path / "cache" / "jobs") == 0o700


def test_a_folder_that_others_can_read_is_closed(tmp_path):
    tmp_path.chmod(0o755)
    make_own(tmp_path)
    assert mode_of(tmp_path) == 0o700


@pytest.mark.parametrize("mode", [0o770, 0o720, 0o702, 0o777, 0o1777])
def test_a_folder_that_others_can_write_is_refused(tmp_path, mode):
    tmp_path.chmod(mode)
    with pytest.raises(SettingsError, match=rf"can be written by others \(mode {mode:o}\)"):
        make_own(tmp_path)
    assert mode_of(tmp_path) == mode


def test_a_folder_of_another_user_is_refused(tmp_path, monkeypatch):
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(SettingsError, match=f"belongs to user {owner}, expected {owner + 1}"):
        make_own(tmp_path)


@pytest.mark.parametrize(
    ("name", "use"),
    [("jobs", Jobs), ("derived", lambda settings: Derived(Flask("test"), settings))],
)
def test_both_caches_are_looked_at(settings, name, use):
    folder = settings.cache_dir / name
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    with pytest.raises(SettingsError, match="can be written by others"):
        use(settings)
    folder.chmod(0o700)
    use(settings)


def test_the_app_does_not_start_on_it(store, tmp_path):
    folder = tmp_path / "cache" / "jobs"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    done = run(str(store.path), "--port", "0", **database(tmp_path))
    refused(done, f"{folder}: can be written by others (mode 777)", "Remove the folder")
    assert not (tmp_path / "labels.sqlite3").exists()
