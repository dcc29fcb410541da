"""Finds cells by their ids among a million, on the bytes of the text column."""

from __future__ import annotations

import numpy as np

from scconcepts_app.store import ConceptStore

N_FOUND = 20
_LONGEST = 200


def find_cell(store: ConceptStore, text: str) -> int | None:
    """Return the cell of an id, or of ``#INDEX``; None when the store has none such."""
    text = text.strip()
    exact = _with_prefix(store, _as_bytes(text), exact=True)
    if len(exact):
        return int(exact[0])
    index = text[1:] if text.startswith("#") else ""
    if index.isascii() and index.isdigit() and len(index) < 12 and int(index) < store.n_cells:
        return int(index)
    return None


def search_cells(store: ConceptStore, text: str, n: int = N_FOUND) -> list[str]:
    """Return the first `n` ids, in the store's order, that begin with a text."""
    found = _with_prefix(store, _as_bytes(text.strip()), exact=False)[:n]
    ids = store.strings("cells/id")
    return [ids[cell] for cell in found]


def _as_bytes(text: str) -> bytes:
    """Return a text as UTF-8; half of a surrogate pair becomes bytes that no id holds."""
    return text.encode(errors="surrogatepass")


def _with_prefix(store: ConceptStore, prefix: bytes, exact: bool) -> np.ndarray:
    """Return the cells whose ids begin with some bytes, or are them."""
    if not prefix or len(prefix) > _LONGEST:
        return np.empty(0, np.int64)
    column = store.strings("cells/id")
    offsets = np.asarray(column.offsets)
    lengths = np.diff(offsets)
    cells = np.flatnonzero(lengths == len(prefix) if exact else lengths >= len(prefix))
    # Ids differ most at their ends, so few are left after the last letters.
    for place in reversed(range(len(prefix))):
        if not len(cells):
            break
        cells = cells[column.utf8[offsets[cells] + place] == prefix[place]]
    return cells
