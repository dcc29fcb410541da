"""Opens the run behind a store or a workspace again, to compute something else with its model."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from precompute.config import Config, override, parse_config
from precompute.demo import load_pbmc68k
from precompute.errors import InputError, fault
from precompute.pipeline import open_finished
from precompute.run import Run
from precompute.workspace import CONFIG
from scconcepts_app.store.reader import MANIFEST, read_manifest


def open_run(path: Path, data: str | None, device: str | None) -> Run:
    """Return the finished run of a store, or of a workspace.

    A store keeps its cells' embeddings but neither their counts nor the model: those are taken
    from its workspace, which stands beside it, and from the h5ad.

    Parameters
    ----------
    path : folder of the store or of the workspace.
    data : the h5ad, where it is not at the place that the config names; None for that place.
    device : auto, cpu or cuda; None for what the config says.

    Raises
    ------
    InputError, StoreError
        Neither a store nor a workspace, or what it was made from is gone or was changed.
    """
    config = override(read_used_config(path), data=data, device=device)
    embedded = not config.data.path
    return open_finished(
        config, ("model", "dictionary"), adata=load_pbmc68k() if embedded else None
    )


def read_used_config(path: Path) -> Config:
    """Return the config that made a store or a workspace, its `out` where it now stands.

    Raises
    ------
    InputError, StoreError
        It is neither, or its record is damaged.
    """
    path = path.resolve()  # a name, also for "."
    if (path / MANIFEST).is_file():
        config = _parse(read_manifest(path).provenance.get("config"), path)
        return replace(config, out=str(path))
    try:
        raw = json.loads((path / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise fault(
            path,
            f"no {MANIFEST} and no {CONFIG} that can be read",
            "a concept store, or the workspace of a run",
            "Give the folder that `python -m precompute run` wrote.",
        ) from error
    name = path.name.removesuffix(".workspace") + ".store"
    return replace(_parse(raw, path), out=str(path.with_name(name)))


def _parse(raw: Any, path: Path) -> Config:
    if not isinstance(raw, dict):
        raise InputError(f"{path}: its record of the config is damaged. Run it again.")
    return parse_config(_drop_missing(raw), str(path))


def _drop_missing(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the record without values of None, which TOML does not have, at any depth."""
    return {
        key: _drop_missing(value) if isinstance(value, dict) else value
        for key, value in raw.items()
        if value is not None
    }
