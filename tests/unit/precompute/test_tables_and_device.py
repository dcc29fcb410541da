"""Flat arrays of enrichment tables and back; the names of devices."""

import numpy as np
import pytest
import torch

from precompute.device import SMALL_NETWORK, resolve_device, threads_for
from precompute.enrichment.results import Enrichment
from precompute.errors import InputError
from precompute.tables import enrichment_arrays, flatten_enrichment, read_enrichment
from precompute.workspace import Workspace


def table(n_rows: int, lengths: list[int]) -> Enrichment:
    numbers = np.arange(n_rows, dtype=float)
    leading = [np.arange(length) + 10 * i for i, length in enumerate(lengths)]
    return Enrichment(np.arange(n_rows), numbers, numbers / 9, numbers / 5, numbers, leading)


@pytest.mark.parametrize(
    "tables",
    [
        [table(3, [2, 0, 1]), table(0, []), table(1, [4])],
        [table(2, [0, 0])],
        [table(0, [])],
    ],
    ids=["several", "nothing leads", "nothing tested"],
)
def test_tables_round_trip_through_a_workspace(tmp_path, tables):
    with Workspace(tmp_path / "w") as workspace:
        workspace.begin("enrichment")
        arrays = flatten_enrichment("prerank_x", tables)
        output = workspace.finish("enrichment", "f", arrays, {})
    flat = enrichment_arrays(output, "prerank_x")
    for concept, expected in enumerate(tables):
        found = read_enrichment(flat, concept)
        for name in ("gene_set", "statistic", "p", "q", "size"):
            assert getattr(found, name).tolist() == getattr(expected, name).tolist()
        assert [g.tolist() for g in found.leading] == [g.tolist() for g in expected.leading]


def test_devices(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert resolve_device("auto").type == "cpu"
    assert resolve_device("cpu").type == "cpu"
    with pytest.raises(InputError, match="'cuda' was asked for, torch sees 0 CUDA devices"):
        resolve_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert resolve_device("auto").type == "cuda"
    assert resolve_device("cuda:1").index == 1
    with pytest.raises(InputError, match="'cuda:2' was asked for"):
        resolve_device("cuda:2")


@pytest.mark.parametrize("name", ["gpu", "tpu", "mps", "cuda:x", "cuda:-1", "", "meta"])
def test_other_names_are_refused(name):
    with pytest.raises(InputError, match=f"device: found '{name}'. Expected auto, cpu, cuda"):
        resolve_device(name)


def test_small_networks_compute_on_one_thread():
    before = torch.get_num_threads()
    with threads_for(SMALL_NETWORK):
        assert torch.get_num_threads() == 1
    with threads_for(SMALL_NETWORK + 1):
        assert torch.get_num_threads() == before
    assert torch.get_num_threads() == before
