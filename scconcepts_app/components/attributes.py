"""HTML attributes whose names are no Python names."""

from __future__ import annotations

from typing import Any


def attributes(names: dict[str, str]) -> dict[str, Any]:
    """Return ``aria-*`` and ``data-*`` attributes as keywords of a Dash component."""
    return dict(names)
