"""A half-finished training in one file, so that a killed one goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from precompute.dictionary.autoencoder import Autoencoder
from precompute.dictionary.checkpoint import write_whole
from precompute.dictionary.course import Course
from precompute.dictionary.fit import Place
from precompute.errors import InputError, fault

_ACTION = "Remove the file to begin anew, or give back the settings and cells it was made with."


def save_state(
    path: Path, fingerprint: dict[str, Any], place: Place, courses: Sequence[Course]
) -> None:
    """Write all that a training needs to go on: wholly, or not at all.

    Parameters
    ----------
    fingerprint : what must be equal for the training to go on: settings, seeds, cells.
    place : the next chunk.
    """
    tensors = {
        f"{position}.{name}": np.ascontiguousarray(array)
        for position, course in enumerate(courses)
        for name, array in course.model.arrays().items()
    }
    # Python writes floats so that they are read back bit by bit.
    record = {
        "fingerprint": fingerprint,
        "place": vars(place),
        "courses": [course.record() for course in courses],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, save(tensors, {"training": json.dumps(record)}))


def load_state(path: Path, fingerprint: dict[str, Any]) -> tuple[Place, list[Course]] | None:
    """Return the place and the courses of a training that was stopped; None without a file.

    Raises
    ------
    InputError
        The file cannot be read, or holds a training of other settings, seeds or cells.
    """
    if not path.exists():
        return None
    try:
        with safe_open(path, "numpy") as file:
            record = json.loads((file.metadata() or {})["training"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        courses = [
            Course(**plain, model=_model(position, tensors))
            for position, plain in enumerate(record["courses"])
        ]
        place, found = Place(**record["place"]), record["fingerprint"]
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise fault(
            path, f"cannot be read ({error})", "a training that was stopped", _ACTION
        ) from error
    _compare(path, found, fingerprint)
    return place, courses


def _model(position: int, tensors: dict[str, np.ndarray]) -> Autoencoder:
    prefix = f"{position}."
    own = {n.removeprefix(prefix): t.copy() for n, t in tensors.items() if n.startswith(prefix)}
    return Autoencoder.from_arrays(own)


def _compare(path: Path, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    wanted = json.loads(json.dumps(wanted))
    different = [
        f"{name} {found.get(name)} instead of {wanted.get(name)}"
        for name in sorted(found.keys() | wanted.keys())
        if found.get(name) != wanted.get(name)
    ]
    if different:
        raise InputError(
            f"{path}: holds a stopped training with {'; '.join(different)}. "
            f"Expected the same call as before. {_ACTION}"
        )
