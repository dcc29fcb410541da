"""What gene sets are ranked on: presence, absence, and both in one."""

import numpy as np
import pytest

from precompute.enrichment.rankings import direct_effects, shrink_tails


def test_the_signed_square_root_keeps_signs_and_order():
    assert shrink_tails(np.array([4.0, 0.25, 0.0, -9.0])).tolist() == [2.0, 0.5, 0.0, -3.0]


def test_what_raises_by_its_absence_stands_at_the_bottom_of_both_in_one():
    presence = np.array([[4.0, 0.0, -1.0]])
    absence = np.array([[0.0, 9.0, 0.0]])
    # The second gene raises the concept by its absence: expressing it lowers the concept.
    assert direct_effects(presence, absence)[0] == pytest.approx([2.0, -3.0, -1.0])
