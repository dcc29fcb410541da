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
    dictionary : as given.
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
        self.dictionary = dictionary
        self._encoder = self.to_device(dictionary.encoder)
        self._bias = self.to_device(dictionary.encoder_bias)
        self._center = self.to_device(dictionary.center)
        self._scale = dictionary.scale
        self.split: LinearFirst | None = getattr(model, "linear_first", None)

    def to_device(self, array: np.ndarray) -> torch.Tensor:
        """Return an array on the device of the readout; on a CPU it shares its memory."""
        return torch.as_tensor(array, device=self.device)

    def concepts_to_device(self, concepts: np.ndarray) -> torch.Tensor:
        """Return indices of concepts on the device of the readout."""
        return self.to_device(np.asarray(concepts, np.int64))

    def covariates_to_device(self, covariates: np.ndarray | None) -> torch.Tensor | None:
        """Return covariates on the device of the readout, None where there are none."""
        return None if covariates is None else self.to_device(covariates)

    def embed(self, log_counts: torch.Tensor, covariates: torch.Tensor | None) -> torch.Tensor:
        """Return embeddings (n, d_embedding) of log1p counts (n, n_genes).

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
        return self._check_finite(embeddings)

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
            As `embed`.
        """
        return self._read(self.embed(log_counts, covariates), concepts)

    def first(self, log_counts: torch.Tensor, covariates: torch.Tensor | None) -> torch.Tensor:
        """Return the first hidden layer (n, d_hidden) of log1p counts; needs `split`."""
        return self._taken_apart().first(log_counts, covariates)

    def from_first(self, first: torch.Tensor, concepts: torch.Tensor) -> torch.Tensor:
        """Return pre-activations (n,) of a first hidden layer (n, d_hidden); needs `split`."""
        split = self._taken_apart()
        embeddings = split.middle(first) @ split.last_weight + split.last_bias
        return self._read(self._check_finite(embeddings), concepts)

    def _read(self, embeddings: torch.Tensor, concepts: torch.Tensor) -> torch.Tensor:
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
            As `embed`, or gradients that are missing, NaN or infinite.
        """
        if self.split is not None:
            with torch.no_grad():
                first = self.first(log_counts, covariates)
            return self.to_genes(self.hidden_gradient(first, self.directions(concepts)))
        inputs = log_counts.detach().requires_grad_(True)
        pre_activations = self(inputs, covariates, concepts)
        if not pre_activations.requires_grad:
            raise self._fault("embed_log1p returned embeddings without gradients", "gradients")
        # Rows do not see each other, so the gradient of the sum holds each row's own.
        (gradient,) = torch.autograd.grad(pre_activations.sum(), inputs)
        return self._checked(gradient)

    def hidden_gradient(self, first: torch.Tensor, directions: torch.Tensor) -> torch.Tensor:
        """Return the gradient by a first hidden layer, (n, d_hidden); needs `split`.

        Parameters
        ----------
        first : (n, d_hidden).
        directions : (n, d_embedding), see `directions`.
        """
        split = self._taken_apart()
        first = first.detach().requires_grad_(True)
        readers = directions @ split.last_weight.T
        (gradient,) = torch.autograd.grad((split.middle(first) * readers).sum(), first)
        return gradient

    def to_genes(self, hidden_gradient: torch.Tensor) -> torch.Tensor:
        """Return the gradient by log1p counts (n, n_genes) of one by the first hidden layer.

        Raises
        ------
        InputError
            It holds NaN or infinity.
        """
        return self._checked(hidden_gradient @ self._taken_apart().weight.T)

    def _taken_apart(self) -> LinearFirst:
        if self.split is None:
            raise ValueError("the model was not taken apart at its first layer")
        return self.split

    def _check_finite(self, embeddings: torch.Tensor) -> torch.Tensor:
        if not _is_finite(embeddings):
            bad = int((~torch.isfinite(embeddings)).any(dim=1).sum())
            raise self._fault(
                f"{bad} of {len(embeddings)} embeddings hold NaN or infinity", "numbers"
            )
        return embeddings

    def _checked(self, gradient: torch.Tensor) -> torch.Tensor:
        if not _is_finite(gradient):
            raise self._fault("gradients hold NaN or infinity", "numbers")
        return gradient

    def _fault(self, found: str, expected: str) -> InputError:
        return fault(f"model '{self.model.name}'", found, expected, "Mend the model.")


def _is_finite(values: torch.Tensor) -> bool:
    """Say whether no value is NaN or infinite; their sum shows it at a third of the cost."""
    return bool(torch.isfinite(values.sum()))
