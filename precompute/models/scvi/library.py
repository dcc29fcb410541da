"""scvi-tools, imported when it is needed and told to keep quiet."""

from __future__ import annotations

import logging
import warnings
from typing import Any

from precompute.errors import InputError


def import_scvi() -> Any:
    """Return the package ``scvi``.

    Raises
    ------
    InputError
        It is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import scvi
        except ImportError as error:
            raise InputError(
                "scvi-tools is not installed. Expected it for model.kind = 'scvi'. "
                "Run: pip install 'scconcepts[scvi]'"
            ) from error
    for name in ("lightning", "lightning.pytorch", "lightning.fabric", "scvi"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return scvi
