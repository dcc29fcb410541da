"""Public data sets that are downloaded when somebody asks for them by name, never otherwise."""

from __future__ import annotations

import logging
import os
import tempfile
import urllib.request
from dataclasses import dataclass, replace
from http.client import HTTPException
from pathlib import Path

import anndata as ad

from precompute.cache import cache_folder
from precompute.config import Config, DataConfig, ModelConfig
from precompute.errors import InputError, fault
from precompute.workspace import digest_file

log = logging.getLogger("precompute")

_CHUNK = 1 << 20
_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Dataset:
    """A file on the network, what it must hold, and the settings it is run with.

    Its publisher gives no checksum. The sha256 of the first download is kept beside the file,
    and every later use is compared with it; the first one is checked by its shape.
    """

    url: str
    shape: tuple[int, int]
    config: Config


DATASETS = {
    "pbmc3k": Dataset(
        url="https://exampledata.scverse.org/scanpy/pbmc3k_raw.h5ad",
        shape=(2700, 32738),
        config=Config(
            title="PBMC 3k",
            description="2,700 peripheral blood mononuclear cells of one donor, 10x Genomics.",
        ),
    ),
    "kang": Dataset(
        url="https://figshare.com/ndownloader/files/34464122",
        shape=(24673, 15706),
        config=Config(
            title="PBMC, interferon beta",
            description=(
                "24,673 peripheral blood mononuclear cells of 8 donors with lupus, with and "
                "without interferon beta for 6 hours (Kang et al. 2018), as curated by pertpy."
            ),
            data=DataConfig(cell_type="cell_type", condition="label", donor="replicate"),
            model=ModelConfig(batch_key="replicate"),
        ),
    ),
}


def fetch_dataset(name: str) -> Config:
    """Return the config of a data set, its file downloaded unless it is there.

    Raises
    ------
    InputError
        No such data set, no network, or the file is not the one expected.
    """
    if name not in DATASETS:
        raise fault("dataset", f"'{name}' is not known", f"one of {list(DATASETS)}", "Correct it.")
    dataset = DATASETS[name]
    path = cache_folder() / f"{name}.h5ad"
    checksum = path.with_suffix(".sha256")
    if not path.is_file():
        _download(dataset, path)
        _check_shape(dataset, path)
        checksum.write_text(digest_file(path))
    elif not checksum.is_file() or digest_file(path) != checksum.read_text().strip():
        raise fault(
            path,
            "its sha256 is not the one kept from the download",
            "the file as it was downloaded",
            "Remove it; it will be fetched again.",
        )
    return replace(dataset.config, data=replace(dataset.config.data, path=str(path)))


def _download(dataset: Dataset, path: Path) -> None:
    """Fetch into a hidden file beside `path`, and rename it when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    log.info("downloading %s", dataset.url)
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with (
            os.fdopen(handle, "wb") as file,
            urllib.request.urlopen(dataset.url, timeout=_TIMEOUT_SECONDS) as reply,
        ):
            while chunk := reply.read(_CHUNK):
                file.write(chunk)
            expected = reply.headers.get("Content-Length")
            if expected and file.tell() != int(expected):
                raise OSError(f"{file.tell():,} of {int(expected):,} bytes came")
        Path(partial).rename(path)
    except (OSError, HTTPException) as error:
        raise fault(
            dataset.url,
            f"could not be downloaded ({error})",
            "a network that reaches it",
            "Download it elsewhere and use --data FILE.h5ad.",
        ) from error
    finally:
        Path(partial).unlink(missing_ok=True)


def _check_shape(dataset: Dataset, path: Path) -> None:
    try:
        shape = ad.read_h5ad(path, backed="r").shape
    except Exception as error:  # h5py raises many kinds for what is no HDF5
        path.unlink()
        raise InputError(f"{dataset.url}: what came is no h5ad file. It was removed.") from error
    if shape != dataset.shape:
        path.unlink()
        raise InputError(
            f"{dataset.url}: {shape[0]:,} x {shape[1]:,}, expected {dataset.shape}. "
            "The publisher has changed the file; it was removed. Use --data FILE.h5ad."
        )
