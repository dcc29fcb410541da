"""Which concept is part of a wider one: parents, from the cells that concepts are active in."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

CONTAINED = 0.5
WIDER = 1.5
NO_PARENT = -1


def find_parents(activations: sp.csc_matrix) -> np.ndarray:
    """Return the parent of each concept, (n_concepts,) int32, -1 for none.

    A concept is part of another one that is active in at least 1.5 times as many cells, if at
    least half of its cells activate that as well beyond what chance gives: with c the share of
    its cells that do, and p that of all cells, (c - p) / (1 - p) >= .5, as in Cohen's kappa
    (1960). So c must reach .55 for a parent in a tenth of the cells and .75 for one in half of
    them. Of several such, the one of the highest value is the parent, the wider where two are
    equal. Directions of decoder rows have no say: a cell adds up those of its concepts, so a
    part holds what its whole does not, and their cosine is about 0.

    Parameters
    ----------
    activations : (n_cells, n_concepts), 0 where inactive.
    """
    active = (activations > 0).astype(np.float64)
    shared = (active.T @ active).toarray()
    n_active = np.diag(shared).copy()
    share = n_active[None, :] / activations.shape[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        beyond = (shared / n_active[:, None] - share) / (1 - share)
    is_part = (beyond >= CONTAINED) & (n_active[None, :] >= WIDER * n_active[:, None])
    # The wider of two equal ones: values of different parents differ by more than this.
    rank = np.where(is_part, beyond + 1e-9 * share, -np.inf)
    parents = rank.argmax(axis=1) if len(rank) else np.zeros(0, int)
    return np.where(is_part.any(axis=1), parents, NO_PARENT).astype(np.int32)
