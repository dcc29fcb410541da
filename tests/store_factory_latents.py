"""What a store of schema version 3 adds: intervals of stability, parents, latents left over."""

from __future__ import annotations

import numpy as np

from scconcepts_app.store.payload import encode_payload, join_payloads

# Seed, index in its dictionary, seeds with its like, closest concept, similarity to it.
LATENTS = [(0, 3, 1, 5, 0.41), (0, 12, 2, 5, 0.55), (3, 7, 3, 0, 0.72), (4, 15, 1, 3, -0.02)]
N_LATENTS = len(LATENTS)
N_SEEDS_NEEDED = 3
# The last concept is part of the first: a claim of the fixture, not of its activations.
PARENTS = [-1, -1, -1, -1, -1, 0]
HALF_WIDTH = [0.01, 0.02, 0.05, 0.08, 0.12, 0.3]


def add_kinship(writer, stability: np.ndarray) -> None:
    """Add the intervals of the stability of six concepts, and their parents."""
    writer.add("concepts/stability_low", np.maximum(0, stability - HALF_WIDTH))
    writer.add("concepts/stability_high", np.minimum(1, stability + HALF_WIDTH))
    writer.add("concepts/parent", PARENTS)


def add_latents(writer, n_cells: int, d_embedding: int) -> None:
    """Add four latents; latent i is active in every (i + 5)th cell, the first of them most."""
    seed, index, n_seeds, closest, similarity = (np.array(c) for c in zip(*LATENTS, strict=True))
    cells = [np.arange(0, n_cells, i + 5) for i in range(N_LATENTS)]
    columns = {
        "seed": seed,
        "index": index,
        "n_active": [len(found) for found in cells],
        "n_seeds": n_seeds,
        "closest": closest,
        "similarity": similarity,
        "decoder": np.eye(N_LATENTS, d_embedding),
        # Cell type, condition, donor; the last latent goes with nothing.
        "best_code": [[1, 0, 2], [3, 1, 0], [0, 1, 3], [-1, -1, -1]],
        "best_f1": [[0.31, 0.2, 0.18], [0.44, 0.3, 0.2], [0.62, 0.4, 0.3], [np.nan] * 3],
    }
    writer.add_group("latents", columns)
    payloads = [encode_payload(found, np.linspace(2, 1, len(found))) for found in cells]
    writer.add_group("payloads/latents", join_payloads(payloads))
