"""Exact swaps by a rank-1 update against running the whole model."""

import numpy as np
import pytest
import torch
from torch import nn

from precompute.attribution.rank_one import rank_one_swaps
from precompute.models.linear_first import fold_batch_norm, split_layers

G, H, D = 30, 12, 5


def network(*middle, covariates=0):
    torch.manual_seed(0)
    layers = [nn.Linear(G + covariates, H), *middle]
    last = nn.Linear(H, D)
    for module in layers:
        if isinstance(module, nn.BatchNorm1d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            nn.init.normal_(module.weight)
            nn.init.normal_(module.bias)
    whole = nn.Sequential(*layers, last).eval()
    return layers, last, whole


def swap_by_hand(whole, direction, row, gene, value, extra):
    other = row.clone()
    other[gene] = value
    with torch.no_grad():
        before, after = (whole(torch.cat([x, extra])[None])[0] @ direction for x in (row, other))
    return float(before - after)


@pytest.mark.parametrize(
    "middle",
    [
        (nn.BatchNorm1d(H, eps=1e-3), nn.ReLU()),
        (nn.ReLU(),),
        (nn.LayerNorm(H), nn.GELU(), nn.Linear(H, H), nn.ReLU()),
    ],
    ids=["batch norm", "plain", "two layers"],
)
@pytest.mark.parametrize("n_covariates", [0, 2])
def test_equals_the_whole_model(middle, n_covariates):
    layers, last, whole = network(*middle, covariates=n_covariates)
    split = split_layers(layers, last, G)
    cells, other = torch.rand(3, G), torch.rand(2, 3, G)
    other[1, :, :20] = cells[:, :20]
    covariates = torch.rand(3, n_covariates) if n_covariates else None
    directions, columns = torch.randn(3, D), torch.tensor([4, 0, 29, 7])
    with torch.no_grad():
        found = rank_one_swaps(split, directions, cells, other[:, :, columns], columns, covariates)
    nothing = torch.empty(0)
    for (draw, pair, swapped), effect in np.ndenumerate(found.numpy()):
        gene = columns[swapped]
        extra = nothing if covariates is None else covariates[pair]
        value = other[draw, pair, gene]
        by_hand = swap_by_hand(whole, directions[pair], cells[pair], gene, value, extra)
        assert effect == pytest.approx(by_hand, abs=2e-6)


def test_a_value_that_stays_has_no_effect_at_all():
    layers, last, _ = network(nn.ReLU())
    split = split_layers(layers, last, G)
    cells = torch.rand(2, G)
    columns = torch.arange(G)
    with torch.no_grad():
        found = rank_one_swaps(split, torch.randn(2, D), cells, cells[None], columns, None)
    assert (found == 0).all()


def test_a_network_without_a_linear_start_is_not_split():
    assert split_layers([nn.ReLU(), nn.Linear(G, H)], nn.Linear(H, D), G) is None


def test_batch_norm_without_statistics_is_refused():
    norm = nn.BatchNorm1d(H, track_running_stats=False)
    with pytest.raises(ValueError, match="running statistics"):
        fold_batch_norm(nn.Linear(G, H), norm)
