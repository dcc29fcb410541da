"""What the browser needs to draw a cell map beside other things on a page; see assets/map."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Context

_GENE_UNIT = "log1p(counts per 10,000)"


def map_of_gene(context: Context, entry: OpenedStore, name: str, symbol: str) -> dict[str, Any]:
    """Return the map coloured by a gene; `name` finds it, `symbol` is shown."""
    url = f"{context.addresses.payloads(entry)}/expression/{quote(name, safe='')}"
    color = {
        "kind": "sparse",
        "url": url,
        "title": symbol,
        "unit": _GENE_UNIT,
        "activeWord": "expressing",
    }
    return _map(context, entry, color)


def map_of_concept(
    context: Context, entry: OpenedStore, concept_id: str, label: str
) -> dict[str, Any]:
    """Return the map coloured by the activation of a concept."""
    url = f"{context.addresses.payloads(entry)}/activations/{quote(concept_id, safe='')}"
    title = f"{concept_id} {label}"
    return _map(
        context, entry, {"kind": "sparse", "url": url, "title": title, "unit": "activation"}
    )


def _map(context: Context, entry: OpenedStore, color: dict[str, Any]) -> dict[str, Any]:
    base = context.addresses.payloads(entry)
    first = entry.store.manifest.maps[0].key
    return {
        "cells": {"coordinatesUrl": f"{base}/map/{first}", "nCells": entry.store.n_cells},
        "color": color,
        "describeUrl": f"{base}/cell/{{cell}}/lines",
    }
