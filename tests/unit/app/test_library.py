"""Several stores by key."""

from __future__ import annotations

import shutil

import pytest

from scconcepts_app.library import Library
from scconcepts_app.store import StoreError


def test_keys_are_folder_names_made_unique(store, tmp_path):
    paths = []
    for folder in ("a", "b", "c"):
        (tmp_path / folder).mkdir()
        name = "PBMC 3k.store" if folder == "c" else "kang.store"
        paths.append(shutil.copytree(store.path, tmp_path / folder / name))
    library = Library.open(paths)
    assert [entry.key for entry in library] == ["kang", "kang-2", "PBMC-3k"]
    assert len(library) == 3


def test_a_folder_stands_for_the_stores_in_it(store, tmp_path):
    for name in ("b.store", "a.store", "notes"):
        shutil.copytree(store.path, tmp_path / name)
    assert [entry.key for entry in Library.open([tmp_path])] == ["a", "b"]


def test_the_first_store_is_the_default(store):
    library = Library([("one", store), ("two", store)])
    assert library.default.key == "one"
    assert library.get(None).key == library.get("").key == "one"
    assert library.get("two").key == "two"
    assert library.get("three") is None


def test_a_library_without_stores_is_an_error():
    with pytest.raises(ValueError, match="no store to serve"):
        Library([])


def test_a_bad_path_names_itself(tmp_path):
    with pytest.raises(StoreError, match=str(tmp_path / "nothing")):
        Library.open([tmp_path / "nothing"])


def test_the_digest_in_addresses_is_the_start_of_the_stores(store):
    assert Library([("one", store)]).default.digest == store.manifest.digest[:12]
