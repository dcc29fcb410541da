"""How far the stability of a concept can be off, from the seeds it was measured on."""

from __future__ import annotations

import numpy as np
from scipy.stats import t

from precompute.dictionary.clusters import LivingLatents, stability

LEVEL = 0.90


def stability_interval(
    members: np.ndarray, latents: LivingLatents, n_dictionaries: int
) -> tuple[float, float]:
    """Return the lower and upper end of a 90 % interval of a concept's stability.

    Jackknife over the dictionaries (Tukey 1958): the stability is measured again without each
    of them, its members kept. The spread of these values gives the standard error, and
    Student's t with one degree of freedom less than dictionaries the width. Both ends lie in
    0..1. That other seeds might lead to other members is not in it.

    Parameters
    ----------
    members : positions in `latents`, one a dictionary at most.
    n_dictionaries : two or more; of two nothing can be left out, and the interval is 0..1.
    """
    if n_dictionaries < 3:
        return 0.0, 1.0
    owner = latents.dictionary_of[members]
    left_out = np.array(
        [
            _stability(members[owner != d], latents, n_dictionaries - 1)
            for d in range(n_dictionaries)
        ]
    )
    squares = np.square(left_out - left_out.mean()).sum()
    error = np.sqrt((n_dictionaries - 1) / n_dictionaries * squares)
    width = t.ppf((1 + LEVEL) / 2, n_dictionaries - 1) * error
    middle = _stability(members, latents, n_dictionaries)
    return max(0.0, middle - width), min(1.0, middle + width)


def _stability(members: np.ndarray, latents: LivingLatents, n_dictionaries: int) -> float:
    return stability(members, latents, n_dictionaries) if len(members) > 1 else 0.0
