"""A network in the place of a model that nobody has: it foretells given embeddings from expression.

What it attributes is what it learnt, which is not the model: its genes may stand for others that
they go with. So how well it foretells cells it never saw is kept with it, and every attribution
through it says so.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from precompute.errors import fault
from precompute.models.expression import ExpressionModel
from precompute.models.linear_first import LinearFirst

FILE = "surrogate.safetensors"


@dataclass(frozen=True)
class SurrogateQuality:
    """How well a surrogate foretells embeddings.

    Attributes
    ----------
    held_out : share of the variance of the embeddings explained in cells it never saw.
    training : the same in the cells it learnt from.
    n_held_out, n_training : numbers of those cells.
    split : how they were told apart, such as ``2 of 8 donors``.
    """

    held_out: float
    training: float
    n_held_out: int
    n_training: int
    split: str


class SurrogateNetwork(nn.Module):
    """``W x + V silu(U x + b) + c`` of log1p counts x: linear where that is enough.

    Embeddings made by a linear map (PCA of normalised counts) are better foretold with the linear
    part, those of networks with the other (`tests/benchmarks/surrogate.py`).
    """

    def __init__(self, n_genes: int, n_hidden: int, d_embedding: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(n_genes, n_hidden)
        self.straight = nn.Linear(n_genes, d_embedding)
        self.last = nn.Linear(n_hidden, d_embedding, bias=False)
        nn.init.zeros_(self.last.weight)

    def forward(self, log_counts: torch.Tensor) -> torch.Tensor:
        """Return embeddings (n, d_embedding) of log1p counts (n, n_genes)."""
        curved = self.last(nn.functional.silu(self.hidden(log_counts)))
        return self.straight(log_counts) + curved

    def split(self) -> LinearFirst:
        """Return the network taken apart at its first layer, both of its parts side by side."""
        n_hidden, d_embedding = self.hidden.out_features, self.straight.out_features
        bias = torch.cat([self.hidden.bias, self.straight.bias])
        weight = torch.cat([self.hidden.weight, self.straight.weight]).T.contiguous()
        last = torch.cat([self.last.weight.T, torch.eye(d_embedding).to(weight)])

        def middle(first: torch.Tensor) -> torch.Tensor:
            curved = nn.functional.silu(first[:, :n_hidden])
            return torch.cat([curved, first[:, n_hidden:]], dim=1)

        none = weight.new_zeros(d_embedding)
        return LinearFirst(weight, lambda covariates: bias, middle, last, none, elementwise=True)


class SurrogateModel(ExpressionModel):
    """Given embeddings of some cells, and a network that foretells those of changed cells.

    `embed` returns what was given: concepts are those of the embeddings themselves. Everything
    that needs other expression goes through the network.

    Parameters
    ----------
    network : on the CPU.
    genes : (n_genes,) names of what it reads.
    embeddings : (n_cells, d_embedding) that were given.
    quality : of the network.
    device : where to compute.
    """

    name = "surrogate"

    def __init__(
        self,
        network: SurrogateNetwork,
        genes: np.ndarray,
        embeddings: np.ndarray,
        quality: SurrogateQuality,
        device: torch.device,
    ) -> None:
        self.network = network.to(device).eval().requires_grad_(False)
        self.genes = genes
        self.embeddings = embeddings
        self.quality = quality
        self.device = device
        self.d_embedding = embeddings.shape[1]
        self.n_weights = sum(weights.numel() for weights in network.parameters())
        self.linear_first = self.network.split()

    def embed(
        self,
        counts: sp.csr_matrix,
        covariates: np.ndarray | None,
        cell_ids: object = None,
    ) -> np.ndarray:
        """Return the embeddings (n_cells, d_embedding) that were given with the cells."""
        return self.embeddings

    def embed_log1p(
        self, log_counts: torch.Tensor, covariates: torch.Tensor | None
    ) -> torch.Tensor:
        """Return what the network foretells, (n, d_embedding), with gradients; see `CellModel`."""
        return self.network(log_counts)


def save_surrogate(network: SurrogateNetwork, quality: SurrogateQuality, folder: Path) -> None:
    """Write a network and its quality to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    save_file(weights, folder / FILE, {"quality": json.dumps(asdict(quality))})


def load_surrogate(folder: Path) -> tuple[SurrogateNetwork, SurrogateQuality]:
    """Return the network that `save_surrogate` wrote.

    Raises
    ------
    InputError
        It is missing or damaged.
    """
    path = folder / FILE
    try:
        with safe_open(path, "pt") as file:
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            quality = SurrogateQuality(**json.loads(file.metadata()["quality"]))
        n_hidden, n_genes = weights["hidden.weight"].shape
        network = SurrogateNetwork(n_genes, n_hidden, len(weights["straight.weight"]))
        network.load_state_dict(weights)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise fault(
            path,
            f"cannot be read ({type(error).__name__})",
            "the surrogate of an earlier run",
            "Delete the run's workspace and run again.",
        ) from error
    return network, quality
