"""The pre-activation of a concept as a function of expression, through the model."""

from __future__ import annotations

import numpy as np
import torch

from precompute.device import resolve_device
from precompute.dictionary import Dictionary
from precompute.errors import InputError, fault
from precompute.models.base import CellModel
from precompute.models.linear_first import LinearFirst


class ConceptReadout:
    """Reads pre-activations from log1p counts: model, then encoder of the dictionary.

    The choice of the top k is left out: it has no gradient where a concept is not chosen,
    and attributions of the chosen value miss completeness.

    Parameters
    ----------
    model : computes on the device of its input.
    dictionary : its rows are the concepts.
    device : ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.

    Attributes
    ----------
    split : the model taken apart at its linear first layer, or None if it cannot be.

    Raises
    ------
    InputError
        The model has no gradients, or another length of embedding than the dictionary.
    """

    def __init__(self, model: CellModel, dictionary: Dictionary, device: str = "cpu") -> None:
        if model.differentiable == "none":
            raise fault(
                f"model '{model.name}'",
                "only finished embeddings are at hand, so nothing can be attributed to genes",
                "a model that embeds expression with gradients",
                "Switch the attribution off, or choose another model.",
            )
        if model.d_embedding != dictionary.d_embedding:
            raise fault(
                f"model '{model.name}'",
                f"embeddings of length {model.d_embedding}",
                f"length {dictionary.d_embedding}, as in the dictionary",
                "Use the dictionary that was trained on this model.",
            )
        self.model = model
        self.device = resolve_device(device)
        self._encoder = self.to_device(dictionary.encoder)
        self._bias = self.to_device(dictionary.encoder_bias)
        self._center = self.to_device(dictionary.center)
        self._scale = dictionary.scale
        self.split: LinearFirst | None = getattr(model, "linear_first", None)

    def to_device(self, array: np.ndarray) -> torch.Tensor:
        """Return a copy of an array on the device of the readout."""
        return torch.tensor(array, device=self.device)

    def __call__(
        self, log_counts: torch.Tensor, covariates: torch.Tensor | None, concepts: torch.Tensor
    ) -> torch.Tensor:
        """Return one pre-activation a row, (n,).

        Parameters
        ----------
        log_counts : (n, n_genes) log1p counts.
        covariates : (n, n_covariates) for the model, or None.
        concepts : (n,) int64, the concept to read in each row.

        Raises
        ------
        InputError
            The model returns another shape than (n, d_embedding), NaN or infinity.
        """
        embeddings = self.model.embed_log1p(log_counts, covariates)
        expected = (len(log_counts), len(self._center))
        if tuple(embeddings.shape) != expected:
            raise self._fault(
                f"embed_log1p returned shape {tuple(embeddings.shape)}", f"{expected}"
            )
        bad = int((~torch.isfinite(embeddings)).any(dim=1).sum())
        if bad:
            raise self._fault(f"{bad} of {expected[0]} embeddings hold NaN or infinity", "numbers")
        scaled = (embeddings - self._center) / self._scale
        return (scaled * self._encoder[concepts]).sum(dim=1) + self._bias[concepts]

    def directions(self, concepts: torch.Tensor) -> torch.Tensor:
        """Return what the pre-activations of concepts read of an embedding, (n, d_embedding)."""
        return self._encoder[concepts] / self._scale

    def gradient(
        self, log_counts: torch.Tensor, covariates: torch.Tensor | None, concepts: torch.Tensor
    ) -> torch.Tensor:
        """Return the gradient of each row's pre-activation by its log1p counts, (n, n_genes).

        Raises
        ------
        InputError
            As for a call, or gradients that are missing, NaN or infinite.
        """
        inputs = log_counts.detach().requires_grad_(True)
        pre_activations = self(inputs, covariates, concepts)
        if not pre_activations.requires_grad:
            raise self._fault("embed_log1p returned embeddings without gradients", "gradients")
        # Rows do not see each other, so the gradient of the sum holds each row's own.
        (gradient,) = torch.autograd.grad(pre_activations.sum(), inputs)
        if not torch.isfinite(gradient).all():
            raise self._fault("gradients hold NaN or infinity", "numbers")
        return gradient

    def _fault(self, found: str, expected: str) -> InputError:
        return fault(f"model '{self.model.name}'", found, expected, "Mend the model.")
