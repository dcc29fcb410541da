"""Where downloads are kept that a user asked for."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return where downloads are kept: ``SCCONCEPTS_DATA``, else the user's cache folder."""
    chosen = os.environ.get("SCCONCEPTS_DATA")
    return Path(chosen) if chosen else Path.home() / ".cache" / "scconcepts" / "data"
