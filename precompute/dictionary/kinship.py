"""Which concept is part of a wider one: parents, from the cells that concepts are active in."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

CONTAINED = 0.5
WIDER = 1.5
LIFT = 2.0
NO_PARENT = -1


def find_parents(activations: sp.csc_matrix) -> np.ndarray:
    """Return the parent of each concept, (n_concepts,) int32, -1 for none.

    A concept is part of another one if at least half of its active cells activate the other as
    well, twice as many as by chance or more, and the other has at least 1.5 times its active
    cells. Of several such, the one that holds most of its cells is the parent, the wider where
    two are equal. Directions of decoder rows have no say: a cell adds up those of its concepts,
    so a part holds what its whole does not, and their cosine is about 0.

    Parameters
    ----------
    activations : (n_cells, n_concepts), 0 where inactive.
    """
    active = (activations > 0).astype(np.float64)
    shared = (active.T @ active).toarray()
    n_active = np.diag(shared).copy()
    n_cells = activations.shape[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        contained = shared / n_active[:, None]
        lift = contained * n_cells / n_active[None, :]
    is_part = (contained >= CONTAINED) & (lift >= LIFT)
    is_part &= n_active[None, :] >= WIDER * n_active[:, None]
    # The wider of two equal ones: the shares of different parents differ by more than this.
    rank = np.where(is_part, contained + 1e-9 * n_active[None, :] / max(1, n_cells), -np.inf)
    parents = rank.argmax(axis=1) if len(rank) else np.zeros(0, int)
    return np.where(is_part.any(axis=1), parents, NO_PARENT).astype(np.int32)
