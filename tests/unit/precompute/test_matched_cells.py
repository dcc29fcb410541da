"""The cells that differential expression against matched neighbours compares."""

import numpy as np

from precompute.rerun import open_run
from precompute.stages import genes


def test_cells_of_a_concept_are_capped_and_spread_over_donors(finished, monkeypatch):
    run = open_run(finished.store, None, "cpu")
    donors = run.population.donors
    assert donors is not None
    monkeypatch.setattr(genes, "MATCHED_CELLS", 6)
    for concept, (cells, matched) in enumerate(genes._match_neighbours(run)):
        active = run.population.active(concept)[0]
        assert len(cells) == min(6, len(active))
        assert np.isin(cells, active).all()
        assert not np.isin(matched, active).any()
        if len(active) > 6:
            per_donor = np.bincount(donors[active])
            assert len(np.unique(donors[cells])) == min(6, (per_donor > 0).sum())
