"""The step of several autoencoders at once with dense products, seeds on the leading axis.

For devices on which dense products are cheap and scattered sums are not. The gradient is
written out: no graph is recorded, and activations are held once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from precompute.dictionary.autoencoder import Autoencoder
from precompute.dictionary.settings import Settings
from precompute.dictionary.sparse_step import BETAS, EPSILON, NEVER
from precompute.dictionary.wide_selection import WIDTH


class DenseBank:
    """Copies of autoencoders on a device, and their steps; same arithmetic as `SparseStep`.

    Parameters
    ----------
    models : of equal shape; changed by `write_back` only, but for `n_steps`, which the caller
        counts up after each step.
    settings : k, the variant and its prefixes.
    device : where the copies live.
    dead_after : as for `SparseStep`.
    """

    def __init__(
        self,
        models: Sequence[Autoencoder],
        settings: Settings,
        device: torch.device,
        dead_after: int = NEVER,
    ) -> None:
        self._models, self._settings, self._device = models, settings, device
        self._bounds, self._dead_after = settings.bounds().tolist(), dead_after
        self._weights = [self._stack([m.weights[i] for m in models]) for i in range(3)]
        self._moments = [self._stack([m.moments[i] for m in models]) for i in range(6)]
        self._idle = self._stack([m.idle for m in models])

    @torch.no_grad()
    def step(self, x: torch.Tensor, rates: Sequence[float]) -> tuple[torch.Tensor, torch.Tensor]:
        """Take one step of each autoencoder.

        Parameters
        ----------
        x : (n_seeds, n_cells, d_embedding), the batch of each.
        rates : their learning rates.

        Returns
        -------
        Sums over each batch of |x_hat - x|^2, before the step, and of |x|^2, float64.
        """
        encoder, decoder, bias = self._weights
        positive = torch.baddbmm(bias.mT, x, encoder.mT).relu_()
        codes = self._select(positive)
        active = codes > 0
        misses = self._residuals(x, codes)
        more = [
            self._auxiliary(x, positive, misses[-1]),
            self._from_many(x, positive, codes, misses[-1]),
        ]
        residual = misses[-1].square().sum(dim=(1, 2), dtype=torch.float64)
        for group in range(len(misses) - 2, -1, -1):
            misses[group] += misses[group + 1]
        slopes = torch.empty_like(codes)
        to_decoder = torch.empty_like(decoder)
        for part, miss in zip(self._groups(), misses, strict=True):
            torch.bmm(miss, decoder[:, part].mT, out=slopes[:, :, part])
            to_decoder[:, part] = torch.bmm(codes[:, :, part].mT, miss)
        slopes *= active
        gradients = [torch.bmm(slopes.mT, x), to_decoder, slopes.sum(dim=1)[:, :, None]]
        for addends in more:
            for gradient, addend in zip(gradients, addends, strict=False):
                gradient += addend
        for gradient in gradients:
            gradient *= 2 / x.shape[1]
        to_decoder -= (to_decoder * decoder).sum(-1, keepdim=True) * decoder
        self._adam(gradients, rates)
        decoder /= decoder.norm(dim=-1, keepdim=True).clamp_min(1e-12)
        self._idle += x.shape[1]
        self._idle *= ~active.any(dim=1)
        return residual, x.square().sum(dim=(1, 2), dtype=torch.float64)

    def write_back(self) -> None:
        """Copy weights, moments and idle counts to the models."""
        for position, model in enumerate(self._models):
            targets = (*model.weights, *model.moments, model.idle)
            sources = (*self._weights, *self._moments, self._idle)
            for target, source in zip(targets, sources, strict=True):
                np.copyto(target, source[position].cpu().numpy())

    def _auxiliary(
        self, x: torch.Tensor, positive: torch.Tensor, miss: torch.Tensor
    ) -> Sequence[torch.Tensor]:
        """Return half of what `auxiliary_gradients` adds, times n_cells; none without dead ones."""
        weight, dead = self._settings.auxk, self._idle >= self._dead_after
        if not weight or not dead.any():
            return ()
        decoder = self._weights[1]
        codes = _largest(positive * dead[:, None], max(1, min(x.shape[2] // 2, dead.shape[1])))
        return _half_gradients(x, codes, torch.baddbmm(miss, codes, decoder) * weight, decoder)

    def _from_many(
        self, x: torch.Tensor, positive: torch.Tensor, codes: torch.Tensor, miss: torch.Tensor
    ) -> Sequence[torch.Tensor]:
        """Return half of what the loss of `rebuild_twice` adds, times n_cells; none without it."""
        weight, decoder, k = self._settings.multi_topk, self._weights[1], self._settings.k
        if not weight:
            return ()
        n_more = min(WIDTH * k, positive.shape[2]) - k
        beyond = _largest(positive - codes, n_more)
        gap = torch.baddbmm(miss, beyond, decoder) * weight
        return _half_gradients(x, codes + beyond, gap, decoder)

    def _select(self, positive: torch.Tensor) -> torch.Tensor:
        k = self._settings.k
        if self._settings.variant == "batch_topk":
            return _largest(positive.flatten(1), k * positive.shape[1]).view_as(positive)
        return _largest(positive, k)

    def _residuals(self, x: torch.Tensor, codes: torch.Tensor) -> list[torch.Tensor]:
        """Return x_hat - x for each prefix of the latents."""
        decoder = self._weights[1]
        misses, miss = [], -x
        for part in self._groups():
            miss = torch.baddbmm(miss, codes[:, :, part], decoder[:, part])
            misses.append(miss)
        return misses

    def _groups(self) -> list[slice]:
        return [slice(a, b) for a, b in zip([0, *self._bounds[:-1]], self._bounds, strict=True)]

    def _adam(self, gradients: Sequence[torch.Tensor], rates: Sequence[float]) -> None:
        first, second = BETAS
        steps = np.array([model.n_steps + 1 for model in self._models], np.float64)
        dtype = self._weights[0].dtype
        rate = self._column(np.array(rates) / (1 - first**steps), dtype)
        unbias = self._column((1 - second**steps) ** -0.5, dtype)
        for i, (weight, gradient) in enumerate(zip(self._weights, gradients, strict=True)):
            mean, square = self._moments[2 * i : 2 * i + 2]
            mean.mul_(first).add_(gradient, alpha=1 - first)
            square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
            weight -= rate * mean / (square.sqrt() * unbias + EPSILON)

    def _column(self, values: np.ndarray, dtype: torch.dtype) -> torch.Tensor:
        return torch.from_numpy(values).to(self._device, dtype)[:, None, None]

    def _stack(self, arrays: Sequence[np.ndarray]) -> torch.Tensor:
        return torch.from_numpy(np.stack(arrays)).to(self._device)


def _largest(positive: torch.Tensor, k: int) -> torch.Tensor:
    """Return the k largest along the last axis, and 0 elsewhere."""
    values, places = positive.topk(k, dim=-1, sorted=False)
    return torch.zeros_like(positive).scatter_(-1, places, values)


def _half_gradients(
    x: torch.Tensor, codes: torch.Tensor, gap: torch.Tensor, decoder: torch.Tensor
) -> Sequence[torch.Tensor]:
    """Return half the gradients of |gap|^2, gap = codes @ decoder - something, by each weight."""
    slopes = torch.bmm(gap, decoder.mT) * (codes > 0)
    return torch.bmm(slopes.mT, x), torch.bmm(codes.mT, gap), slopes.sum(dim=1)[:, :, None]
