"""The cells that differential expression against matched neighbours compares."""

import numpy as np

from precompute.attribution.matched_cells import match_cells
from precompute.rerun import open_run


def test_cells_of_a_concept_are_capped_and_spread_over_donors(finished):
    run = open_run(finished.store, None, "cpu")
    donors = run.population.donors
    assert donors is not None
    for concept, (cells, matched) in enumerate(match_cells(run.population, seed=0, max_cells=6)):
        active = run.population.active(concept)[0]
        assert len(cells) == min(6, len(active))
        assert np.isin(cells, active).all()
        assert not np.isin(matched, active).any()
        if len(active) > 6:
            per_donor = np.bincount(donors[active])
            assert len(np.unique(donors[cells])) == min(6, (per_donor > 0).sum())
