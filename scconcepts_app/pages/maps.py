"""What the browser needs to draw a cell map beside other things on a page; see assets/map."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Context

_GENE_UNIT = "log1p(counts per 10,000)"


def map_of_gene(
    context: Context, entry: OpenedStore, name: str, symbol: str, key: str
) -> dict[str, Any]:
    """Return the map `key` coloured by a gene; `name` finds it, `symbol` is shown."""
    url = f"{context.addresses.payloads(entry)}/expression/{quote(name, safe='')}"
    color = {
        "kind": "sparse",
        "url": url,
        "title": symbol,
        "unit": _GENE_UNIT,
        "activeWord": "expressing",
    }
    return _map(context, entry, color, key)


def map_of_concept(
    context: Context, entry: OpenedStore, concept_id: str, label: str
) -> dict[str, Any]:
    """Return the first map coloured by the activation of a concept."""
    url = f"{context.addresses.payloads(entry)}/activations/{quote(concept_id, safe='')}"
    color = {
        "kind": "sparse",
        "url": url,
        "title": f"{concept_id} {label}",
        "unit": "activation",
    }
    return _map(context, entry, color, entry.store.manifest.maps[0].key)


def _map(context: Context, entry: OpenedStore, color: dict[str, Any], key: str) -> dict[str, Any]:
    base = context.addresses.payloads(entry)
    return {
        "cells": {"coordinatesUrl": f"{base}/map/{key}", "nCells": entry.store.n_cells},
        "color": color,
        "describeUrl": f"{base}/cell/{{cell}}/lines",
    }
