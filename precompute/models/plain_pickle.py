"""Reads pickles of plain values without executing anything they hold."""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from precompute.errors import fault

_NUMPY_SCALARS = {
    ("numpy.core.multiarray", "scalar"),
    ("numpy._core.multiarray", "scalar"),
}


class _Refused(pickle.UnpicklingError):
    """The pickle asks for something that is no plain value."""


def _scalar(dtype: np.dtype, data: bytes) -> Any:
    """Return a plain value for what numpy pickles as a number or a text of its own."""
    if not isinstance(dtype, np.dtype) or dtype.hasobject or not isinstance(data, bytes):
        raise _Refused("a numpy value of objects")
    return np.frombuffer(data, dtype)[0].item()


class _PlainUnpickler(pickle.Unpickler):
    """Knows dictionaries, lists, texts and numbers, those of numpy included, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _NUMPY_SCALARS:
            return _scalar
        if (module, name) == ("numpy", "dtype"):
            return np.dtype
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        raise _Refused(f"{module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        raise _Refused("a reference to another file")


def read_plain_pickle(path: Path) -> dict[str, Any]:
    """Return the dictionary that a pickle holds.

    Raises
    ------
    InputError
        No file, a damaged one, one that holds no dictionary with texts as keys, or one that names
        a function or class, which loading would execute.
    """
    try:
        found = _PlainUnpickler(io.BytesIO(path.read_bytes())).load()
    except _Refused as error:
        raise fault(
            path,
            f"it asks for {error}, which loading would execute; nothing was executed",
            "a dictionary of texts and numbers",
            "Get the file from the authors of the model.",
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise fault(path, f"cannot be read ({reason})", "a pickle", "Check the path.") from error
    except Exception as error:  # pickle raises whatever the damaged bytes lead to
        raise fault(
            path,
            f"cannot be read ({type(error).__name__})",
            "a pickled dictionary",
            "Get the file again.",
        ) from error
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        raise fault(
            path,
            f"holds a {type(found).__name__}",
            "a dictionary with gene ids as keys",
            "Check that this is the right file.",
        )
    return {str(name): value for name, value in found.items()}
