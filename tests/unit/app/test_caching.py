"""Derived texts: computed once, by all workers, and never a reason to fail."""

from dataclasses import replace

import pytest
from flask import Flask

from scconcepts_app.caching import Derived
from scconcepts_app.settings import SettingsError


def test_a_second_worker_does_not_compute_again(settings):
    calls = []

    def compute():
        calls.append(1)
        return "table"

    for _ in range(2):
        derived = Derived(Flask("worker"), settings)
        assert derived.text("digest", "genes/0", compute) == "table"
    assert len(calls) == 1


def test_stores_and_names_are_kept_apart(settings):
    derived = Derived(Flask("worker"), settings)
    assert derived.text("one", "genes/0", lambda: "a") == "a"
    assert derived.text("two", "genes/0", lambda: "b") == "b"
    assert derived.text("one", "genes/1", lambda: "c") == "c"
    assert derived.text("one", "genes/0", lambda: "d") == "a"


def test_a_folder_that_cannot_be_made_costs_only_speed(settings, tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    derived = Derived(Flask("worker"), replace(settings, cache_dir=tmp_path / "file"))
    assert derived.text("one", "genes/0", lambda: "a") == "a"
    assert derived.text("one", "genes/0", lambda: "b") == "b"
    assert "nothing is cached" in caplog.text


def test_redis_without_its_package_says_what_to_install(settings, monkeypatch):
    monkeypatch.setattr("scconcepts_app.caching.find_spec", lambda name: None)
    with pytest.raises(SettingsError, match="pip install redis"):
        Derived(Flask("worker"), replace(settings, cache_url="redis://127.0.0.1:6379/0"))
