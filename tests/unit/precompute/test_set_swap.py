"""Joint effects of gene sets against running the model, and their test against random sets."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from precompute.attribution import ConceptReadout, make_counterfactual, make_population
from precompute.attribution.pairs import Pairs
from precompute.attribution.random_sets import draw_matched, population_strata
from precompute.attribution.sampling import choose_cells
from precompute.attribution.set_effects import set_effects
from precompute.attribution.set_swap import quadrants, swap_sets
from precompute.dictionary import Dictionary
from precompute.errors import InputError
from precompute.models.expression import ExpressionModel
from precompute.models.linear_first import split_layers
from precompute.synthetic import simulate

G, H, D, N = 30, 12, 5, 4
RNG = np.random.default_rng(0)
SETS = [np.array([3]), np.arange(0, 30, 2), np.arange(G), np.array([], int), np.array([28, 29])]


class Network(ExpressionModel):
    """Layers, the first of them linear; `whole` hides that it can be taken apart."""

    name = "network"
    d_embedding = D
    differentiable = "expression"

    def __init__(self, layers, last, n_genes, whole=False, after=lambda embeddings: embeddings):
        self.network = nn.Sequential(*layers, last).requires_grad_(False).eval()
        self.genes = np.array([f"g{gene}" for gene in range(n_genes)])
        self.d_embedding = last.out_features
        self.linear_first = None if whole else split_layers(layers, last, n_genes)
        self.after = after

    def embed_log1p(self, log_counts, covariates):
        given = () if covariates is None else (covariates,)
        return self.after(self.network(torch.cat([log_counts, *given], dim=1)))


def dictionary(n_concepts, d_embedding):
    encoder = RNG.normal(size=(n_concepts, d_embedding)).astype(np.float32)
    bias, center = np.zeros(n_concepts, np.float32), np.ones(d_embedding, np.float32)
    return Dictionary(encoder, bias, encoder, center, scale=2.0, k=2)


DICTIONARY = dictionary(3, D)
MIDDLES = {
    "relu": lambda: [nn.ReLU()],
    "batch norm": lambda: [nn.BatchNorm1d(H), nn.ReLU(), nn.Dropout(0.5)],
    "two layers": lambda: [nn.LayerNorm(H), nn.GELU(), nn.Linear(H, H), nn.ReLU()],
}


def make_readout(middle="relu", n_covariates=0, **more):
    torch.manual_seed(0)
    layers = [nn.Linear(G + n_covariates, H), *MIDDLES[middle]()]
    return ConceptReadout(Network(layers, nn.Linear(H, D), G, **more), DICTIONARY)


def make_pairs(n_covariates=0):
    cells, profiles = RNG.random((N, G), np.float32), RNG.random((2, N, G), np.float32)
    profiles[:, :, 28:] = cells[:, 28:]
    covariates = RNG.random((N, n_covariates), np.float32) if n_covariates else None
    return Pairs(np.array([0, 2, 1, 2]), cells, profiles, covariates)


def set_effects_by_hand(readout, pairs, sets):
    effects = np.zeros((N, len(sets)))

    def z(profile, pair):
        given = None if pairs.covariates is None else torch.tensor(pairs.covariates[pair, None])
        concept = torch.tensor(pairs.concepts[pair, None])
        return float(readout(torch.tensor(profile[None]), given, concept))

    for (pair, i), _ in np.ndenumerate(effects):
        for profiles in pairs.profiles:
            swapped = pairs.expression[pair].copy()
            swapped[sets[i]] = profiles[pair, sets[i]]
            effects[pair, i] += (z(pairs.expression[pair], pair) - z(swapped, pair)) / 2
    return effects


@pytest.mark.parametrize("middle", MIDDLES)
@pytest.mark.parametrize("n_covariates", [0, 2])
@pytest.mark.parametrize("whole", [False, True])
def test_set_effects_equal_a_naive_loop(middle, n_covariates, whole, monkeypatch):
    for limit, value in (("_HIDDEN_PER_BLOCK", 2 * H), ("_VALUES_PER_BATCH", 2 * G)):
        monkeypatch.setattr(f"precompute.attribution.set_effects.{limit}", value)
    readout, pairs = make_readout(middle, n_covariates, whole=whole), make_pairs(n_covariates)
    assert (readout.split is None) == whole
    found = set_effects(readout, pairs, SETS)
    assert found.dtype == np.float32
    assert np.allclose(found, set_effects_by_hand(readout, pairs, SETS), atol=1e-5)
    assert np.abs(found[:, 2]).max() > 0.05
    assert np.abs(found[:, 3:]).max() < (1e-9 if whole else 1e-6)


def test_joint_effects_are_not_sums_of_single_ones():
    readout, pairs = make_readout(), make_pairs()
    joint = set_effects(readout, pairs, [np.arange(G)])[:, 0]
    singles = set_effects(readout, pairs, [np.array([gene]) for gene in range(G)]).sum(axis=1)
    assert np.abs(joint - singles).max() > 0.01


@pytest.mark.parametrize("whole", [False, True])
def test_no_sets_have_no_effects(whole):
    assert set_effects(make_readout(whole=whole), make_pairs(), []).shape == (N, 0)


class Cliff(nn.Module):
    """Not a number once the first hidden unit falls below where a cell begins."""

    def forward(self, hidden):
        return torch.where(hidden[:, :1] < 0, torch.nan, hidden)


@pytest.mark.parametrize("whole", [False, True])
def test_nan_for_swapped_cells_is_refused(whole):
    first = nn.Linear(G, H)
    nn.init.ones_(first.weight)
    nn.init.zeros_(first.bias)
    model = Network([first, Cliff()], nn.Linear(H, D), G, whole=whole)
    pairs = make_pairs()
    set_effects(ConceptReadout(model, DICTIONARY), pairs, SETS)
    pairs = pairs._replace(profiles=pairs.profiles - 10)
    with pytest.raises(InputError, match="'network'.*NaN or infinity"):
        set_effects(ConceptReadout(model, DICTIONARY), pairs, SETS)
    with pytest.raises(InputError, match="4 of 4 embeddings hold NaN"):
        broken = make_readout(whole=whole, after=lambda embeddings: embeddings * torch.nan)
        set_effects(broken, make_pairs(), [])


def plant(whole=False, kind="mean_inactive", silent=0):
    """Return simulated cells under a network with one hidden unit for each programme.

    A unit sums the drivers of its programme and, faintly, all other genes; concept i reads unit
    i, so what moves it is known. The first `silent` genes have no counts.
    """
    data = simulate(n_cells=300, n_genes=240, n_programmes=6, seed=0)
    counts = data.X.toarray()
    counts[:, :silent] = 0
    drivers = data.varm["driver"]
    n_genes, n_programmes = drivers.shape
    rng = np.random.default_rng(0)
    first, last = nn.Linear(n_genes, n_programmes), nn.Linear(n_programmes, n_programmes)
    weights = 0.2 * (drivers > 0) + rng.normal(0, 0.02, drivers.shape)
    mean = np.log1p(counts).mean(axis=0) @ weights
    with torch.no_grad():
        first.weight.copy_(torch.from_numpy(weights.T))
        first.bias.copy_(torch.from_numpy(-mean))
        last.weight.copy_(torch.eye(n_programmes))
        last.bias.zero_()
    model = Network([first, nn.ReLU()], last, n_genes, whole=whole)
    log_counts = torch.from_numpy(np.log1p(counts))
    embeddings = model.embed_log1p(log_counts, None).numpy()
    identity = np.eye(n_programmes, dtype=np.float32)
    zeros = np.zeros(n_programmes, np.float32)
    concepts = Dictionary(identity, zeros, identity, zeros, scale=1.0, k=2)
    pairs = concepts.activate(embeddings)
    library_size = np.asarray(data.X.sum(axis=1)).ravel()
    population = make_population(
        counts, library_size, embeddings, *pairs, n_programmes, data.obs["donor"]
    )
    return SimpleNamespace(
        readout=ConceptReadout(model, concepts),
        population=population,
        counterfactual=make_counterfactual(kind, population, seed=0),
        strata=population_strata(population),
        drivers=[np.flatnonzero(column) for column in drivers.T],
    )


def swap(run, sets, concept=0, n_cells=16, seed=0, **more):
    active, values = run.population.active(concept)
    donors = run.population.donors[active]
    cells = choose_cells(active, values, donors, n_cells, np.random.default_rng(0))
    return swap_sets(
        run.readout, run.counterfactual, run.population, None, concept, cells, sets,
        run.strata, seed, **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def planted():
    return plant()


def random_sets(run, n, seed):
    rng = np.random.default_rng(seed)
    like = rng.permutation(run.population.n_genes)[:10]
    return list(draw_matched(like, run.strata, n, rng))


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("kind", ["mean_inactive", "random_matched"])
def test_drivers_of_a_concept_stand_out(whole, kind):
    run = plant(whole=whole, kind=kind)
    for concept in (0, 5):
        result = swap(run, run.drivers + random_sets(run, 60, concept), concept)
        assert result.q[concept] < 0.01
        assert result.p.argmin() == concept
        assert result.z[concept] > 4
        assert result.effect[concept] > 3 * result.expected[concept]
        assert 0.5 < result.share[concept] < 1.2
        assert result.n_random[concept] == 9999
        assert (np.delete(result.q, concept) > 0.05).all()


@pytest.mark.parametrize("kind", ["mean_inactive", "random_matched"])
def test_the_answer_is_that_of_effects_and_random_sets(kind):
    """Against a calculation with all cells, all draws and many random sets at once."""
    run = plant(kind=kind)
    active, values = run.population.active(1)
    cells = choose_cells(active, values, None, 20, np.random.default_rng(1))
    pairs = Pairs(
        np.full(20, 1),
        run.population.log_counts(cells),
        run.counterfactual.profiles(1, cells),
    )
    sets = [*run.drivers, np.unique(np.concatenate(run.drivers)), np.arange(240)]
    rng = np.random.default_rng(5)
    drawn = [draw_matched(genes, run.strata, 2000, rng) for genes in sets[:-1]]
    random = [set_effects(run.readout, pairs, list(part)).mean(axis=0) for part in drawn]
    mean, spread = (np.array([f(part) for part in random]) for f in (np.mean, np.std))
    own = set_effects(run.readout, pairs, sets).mean(axis=0)
    result = swap_sets(
        run.readout, run.counterfactual, run.population, None, 1, cells, sets, run.strata, 0
    )
    assert np.allclose(result.effect, own, atol=1e-5)
    assert np.allclose(result.share, own / own[-1], atol=1e-4)
    more = pairs.expression - pairs.profiles.mean(axis=0)
    assert np.allclose(result.difference, [more[:, genes].mean() for genes in sets], atol=1e-5)
    assert result.size.tolist() == [10] * 6 + [60, 240]
    # With 99 random sets the mean is off by .1 of the spread, and the spread by 7 %.
    expected, z = result.expected[:-1], result.z[:-1]
    assert (np.abs(expected - mean) < 0.5 * spread).all()
    assert np.allclose(z, (own[:-1] - mean) / spread, rtol=0.2, atol=0.5)
    drawn_on = result.n_random[:-1] == 9999
    assert drawn_on[1]
    # Several draws of the counterfactual leave a bias of .12 of the spread: one a cell was run.
    assert (np.abs(expected - mean) < 0.2 * spread)[drawn_on].all()
    assert np.allclose(z[drawn_on], ((own[:-1] - mean) / spread)[drawn_on], rtol=0.08)


def test_sets_drawn_at_random_have_uniform_p(planted):
    p = np.concatenate(
        [
            swap(planted, random_sets(planted, 250, i), i % 6, seed=i, draws=(99,)).p
            for i in range(8)
        ]
    )
    # 2,000 sets, though not independent: those of one concept share the effects of genes.
    assert 0.03 < (p <= 0.05).mean() < 0.07
    assert 0.45 < (p <= 0.5).mean() < 0.55
    adaptive = [swap(planted, random_sets(planted, 250, i), i % 6, seed=i) for i in range(4)]
    assert (np.concatenate([result.p for result in adaptive]) <= 0.05).mean() < 0.065
    assert min(result.q.min() for result in adaptive) > 0.01


def test_same_seed_same_answer(planted):
    first, again, other = (swap(planted, planted.drivers, seed=seed) for seed in (3, 3, 4))
    for name, values in vars(first).items():
        assert np.array_equal(values, getattr(again, name), equal_nan=True)
    assert np.array_equal(first.effect, other.effect)
    assert not np.array_equal(first.expected, other.expected)


def test_covariates_are_those_of_the_cells():
    readout = make_readout(n_covariates=1)
    counts, covariates = RNG.poisson(2, (40, G)), RNG.normal(size=(40, 1)).astype(np.float32)
    indices = np.where(np.arange(40) < 20, -1, 1)[:, None]
    population = make_population(
        counts, counts.sum(axis=1), np.zeros((40, D)), indices, (indices > 0) * 1.0, 3
    )
    cells, counterfactual = np.arange(25, 35), make_counterfactual("zero", population, 0)
    result = swap_sets(
        readout, counterfactual, population, covariates, 1, cells, SETS,
        population_strata(population), 0,
    )  # fmt: skip
    profiles = counterfactual.profiles(1, cells)
    pairs = Pairs(np.full(10, 1), population.log_counts(cells), profiles, covariates[cells])
    expected = set_effects(readout, pairs, SETS).mean(axis=0)
    assert np.allclose(result.effect, expected, atol=1e-5)


def test_types_of_the_answer(planted):
    result = swap(planted, planted.drivers)
    found = {name: values.dtype.name for name, values in vars(result).items()}
    floats = dict.fromkeys(["effect", "share", "difference", "expected", "z"], "float32")
    expected = floats | {"p": "float64", "q": "float64", "n_random": "int32", "size": "int32"}
    assert found == expected


def test_the_first_random_sets_do_not_run_the_model(planted, monkeypatch):
    sizes = []

    def count(readout, pairs, sets):
        sizes.append(len(sets))
        return set_effects(readout, pairs, sets)

    monkeypatch.setattr("precompute.attribution.set_swap.set_effects", count)
    result = swap(planted, planted.drivers[1:3], draws=(99,))
    assert sizes == [3]
    assert result.n_random.tolist() == [99, 99]


def test_no_sets(planted):
    assert all(values.shape == (0,) for values in vars(swap(planted, [])).values())


def test_sets_that_cannot_be_told_from_chance(planted):
    """All genes, a whole stratum, no gene at all; and a set in a single cell."""
    everything = np.arange(240)
    stratum = np.flatnonzero(planted.strata.of_gene == 0)
    empty = np.array([], np.int64)
    result = swap(planted, [everything, stratum, empty], n_cells=1)
    assert result.p.tolist() == result.q.tolist() == [1, 1, 1]
    assert result.share[0] == pytest.approx(1)
    assert np.isnan(result.z).all()
    assert np.allclose(result.expected[:2], result.effect[:2], atol=1e-5)
    assert result.n_random.tolist() == [99, 99, 0]
    assert result.effect[2] == 0
    assert np.isnan([result.expected[2], result.difference[2]]).all()


def test_a_set_that_no_cell_changes():
    run = plant(kind="random_matched", silent=5)
    result = swap(run, [np.arange(5), np.arange(10)])
    assert result.effect[0] == result.share[0] == result.difference[0] == 0
    assert result.n_random[0] == 0
    assert result.p[0] == 1
    assert np.isnan([result.expected[0], result.z[0]]).all()
    assert result.n_random[1] >= 99


def test_share_is_unknown_where_replacing_all_genes_raises_the_concept(planted):
    def raise_a_driver(concept, cells):
        more = planted.population.log_counts(cells)
        more[:, planted.drivers[concept][0]] += 1
        return more[None]

    run = SimpleNamespace(**vars(planted))
    run.counterfactual = SimpleNamespace(profiles=raise_a_driver)
    result = swap(run, run.drivers)
    assert np.isnan(result.share).all()
    assert result.effect[0] < -0.1


def test_quadrants():
    used = np.array([0.01, 0.04, 0.5, 0.5, np.nan, 0.01, 0.05])
    differential = np.array([0.01, 0.5, 0.04, 0.5, 0.01, np.nan, 0.05])
    found = quadrants(used, differential)
    assert found.dtype == np.int8
    assert found.tolist() == [3, 2, 1, 0, -1, -1, 0]
    assert quadrants(used, differential, level=0.02).tolist() == [3, 0, 0, 0, -1, -1, 0]
