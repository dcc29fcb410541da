"""One cell: who it is, what is known about it, and the concepts active in it."""

from __future__ import annotations

from typing import Any

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.manifest import ObsColumn
from scconcepts_app.views.numbers import MISSING, format_number, known_or_none

# A tooltip shows so many obs columns and concepts: more would cover the map.
N_TOOLTIP_OBS = 4
N_TOOLTIP_CONCEPTS = 4
LABEL_WIDTH = 28


def describe_cell(store: ConceptStore, cell: int) -> dict[str, Any]:
    """Return the id, obs values and concepts of a cell; a missing value is None."""
    return {
        "index": cell,
        "id": store.strings("cells/id")[cell],
        "library_size": known_or_none(store.array("cells/library_size")[cell]),
        "obs": {column.key: read_obs(store, column, cell) for column in store.manifest.obs},
        "concepts": list_cell_concepts(store, cell),
    }


def describe_cell_briefly(store: ConceptStore, cell: int, labels: dict[str, str]) -> list[list]:
    """Return [name, value] lines for the tooltip of a cell.

    Parameters
    ----------
    labels : concept id -> label to show in place of the proposed one.
    """
    lines = [["Cell", store.strings("cells/id")[cell]]]
    for column in store.manifest.obs[:N_TOOLTIP_OBS]:
        value = read_obs(store, column, cell)
        text = format_number(value) if isinstance(value, float) else (value or MISSING)
        lines.append([column.name, text])
    for found in list_cell_concepts(store, cell)[:N_TOOLTIP_CONCEPTS]:
        label = labels.get(found["id"], found["label"])
        name = label if len(label) <= LABEL_WIDTH else label[: LABEL_WIDTH - 1] + "…"
        lines.append([f"{found['id']} {name}", format_number(found["activation"])])
    return lines


def read_obs(store: ConceptStore, column: ObsColumn, cell: int) -> str | float | None:
    """Return the value of an obs column in a cell, None when it is missing."""
    if column.kind == "numeric":
        return known_or_none(store.array(f"obs/{column.key}/values")[cell])
    code = int(store.array(f"obs/{column.key}/codes")[cell])
    return column.categories[code] if 0 <= code < len(column.categories) else None


def list_cell_concepts(store: ConceptStore, cell: int) -> list[dict[str, Any]]:
    """Return the concepts active in a cell with their activation, highest first."""
    concepts = store.array("activations/by_cell/concept")[cell]
    values = store.array("activations/by_cell/value")[cell]
    labels = store.strings("concepts/label")
    return [
        {
            "index": int(c),
            "id": store.concept_ids[c],
            "label": labels[c],
            "activation": float(value),
        }
        for c, value in zip(concepts, values, strict=True)
        if c >= 0
    ]
