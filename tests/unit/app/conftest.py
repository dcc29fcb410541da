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
from scconcepts_app.store.columns import encode_strings
from scconcepts_app.store.schema import FAITHFULNESS_CURVES, FAITHFULNESS_MEASURES, TRAINING
from tests.conftest import ROOT
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


def with_rows(store: ConceptStore, family: str, rows: Mapping[str, list[float]]) -> ConceptStore:
    """The store whose first concept has these rows of a ragged table, and no other has any."""
    n_rows = len(next(iter(rows.values())))
    arrays = {f"{family}/offsets": np.array([0, *[n_rows] * store.n_concepts])}
    for name in store.manifest.arrays:
        group, _, column = name.rpartition("/")
        if group == family and column in rows:
            arrays[name] = np.array(rows[column], store.array(name).dtype)
        elif group == family and column != "offsets":
            arrays[name] = np.zeros(n_rows, store.array(name).dtype)
    return with_arrays(store, arrays)


def without_version_2(store: ConceptStore) -> ConceptStore:
    """As it was written in schema version 1."""
    left_out = [TRAINING, *(f"attribution/{info.key}/q" for info in store.manifest.attributions)]
    bare = replace(
        store.manifest,
        faithfulness=[],
        cell_effects=[],
        set_swaps=[],
        evaluations=[],
        sweeps=[],
        arrays={n: info for n, info in store.manifest.arrays.items() if n not in left_out},
    )
    return ConceptStore(store.path, bare)


@pytest.fixture(scope="session")
def old_store(store: ConceptStore) -> ConceptStore:
    return without_version_2(store)


@pytest.fixture(scope="session")
def silent_store(store: ConceptStore) -> ConceptStore:
    """Its first concept is active in no cell: no genes, no gene sets, missing numbers."""
    empty_first = {}
    families = ["activations/by_concept"]
    families += [f"attribution/{i.key}" for i in store.manifest.attributions]
    families += [f"differential/{i.key}" for i in store.manifest.differentials]
    families += [f"enrichment/{i.key}" for i in store.manifest.enrichments]
    families += [f"set_swap/{i.key}" for i in store.manifest.set_swaps]
    for family in families:
        offsets = np.array(store.array(f"{family}/offsets"))
        first = int(offsets[1])
        offsets[1:] -= first
        empty_first[f"{family}/offsets"] = offsets
        for name in store.manifest.arrays:
            group, _, column = name.rpartition("/")
            if group == family and column not in {"offsets", "leading_gene"}:
                empty_first[name] = np.array(store.array(name))[first:]
    for name in ("auroc", "f1", "share"):
        values = np.array(store.array(f"association/{name}"))
        values[0] = np.nan
        empty_first[f"association/{name}"] = values
    for info in store.manifest.faithfulness:
        for name in (*FAITHFULNESS_CURVES, *FAITHFULNESS_MEASURES):
            values = np.array(store.array(f"faithfulness/{info.key}/{name}"))
            values[0] = -1 if values.dtype.kind == "i" else np.nan
            empty_first[f"faithfulness/{info.key}/{name}"] = values
    for info in store.manifest.cell_effects:
        cells = np.array(store.array(f"cell_effects/{info.key}/cell"))
        cells[0] = -1
        empty_first[f"cell_effects/{info.key}/cell"] = cells
    for name in ("stability", "match_rate"):
        values = np.array(store.array(f"concepts/{name}"))
        values[0] = np.nan
        empty_first[f"concepts/{name}"] = values
    return with_arrays(store, empty_first)


@pytest.fixture(scope="session")
def plain_store(store: ConceptStore) -> ConceptStore:
    """As from embeddings without their model: no attribution, no test of gene sets."""
    reason = "The embeddings came without their model."
    manifest = replace(
        store.manifest,
        attributions=[],
        enrichments=[],
        faithfulness=[],
        cell_effects=[],
        set_swaps=[],
        evaluations=[],
        sweeps=[],
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


@pytest.fixture(scope="session")
def twins_store(store):
    """All gene sets have the same genes, every q is 0.01, and one name holds an identifier."""
    q = np.full(len(store.array("enrichment/prerank_presence/q")), 0.01)
    names = [f"Set {i} (GO:000000{i})" for i in range(6)]
    return with_arrays(
        store,
        {
            "gene_sets/members/gene": np.tile(np.arange(5), 6),
            "enrichment/prerank_presence/q": q,
            "enrichment/prerank_presence/statistic": np.linspace(2, 1, len(q)),
            **{f"gene_sets/name/{k}": v for k, v in encode_strings(names).items()},
        },
    )


@pytest.fixture(scope="session")
def answer(store, plain_store, silent_store, old_store, twins_store, tmp_path_factory):
    """Calls the callback that has an output of this component, outside of a browser."""
    folder = tmp_path_factory.mktemp("panes")
    settings = Settings(annotations_url=f"sqlite:///{folder / 'l.sqlite3'}", cache_dir=folder)
    stores = {"fixture": store, "plain": plain_store, "silent": silent_store, "old": old_store}
    stores["twins"] = twins_store
    stores["untested"] = ConceptStore.open(ROOT / "tests/data/stores/v3")
    app = create_app(Library(list(stores.items())), settings)

    def call(output: str, *values):
        found = [k for k in app.callback_map if output in k.strip(".").split("...")]
        return app.callback_map[found[0]]["callback"].__wrapped__(*values)

    return call
