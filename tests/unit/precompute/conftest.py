"""A finished run of all stages, made once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from precompute.cli import main
from tests.run_case import SCVI, write_config, write_inputs


@dataclass(frozen=True)
class FinishedRun:
    """Where everything of a run lies; change none of it."""

    folder: Path
    config: Path
    store: Path
    workspace: Path


@pytest.fixture(scope="session")
def inputs(tmp_path_factory) -> Path:
    """A folder with cells.h5ad and sets.gmt."""
    return write_inputs(tmp_path_factory.mktemp("inputs"))


@pytest.fixture
def case(inputs, tmp_path) -> Path:
    """A folder of the test's own that sees the inputs."""
    for name in ("cells.h5ad", "sets.gmt"):
        (tmp_path / name).write_bytes((inputs / name).read_bytes())
    return tmp_path


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> FinishedRun:
    """All stages on an scVI model of three epochs, through the command line."""
    folder = write_inputs(tmp_path_factory.mktemp("finished"))
    config = write_config(folder, SCVI)
    assert main(["run", str(config)]) == 0
    return FinishedRun(folder, config, folder / "run.store", folder / "run.workspace")
