"""A small encoder that was taught planted programmes, and what it is attributed with."""

from __future__ import annotations

from functools import cache

import anndata as ad
import numpy as np
import torch
from torch import nn

from precompute.attribution import ConceptReadout, make_population, make_setting
from precompute.attribution.concept import Setting
from precompute.device import threads_for
from precompute.dictionary import Dictionary
from precompute.models.expression import ExpressionModel
from precompute.models.linear_first import split_layers
from precompute.synthetic import simulate

N_CELLS, N_GENES, N_PROGRAMMES = 800, 150, 5


class Mlp(ExpressionModel):
    """An encoder of log1p counts; taken apart at its first layer where that is asked for."""

    name = "mlp"
    d_embedding = N_PROGRAMMES
    differentiable = "expression"

    def __init__(self, network: nn.Sequential, split: bool = False) -> None:
        self.network = network
        self.genes = cells().var_names.to_numpy()
        *layers, last = network
        self.linear_first = split_layers(layers, last, N_GENES) if split else None

    def embed_log1p(self, log_counts, covariates):
        return self.network(log_counts)


@cache
def cells() -> ad.AnnData:
    return simulate(N_CELLS, N_GENES, N_PROGRAMMES, n_donors=4, seed=0)


def log_counts() -> torch.Tensor:
    return torch.from_numpy(np.log1p(cells().X.toarray()))


@cache
def mlp(split: bool = False) -> Mlp:
    """Return the encoder: d_embedding = n_programmes, the activity of one each."""
    if split:
        return Mlp(mlp().network, split=True)
    with threads_for(0):  # sums over threads would train another network on each machine
        return _teach()


def _teach() -> Mlp:
    torch.manual_seed(0)
    target = torch.from_numpy(cells().obsm["programme_activity"])
    network = nn.Sequential(nn.Linear(N_GENES, 32), nn.SiLU(), nn.Linear(32, N_PROGRAMMES))
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2, weight_decay=1e-3)
    for _ in range(150):
        optimiser.zero_grad()
        (network(log_counts()) - target).square().mean().backward()
        optimiser.step()
    return Mlp(network.requires_grad_(False))


def drivers() -> np.ndarray:
    """Return which genes drive which programme, (n_programmes, n_genes) bool."""
    return cells().varm["driver"].T > 0


def dictionary(k: int = 3) -> Dictionary:
    """Concept i is programme i above 0.4."""
    eye = np.eye(N_PROGRAMMES, dtype=np.float32)
    bias = np.full(N_PROGRAMMES, -0.4, np.float32)
    return Dictionary(eye, bias, eye, np.zeros(N_PROGRAMMES, np.float32), 1.0, k)


def arguments(**change) -> dict:
    """Return the arguments of `attribute`, some of them changed."""
    embeddings = mlp().embed_log1p(log_counts(), None).numpy()
    indices, values = dictionary().activate(embeddings)
    given = {
        "model": mlp(),
        "dictionary": dictionary(),
        "counts": cells().X,
        "library_size": np.asarray(cells().X.sum(axis=1)).ravel(),
        "embeddings": embeddings,
        "indices": indices,
        "values": values,
        "donors": cells().obs["donor"].to_numpy(),
        "max_cells": 80,
        "n_verify": 20,
    }
    return given | change


def make_case(**change) -> Setting:
    """Return the setting of an attribution; `change` as for `attribute`, and `split`."""
    model = mlp(split=change.pop("split", True))
    given = arguments(**change)
    settings = {
        name: given[name]
        for name in ("counterfactual", "method", "covariates", "max_cells", "n_verify", "seed")
        if name in given
    }
    names = ("counts", "library_size", "embeddings", "indices", "values")
    population = make_population(
        *(given[name] for name in names),
        n_concepts=N_PROGRAMMES,
        donors=given["donors"],
        match=given.get("match"),
    )
    return make_setting(ConceptReadout(model, given["dictionary"]), population, **settings)
