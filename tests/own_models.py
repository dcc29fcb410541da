"""Models of a user's own, good and bad, as `module:tests.own_models:NAME` finds them."""

from __future__ import annotations

import torch
from torch import nn

from tests.scgpt_case import GENES

N = len(GENES)


def _network(*more: nn.Module) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(N, 8), nn.SiLU(), nn.BatchNorm1d(8), *more, nn.Linear(8, 4))


class Named(nn.Module):
    """A network that knows its genes."""

    genes = GENES

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, log_counts):
        return self.network(log_counts)


class Centred(Named):
    """Takes the mean of the batch away: rows see each other."""

    def forward(self, log_counts):
        found = self.network(log_counts)
        return found - found.mean(dim=0)


class Noisy(Named):
    """Drops values in evaluation too."""

    def forward(self, log_counts):
        return self.network(nn.functional.dropout(log_counts, 0.5, training=True))


class Detached(Named):
    """Half of the embedding has no gradient."""

    def forward(self, log_counts):
        found = self.network(log_counts)
        return torch.cat([found[:, :2], found[:, 2:].detach()], dim=1)


class Rounded(Named):
    """Not a smooth function of expression."""

    def forward(self, log_counts):
        return self.network(torch.round(log_counts * 20) / 20 + 0 * log_counts)


def good() -> Named:
    return Named(_network(nn.Dropout(0.5)))


def pair() -> tuple[nn.Module, list[str]]:
    return _network(), GENES


def centred() -> Named:
    return Centred(_network())


def noisy() -> Named:
    return Noisy(_network())


def detached() -> Named:
    return Detached(_network())


def rounded() -> Named:
    return Rounded(_network())


def nameless() -> nn.Module:
    return _network()


def too_few_genes() -> tuple[nn.Module, list[str]]:
    return _network(), GENES[:-1]


def broken() -> nn.Module:
    raise RuntimeError("no weights here")


def text() -> str:
    return "a model"
