"""A dictionary as a safetensors file, which cannot execute code when it is read."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from precompute.dictionary.model import Dictionary
from precompute.errors import InputError, fault

_ARRAYS = {"encoder": 2, "encoder_bias": 1, "decoder": 2, "center": 1}
_SETTINGS = {"scale": np.float64, "k": np.int64}
_OPTIONAL = {"curve": 1, "levels": 1}


def save_dictionary(dictionary: Dictionary, path: Path | str) -> None:
    """Write a dictionary to `path`: wholly, or not at all.

    Raises
    ------
    OSError
        The folder does not exist or cannot be written to.
    """
    path = Path(path)
    tensors = {name: getattr(dictionary, name) for name in _ARRAYS}
    tensors |= {
        name: np.array([getattr(dictionary, name)], kind) for name, kind in _SETTINGS.items()
    }
    if dictionary.curve is not None:
        tensors["curve"] = dictionary.curve
    if dictionary.n_general is not None:
        levels = [dictionary.n_general, dictionary.k_detail]
        tensors["levels"] = np.array(levels, np.float32)
    # save() writes the memory of an array, which must therefore be in C order.
    contents = save({name: np.ascontiguousarray(array) for name, array in tensors.items()})
    write_whole(path, contents)


def write_whole(path: Path, contents: bytes) -> None:
    """Write a file wholly, or not at all, also when the process is killed."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            file.write(contents)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def load_dictionary(path: Path | str) -> Dictionary:
    """Read a dictionary, bit-equal to the one that was saved.

    Raises
    ------
    InputError
        The file is missing, is no safetensors file, lacks an array or holds another one,
        or its arrays have the wrong shape or type.
    """
    path = Path(path)
    try:
        tensors = load(path.read_bytes())
    except (OSError, SafetensorError) as error:
        raise _unreadable(path, str(error)) from error
    _check_names(path, set(tensors))
    for name, n_axes in (_ARRAYS | _OPTIONAL).items():
        array = tensors.get(name)
        if array is not None and (array.ndim != n_axes or array.dtype != np.float32):
            raise _unreadable(path, f"'{name}' is {array.dtype} of shape {array.shape}")
    for name, kind in _SETTINGS.items():
        if tensors[name].shape != (1,) or tensors[name].dtype != kind:
            raise _unreadable(path, f"'{name}' is not a single {np.dtype(kind)}")
    try:
        return Dictionary(
            encoder=tensors["encoder"],
            encoder_bias=tensors["encoder_bias"],
            decoder=tensors["decoder"],
            center=tensors["center"],
            scale=float(tensors["scale"][0]),
            k=int(tensors["k"][0]),
            curve=tensors.get("curve"),
            n_general=int(tensors["levels"][0]) if "levels" in tensors else None,
            k_detail=int(tensors["levels"][1]) if "levels" in tensors else 0,
        )
    except InputError as error:
        raise _unreadable(path, str(error)) from error


def _check_names(path: Path, names: set[str]) -> None:
    needed = _ARRAYS.keys() | _SETTINGS.keys()
    missing, unknown = needed - names, names - needed - _OPTIONAL.keys()
    if missing or unknown:
        raise _unreadable(path, f"arrays missing {sorted(missing)}, unknown {sorted(unknown)}")


def _unreadable(path: Path, found: str) -> InputError:
    return fault(
        path, found, "a dictionary written by save_dictionary", "Train the dictionary again."
    )
