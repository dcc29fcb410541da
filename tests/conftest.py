"""What several test folders share: a fixture store, small cells, the real data sets."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.store_factory import write_store

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"
REFERENCES = ROOT.parent / "shared" / "references"


@pytest.fixture(scope="session")
def fixture_store(tmp_path_factory) -> Path:
    """A whole store of 60 cells, made once; never change it."""
    return write_store(tmp_path_factory.mktemp("fixture") / "fixture.store", n_cells=60)


@pytest.fixture
def damaged(fixture_store, tmp_path) -> Path:
    """A copy of the fixture store that a test may damage."""
    return Path(shutil.copytree(fixture_store, tmp_path / "damaged.store"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets beside the project."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the data sets in ../shared/data")
    return SHARED_DATA


@pytest.fixture(scope="session")
def references() -> Path:
    """The folder of tiny checkpoints with outputs of the official code, beside the project."""
    if not REFERENCES.is_dir():
        pytest.skip("needs the reference checkpoints in ../shared/references")
    return REFERENCES


@pytest.fixture
def one_thread():
    """Compute with one thread: tiny networks wait for their threads longer than they work."""
    import torch  # here, as most tests need none

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
