"""The part of a store that holds the latents which belong to no concept."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from precompute.association import associate
from precompute.run import Run
from scconcepts_app.store.payload import encode_payload, join_payloads
from scconcepts_app.store.schema import LATENT_COLUMNS
from scconcepts_app.store.writer import StoreWriter


def add_latents(writer: StoreWriter, run: Run, order: np.ndarray) -> int:
    """Add the latents that did not recur, and return how many there are.

    Their activations go in as the browser's payloads alone, to 1 / 255 of the largest: with
    indices and values beside them, as concepts have, they would take five times the space.

    Parameters
    ----------
    order : input row of each stored cell.
    """
    output = run.outputs["dictionary"]
    if not run.config.dictionary.keep_latents or not len(output.array("latents.seed")):
        return 0
    columns = {name: np.array(output.array(f"latents.{name}")) for name in _FROM_STAGE}
    values, cells, offsets = (output.array(f"latents.{n}") for n in ("value", "cell", "offsets"))
    shape = (len(order), len(columns["seed"]))
    activations = sp.csc_matrix((np.array(values), np.array(cells), np.array(offsets)), shape)
    writer.add_group("latents", {**columns, "n_active": np.diff(activations.indptr)})
    writer.add("latents/decoder", output.array("latents.decoder"))
    writer.add_group("latents", _best_categories(run, activations))
    position = np.empty_like(order)
    position[order] = np.arange(len(order))
    spans = zip(activations.indptr[:-1], activations.indptr[1:], strict=True)
    payloads = [
        encode_payload(position[activations.indices[a:b]], activations.data[a:b]) for a, b in spans
    ]
    writer.add_group("payloads/latents", join_payloads(payloads))
    return shape[1]


_FROM_STAGE = tuple(name for name in LATENT_COLUMNS if name != "n_active")


def _best_categories(run: Run, activations: sp.csc_matrix) -> dict[str, np.ndarray]:
    """Return the category of highest F1 and that F1, (n_latents, n_categorical); -1 and NaN."""
    found = associate(activations, run.cells.obs)
    columns = [i for i, c in enumerate(run.cells.obs.columns) if c.categories is not None]
    code = np.full((activations.shape[1], len(columns)), -1, np.int32)
    best = np.full(code.shape, np.nan, np.float32)
    for at, column in enumerate(columns):
        levels = np.flatnonzero(found.levels[:, 0] == column)
        f1 = np.nan_to_num(found.f1[:, levels])
        if not len(levels):
            continue
        chosen = f1.argmax(axis=1)
        known = f1.max(axis=1) > 0
        code[known, at] = found.levels[levels[chosen], 1][known]
        best[known, at] = f1.max(axis=1)[known]
    return {"best_code": code, "best_f1": best}
