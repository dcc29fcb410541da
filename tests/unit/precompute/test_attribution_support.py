"""Are counterfactuals like cells? Against brute force on a model that can be read off."""

import numpy as np
import pytest
import scipy.sparse as sp

from precompute.attribution import ConceptReadout, Pairs, attribute, make_population
from precompute.attribution.support import SupportCheck
from precompute.dictionary import Dictionary
from precompute.models.expression import ExpressionModel
from tests.unit.precompute.attribution_case import arguments

N_CELLS, G = 50, 3


class Identity(ExpressionModel):
    """The embedding is the log counts."""

    name = "identity"
    d_embedding = G
    differentiable = "expression"
    genes = np.array(["a", "b", "c"])

    def embed_log1p(self, log_counts, covariates):
        return log_counts * 1.0


def make_readout(k=1) -> ConceptReadout:
    """Concept i is gene i above 1; only the k largest count."""
    eye, half = np.eye(G, dtype=np.float32), np.full(G, -0.5, np.float32)
    return ConceptReadout(Identity(), Dictionary(eye, half, eye, np.zeros(G, np.float32), 2.0, k))


@pytest.fixture(scope="module")
def population():
    counts = np.random.default_rng(0).poisson(4, (N_CELLS, G)) + 1
    embeddings = np.log1p(counts).astype(np.float32)
    indices, values = make_readout().dictionary.activate(embeddings)
    library = counts.sum(axis=1)
    return make_population(sp.csr_matrix(counts), library, embeddings, indices, values, G)


def make_pairs(cells, profiles, concept=0) -> Pairs:
    cells = np.asarray(cells, np.float32)
    return Pairs(np.full(len(cells), concept), cells, np.asarray(profiles, np.float32))


def test_a_cell_as_its_own_counterfactual(population):
    cells = population.log_counts(np.arange(6))
    support = SupportCheck(population, make_readout(), 0).check(make_pairs(cells, cells[None]))
    active = make_readout().dictionary.activate(cells)[0][:, 0] == 0
    assert (support.distance, support.in_support) == (0, 1)
    assert 0 < support.inactive < 1
    assert support.inactive == pytest.approx(1 - active.mean())


def test_distance_is_in_units_of_the_spread_of_cells(population):
    # By (3, 4, 0) away, in units of scale * sqrt(d_embedding) = 2 * sqrt(3).
    cells = population.log_counts(np.arange(4))
    pairs = make_pairs(cells, [cells + [3, 4, 0], cells])
    support = SupportCheck(population, make_readout(), 0).check(pairs)
    assert support.distance == pytest.approx(5 / 2 / (2 * np.sqrt(3)), rel=1e-5)


def test_share_in_support_by_brute_force(population):
    """As close to a real cell as 95 % of the real cells are to another one."""
    points = population.embeddings.astype(np.float64)
    between = np.linalg.norm(points[:, None] - points, axis=2)
    np.fill_diagonal(between, np.inf)
    usual = np.quantile(between.min(axis=1), 0.95)
    rng = np.random.default_rng(1)
    profiles = rng.uniform(0.5, 3, (2, 30, G))
    nearest = np.linalg.norm(profiles[:, :, None] - points, axis=3).min(axis=2)
    expected = (nearest <= usual).mean()
    found = SupportCheck(population, make_readout(), 0).check(
        make_pairs(population.log_counts(np.arange(30)), profiles)
    )
    assert 0.1 < expected < 0.9
    assert found.in_support == pytest.approx(expected)


def test_inactive_is_asked_of_the_k_largest(population):
    """Concept 0 is the largest in the first, the second in the next, below 0.5 in the last."""
    profiles = np.array([[[3, 2, 1], [2, 3, 1], [0.4, 0, 0.3]]])
    pairs = make_pairs(population.log_counts(np.arange(3)), profiles)
    shares = [SupportCheck(population, make_readout(k), 0).check(pairs).inactive for k in (1, 2)]
    assert shares == pytest.approx([2 / 3, 1 / 3])


def test_no_expression_is_far_from_any_cell(population):
    cells = population.log_counts(np.arange(20))
    support = SupportCheck(population, make_readout(), 0).check(make_pairs(cells, 0 * cells[None]))
    assert (support.in_support, support.inactive) == (0, 1)
    assert support.distance > 0.5


def test_covariates_reach_the_model(population):
    class Shifted(Identity):
        def embed_log1p(self, log_counts, covariates):
            return log_counts + covariates

    readout = make_readout()
    readout.model = Shifted()
    cells = population.log_counts(np.arange(5))
    pairs = make_pairs(cells, cells[None])
    check = SupportCheck(population, readout, 0)
    far = check.check(pairs._replace(covariates=np.full((5, G), 50, np.float32)))
    near = check.check(pairs._replace(covariates=np.zeros((5, G), np.float32)))
    assert (far.in_support, near.in_support) == (0, 1)


def test_many_cells_are_sampled(population, monkeypatch):
    monkeypatch.setattr("precompute.attribution.support._MOST_REFERENCES", 20)
    monkeypatch.setattr("precompute.attribution.support._PROBES", 10)
    cells = population.log_counts(np.arange(N_CELLS))
    pairs = make_pairs(cells, cells[None])
    one, other, again = (
        SupportCheck(population, make_readout(), seed).check(pairs) for seed in (0, 1, 0)
    )
    # The 20 cells that are looked at are in support for sure, not all of the others.
    assert 0.4 <= one.in_support < 1
    assert one == again != other


def test_kinds_of_counterfactual_on_a_taught_model():
    found = {
        name: attribute(**arguments(counterfactual=name, n_verify=0))
        for name in ("neighbours", "nearest", "random_matched", "zero", "permuted")
    }
    assert (found["nearest"].in_support > 0.9).all()
    assert (found["zero"].distance > found["nearest"].distance).all()
    assert (found["nearest"].distance < found["random_matched"].distance).all()
    assert (found["random_matched"].inactive > 0.8).all()
    assert (found["permuted"].inactive < 0.2).all()


@pytest.mark.parametrize("n_draws", [1, 4])
def test_means_do_not_depend_on_chunks(population, n_draws):
    cells = population.log_counts(np.arange(9))
    profiles = np.random.default_rng(2).uniform(0, 3, (n_draws, 9, G)).astype(np.float32)
    check = SupportCheck(population, make_readout(), 0)
    whole = check.check(make_pairs(cells, profiles))
    parts = [check.check(make_pairs(cells[r], profiles[:, r])) for r in (slice(3), slice(3, 9))]
    assert np.allclose(whole, np.average(parts, axis=0, weights=[3, 6]))
