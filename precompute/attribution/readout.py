"""The pre-activation of a concept as a function of expression, through the model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from precompute.attribution.pairs import Pairs
from precompute.device import resolve_device
from precompute.dictionary import Dictionary
from precompute.errors import InputError, fault
from precompute.models.base import LOG1P, CellModel
from precompute.models.linear_first import LinearFirst


class ConceptReadout:
    """Reads pre-activations from expression: model, then encoder of the dictionary.

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
        self._kept: tuple[Pairs, np.ndarray] | None = None

    def to_device(self, array: np.ndarray) -> torch.Tensor:
        """Return an array on the device of the readout; on a CPU it shares its memory."""
        return torch.as_tensor(array, device=self.device)

    def concepts_to_device(self, concepts: np.ndarray) -> torch.Tensor:
        """Return indices of concepts on the device of the readout."""
        return self.to_device(np.asarray(concepts, np.int64))

    def covariates_to_device(self, covariates: np.ndarray | None) -> torch.Tensor | None:
        """Return covariates on the device of the readout, None where there are none."""
        return None if covariates is None else self.to_device(covariates)

    def embed(self, expression: torch.Tensor, covariates: torch.Tensor | None) -> torch.Tensor:
        """Return embeddings (n, d_embedding) of expression (n, n_genes) in the model's unit.

        Raises
        ------
        InputError
            The model returns another shape than (n, d_embedding), NaN or infinity.
        """
        embeddings = self.model.embed_expression(expression, covariates)
        return self._checked_embeddings(embeddings, len(expression))

    def __call__(
        self, expression: torch.Tensor, covariates: torch.Tensor | None, concepts: torch.Tensor
    ) -> torch.Tensor:
        """Return one pre-activation a row, (n,).

        Parameters
        ----------
        expression : (n, n_genes) in the model's unit.
        covariates : (n, n_covariates) for the model, or None.
        concepts : (n,) int64, the concept to read in each row.

        Raises
        ------
        InputError
            As `embed`.
        """
        return self._read(self.embed(expression, covariates), concepts)

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

    def prepare(self, log_counts: np.ndarray, cell_ids: Sequence[str] | None = None) -> np.ndarray:
        """Return log1p counts (..., n_genes) in the model's unit of expression.

        Parameters
        ----------
        cell_ids : (n,) ids of the cells of the last axis but one, or None.
        """
        if self.model.unit == LOG1P:
            return log_counts
        profiles = log_counts.reshape(-1, *log_counts.shape[-2:])
        prepared = [self.model.prepare(np.expm1(profile), cell_ids) for profile in profiles]
        return np.stack(prepared).reshape(log_counts.shape)

    def gradient(
        self, expression: torch.Tensor, covariates: torch.Tensor | None, concepts: torch.Tensor
    ) -> torch.Tensor:
        """Return the gradient of each row's pre-activation by its expression, (n, n_genes).

        Raises
        ------
        InputError
            As `embed`, gradients that are missing, NaN or infinite, or a model that is not
            differentiable in expression.
        """
        if self.model.differentiable != "expression":
            raise self._fault(
                f"it is differentiable in '{self.model.differentiable}', so nothing can be "
                "followed on a line between two cells",
                "'expression'",
                "Choose the method gradient or exact_swap (attribution.method).",
            )
        return self.slopes(expression, covariates, concepts)[0]

    def slopes(
        self,
        expression: torch.Tensor,
        covariates: torch.Tensor | None,
        concepts: torch.Tensor,
        others: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Return the slopes of each row's pre-activation along its genes, (n_parts, n, n_genes).

        The parts, and what `others` are for, are as in `CellModel.embed_with_gradient`.

        Raises
        ------
        InputError
            As `embed`, or slopes that are missing, NaN or infinite.
        """
        if self.split is not None:
            with torch.no_grad():
                first = self.first(expression, covariates)
            return self.to_genes(self.hidden_gradient(first, self.directions(concepts)))[None]
        embeddings, slopes = self.model.embed_with_gradient(
            expression, covariates, self.directions(concepts), others
        )
        self._checked_embeddings(embeddings, len(expression))
        return self._checked(slopes)

    def slopes_of(self, pairs: Pairs) -> np.ndarray:
        """Return `slopes` of pairs, (n_parts, n_pairs, n_genes).

        Those of the last pairs are kept, since a method and its null ask for the same ones, and
        they are most of the work with a transformer.
        """
        if self._kept is None or self._kept[0] is not pairs:
            slopes = self.slopes(
                self.to_device(pairs.expression),
                self.covariates_to_device(pairs.covariates),
                self.concepts_to_device(pairs.concepts),
                self._others(pairs),
            )
            self._kept = (pairs, slopes.cpu().numpy())
        return self._kept[1]

    def _others(self, pairs: Pairs) -> torch.Tensor | None:
        """Return for each gene one of its values in the counterfactuals of a cell, 0 for none.

        Of several the one by the largest factor from its value in the cell, so that a slope up to
        it is never taken further than it was measured; for a gene the cell lacks the first. Of no
        use to a model that is differentiable in expression.
        """
        if self.model.differentiable == "expression":
            return None
        found, farthest = pairs.profiles[0], _factor(pairs.expression, pairs.profiles[0])
        for profile in pairs.profiles[1:]:
            factor = _factor(pairs.expression, profile)
            farther = factor > farthest
            found = np.where(farther, profile, found)
            farthest = np.where(farther, factor, farthest)
        return self.to_device(found)

    def differences(self, expression: np.ndarray, profiles: np.ndarray) -> np.ndarray:
        """Return how far cells are from their counterfactuals in each part, mean over draws.

        Parameters
        ----------
        expression : (n, n_genes) in the model's unit.
        profiles : (n_draws, n, n_genes) in the same unit.

        Returns
        -------
        (n_parts, n, n_genes), what `slopes` are multiplied with.
        """
        if self.model.differentiable == "expression":
            return (expression - profiles.mean(axis=0))[None]
        return np.mean([self.model.differences(expression, p) for p in profiles], axis=0)

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

    def _checked_embeddings(self, embeddings: torch.Tensor, n: int) -> torch.Tensor:
        expected = (n, len(self._center))
        if tuple(embeddings.shape) != expected:
            raise self._fault(f"it embeds to shape {tuple(embeddings.shape)}", f"{expected}")
        return self._check_finite(embeddings)

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

    def _fault(self, found: str, expected: str, action: str = "Mend the model.") -> InputError:
        return fault(f"model '{self.model.name}'", found, expected, action)


def _factor(cell: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the larger of two values over the smaller; 1 without one in the cell, else 0."""
    both = (cell > 0) & (other > 0)
    least = np.where(both, np.minimum(cell, other), 1.0)
    return np.where(both, np.maximum(cell, other) / least, np.where(other > 0, 1.0, 0.0))


def _is_finite(values: torch.Tensor) -> bool:
    """Say whether no value is NaN or infinite; their sum shows it at a third of the cost."""
    return bool(torch.isfinite(values.sum()))
