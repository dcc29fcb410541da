"""Long stages that are stopped half-way: they go on, and end with the same bytes."""

import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from precompute.attribution.faithfulness import HeldOutTest
from precompute.cli import main
from precompute.stages import set_swap as stage_module
from tests.conftest import ROOT
from tests.run_case import SCVI, copy_stages, write_config

N_CONCEPTS, N_COUNTERFACTUALS = 8, 2
# In the package its name is that of a function.
attribute_module = import_module("precompute.attribution.attribute")
# The stage, what it calls for each part, and the parts it has.
LONG = {
    "attribution": (attribute_module, "attribute_concept", N_CONCEPTS * N_COUNTERFACTUALS),
    "faithfulness": (HeldOutTest, "run", N_CONCEPTS * N_COUNTERFACTUALS),
    "set_swap": (stage_module, "swap_sets", N_CONCEPTS),
}
BEFORE = {
    "attribution": ["model", "dictionary"],
    "faithfulness": ["model", "dictionary", "attribution"],
    "set_swap": [
        "model",
        "dictionary",
        "attribution",
        "faithfulness",
        "differential",
        "enrichment",
    ],
}


class Calls:
    """Counts the calls of a function, and stops the run at one of them."""

    def __init__(self, monkeypatch, stage: str, stop_at: int | None = None):
        owner, name, self.n_parts = LONG[stage]
        self.n, inner = 0, getattr(owner, name)

        def count(*args, **kwargs):
            self.n += 1
            if self.n == stop_at:
                raise KeyboardInterrupt
            return inner(*args, **kwargs)

        monkeypatch.setattr(owner, name, count)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def hidden_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name.startswith(".")}


@pytest.fixture
def start(finished, case):
    """Returns the config of a run that has all stages before one."""

    def make(stage: str, **settings) -> Path:
        copy_stages(finished.workspace, case / "run.workspace", BEFORE[stage])
        sets = str(finished.folder / "sets.gmt")  # its path is part of what a stage is made from
        return write_config(case, {**SCVI, "enrichment.gene_sets": [sets], **settings})

    return make


@pytest.mark.parametrize("stage", LONG)
@pytest.mark.parametrize("part", ["second", "last"])
def test_a_stopped_stage_goes_on_where_it_was(finished, case, start, monkeypatch, stage, part):
    config, stop_at = start(stage), 2 if part == "second" else LONG[stage][2]
    with monkeypatch.context() as patch:
        stopped = Calls(patch, stage, stop_at)
        assert main([stage, str(config)]) == 130
    workspace = case / "run.workspace"
    assert not (workspace / stage).exists()
    assert hidden_in(workspace) == {f".{stage}.parts", ".lock"}
    with monkeypatch.context() as patch:
        resumed = Calls(patch, stage)
        assert main([stage, str(config)]) == 0
    assert resumed.n == resumed.n_parts - (stopped.n - 1)
    assert bytes_of(workspace / stage) == bytes_of(finished.workspace / stage)
    assert hidden_in(workspace) == {".lock"}


def parts_in(workspace: Path) -> list[Path]:
    return sorted(path for path in (workspace / ".attribution.parts").rglob("*") if path.is_file())


def stop_attribution(monkeypatch, config: Path, stop_at: int) -> None:
    with monkeypatch.context() as patch:
        Calls(patch, "attribution", stop_at)
        assert main(["attribution", str(config)]) == 130


def test_a_damaged_part_is_computed_again(finished, case, start, monkeypatch):
    config = start("attribution")
    stop_attribution(monkeypatch, config, 6)
    files = parts_in(case / "run.workspace")
    assert len(files) == 5
    files[2].write_bytes(files[2].read_bytes()[:-20])
    files[3].write_bytes(b"")
    with monkeypatch.context() as patch:
        resumed = Calls(patch, "attribution")
        assert main(["attribution", str(config)]) == 0
    assert resumed.n == resumed.n_parts - 3
    found, expected = (
        bytes_of(folder / "attribution") for folder in (case / "run.workspace", finished.workspace)
    )
    assert found == expected


def test_parts_of_other_settings_are_not_used_and_go(finished, case, start, monkeypatch):
    config = start("attribution")
    stop_attribution(monkeypatch, config, 6)
    first = {path.parent for path in parts_in(case / "run.workspace")}
    other = write_config(case, {**SCVI, "attribution.max_cells": 10})
    stop_attribution(monkeypatch, other, 4)
    second = {path.parent for path in parts_in(case / "run.workspace")}
    assert len(parts_in(case / "run.workspace")) == 3 and not first & second
    config = write_config(case, SCVI)
    with monkeypatch.context() as patch:
        again = Calls(patch, "attribution")
        assert main(["attribution", str(config)]) == 0
    assert again.n == again.n_parts
    found = bytes_of(case / "run.workspace" / "attribution")
    assert found == bytes_of(finished.workspace / "attribution")


def test_a_killed_attribution_goes_on(finished, case, start):
    """A real SIGKILL in the middle: nothing is cleaned up by anybody."""
    config = start("attribution")
    script = (
        "import importlib, os, signal, sys\n"
        "module = importlib.import_module('precompute.attribution.attribute')\n"
        "from precompute.cli import main\n"
        "inner, calls = module.attribute_concept, []\n"
        "def stop(*args):\n"
        "    calls.append(args)\n"
        "    if len(calls) == 11: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return inner(*args)\n"
        "module.attribute_concept = stop\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", script, "attribution", str(config)]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    workspace = case / "run.workspace"
    assert len(parts_in(workspace)) == 10
    assert hidden_in(workspace) == {".attribution.parts", ".attribution.writing", ".lock"}
    assert main(["attribution", str(config)]) == 0
    assert bytes_of(workspace / "attribution") == bytes_of(finished.workspace / "attribution")
    assert hidden_in(workspace) == {".lock"}
