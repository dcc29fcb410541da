"""Several Top-K autoencoders as one batched module, seeds on the leading axis.

Knows shapes and gradients only; the recipe of the training is in `train`.
"""

from __future__ import annotations

import torch
from torch import nn


class TopKBank(nn.Module):
    """One Top-K autoencoder for each seed, trained side by side and independent of each other.

    For cells x: ``z = TopK(relu(x @ encoder.T + bias))``, ``x_hat = z @ decoder``
    (Makhzani and Frey 2013; Gao et al. 2024).

    Parameters
    ----------
    generators : one a seed; draws the first decoder of its seed.
    n_latents, d_embedding, k : shape of each autoencoder.
    device : where the parameters live.

    Attributes
    ----------
    encoder, decoder : (n_seeds, n_latents, d_embedding); decoder rows have unit length.
    bias : (n_seeds, 1, n_latents)
    """

    def __init__(
        self,
        generators: list[torch.Generator],
        n_latents: int,
        d_embedding: int,
        k: int,
        device: torch.device,
    ) -> None:
        super().__init__()
        self.k = k
        draws = [torch.randn(n_latents, d_embedding, generator=g) for g in generators]
        decoder = nn.functional.normalize(torch.stack(draws), dim=-1).to(device)
        self.decoder = nn.Parameter(decoder)
        self.encoder = nn.Parameter(decoder.clone())
        self.bias = nn.Parameter(torch.zeros(len(generators), 1, n_latents, device=device))

    def forward(self, cells: torch.Tensor) -> torch.Tensor:
        """Return the reconstruction of cells (n_seeds, n_cells, d_embedding), same shape."""
        pre_activations = torch.baddbmm(self.bias, cells, self.encoder.mT)
        values, indices = pre_activations.relu().topk(self.k, dim=-1, sorted=False)
        codes = torch.zeros_like(pre_activations).scatter(-1, indices, values)
        return torch.bmm(codes, self.decoder)

    @torch.no_grad()
    def calibrate_encoder(self, cells: torch.Tensor) -> None:
        """Scale each tied encoder by <x, x_hat> / <x_hat, x_hat>, the best single factor.

        Parameters
        ----------
        cells : (n_cells, d_embedding), centred and scaled.
        """
        cells = cells.expand(len(self.decoder), -1, -1)
        rebuilt = self(cells)
        overlap = (cells * rebuilt).sum(dim=(1, 2))
        energy = rebuilt.square().sum(dim=(1, 2))
        factor = torch.where(energy > 0, overlap / energy, torch.ones_like(energy))
        self.encoder.mul_(factor[:, None, None])

    @torch.no_grad()
    def drop_parallel_gradient(self) -> None:
        """Remove the part of the decoder's gradient that would only change row lengths."""
        gradient = self.decoder.grad
        if gradient is not None:
            gradient -= (gradient * self.decoder).sum(-1, keepdim=True) * self.decoder

    @torch.no_grad()
    def normalise_decoder(self) -> None:
        """Give each decoder row unit length."""
        self.decoder.copy_(nn.functional.normalize(self.decoder, dim=-1))
