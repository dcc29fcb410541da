"""The fixture store, variants of it, and an app over it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from scconcepts_app.library import Library
from scconcepts_app.server import create_app
from scconcepts_app.settings import Settings
from scconcepts_app.store import ConceptStore
from tests.store_factory import write_store


@pytest.fixture(scope="session")
def store(tmp_path_factory) -> ConceptStore:
    return ConceptStore.open(write_store(tmp_path_factory.mktemp("stores") / "fixture.store"))


def with_arrays(store: ConceptStore, arrays: Mapping[str, np.ndarray]) -> ConceptStore:
    """The store with some arrays in place of its own, as if it had been written so."""
    variant = copy.copy(store)
    variant.__dict__.pop("activations", None)
    variant._maps = {**store._maps, **arrays}
    return variant


@pytest.fixture
def silent_store(store: ConceptStore) -> ConceptStore:
    """Its first concept is active in no cell: no genes, no gene sets, missing numbers."""
    empty_first = {}
    families = ["activations/by_concept"]
    families += [f"attribution/{i.key}" for i in store.manifest.attributions]
    families += [f"differential/{i.key}" for i in store.manifest.differentials]
    families += [f"enrichment/{i.key}" for i in store.manifest.enrichments]
    for family in families:
        offsets = np.array(store.array(f"{family}/offsets"))
        offsets[1:] -= offsets[1]
        empty_first[f"{family}/offsets"] = offsets
    for name in ("auroc", "f1", "share"):
        values = np.array(store.array(f"association/{name}"))
        values[0] = np.nan
        empty_first[f"association/{name}"] = values
    for name in ("stability", "match_rate"):
        values = np.array(store.array(f"concepts/{name}"))
        values[0] = np.nan
        empty_first[f"concepts/{name}"] = values
    return with_arrays(store, empty_first)


@pytest.fixture
def plain_store(store: ConceptStore) -> ConceptStore:
    """As from embeddings without their model: no attribution, no test of gene sets."""
    reason = "The embeddings came without their model."
    manifest = replace(
        store.manifest,
        attributions=[],
        enrichments=[],
        provenance={"attribution": {"refused": reason, "counterfactuals": []}},
    )
    return ConceptStore(store.path, manifest)


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(
        annotations_url=f"sqlite:///{tmp_path / 'labels.sqlite3'}", cache_dir=tmp_path / "cache"
    )


@pytest.fixture
def client(store, settings):
    return create_app(Library([("fixture", store)]), settings).server.test_client()


@pytest.fixture
def api(store) -> str:
    return f"/api/fixture/{store.manifest.digest[:12]}"
