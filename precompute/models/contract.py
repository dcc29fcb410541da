"""The test kit of `CellModel`: what attribution relies on, tried on a model and some counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import scipy.sparse as sp
import torch

from precompute.models.base import CellModel

# Embeddings of a cell alone and in company may differ by rounding.
_CLOSE = 1e-4
_SLOPE_ERROR = 0.05
_STEP = 1e-2
_NOTHING_LEFT = 1e-6


def assert_cell_model_contract(
    model: CellModel,
    counts: np.ndarray,
    covariates: np.ndarray | None = None,
    cell_ids: Sequence[str] | None = None,
) -> None:
    """Raise `AssertionError` that lists all rules of `CellModel` a model breaks.

    For the tests of anyone who writes a model.

    Parameters
    ----------
    model : differentiable in anything but ``none``.
    counts : (n, n_genes) raw counts of at least 3 different cells.
    covariates : (n, n_covariates) where the model reads them.
    """
    breaches = list_breaches(model, counts, covariates, cell_ids)
    if breaches:
        listed = "\n  - ".join(breaches)
        raise AssertionError(f"model '{model.name}' breaks {len(breaches)} rule(s):\n  - {listed}")


def list_breaches(
    model: CellModel,
    counts: np.ndarray,
    covariates: np.ndarray | None = None,
    cell_ids: Sequence[str] | None = None,
) -> list[str]:
    """Return the rules that a model breaks, in sentences; see `assert_cell_model_contract`."""
    counts = np.asarray(counts, np.float32)
    if len(counts) < 3 or counts.ndim != 2 or counts.shape[1] != len(model.genes):
        return [
            f"counts: found shape {counts.shape}, expected at least 3 cells of the model's "
            f"{len(model.genes)} genes"
        ]
    trial = _Trial(model, counts, covariates, cell_ids)
    breaches: list[str] = []
    for rule in _RULES:
        try:
            breaches += rule(trial)
        except Exception as error:  # whatever a stranger's model raises is a breach
            reason = str(error).splitlines()[0] if str(error) else ""
            breaches.append(f"{rule.__name__.strip('_')}: {type(error).__name__} {reason[:200]}")
        if breaches and rule is _shapes:
            break  # the other rules would only say the same
    return breaches


class _Trial:
    """A model with prepared cells."""

    def __init__(
        self,
        model: CellModel,
        counts: np.ndarray,
        covariates: np.ndarray | None,
        cell_ids: Sequence[str] | None,
    ) -> None:
        self.model, self.counts, self.cell_ids = model, counts, cell_ids
        device = getattr(model, "device", torch.device("cpu"))
        self.expression = torch.as_tensor(model.prepare(counts, cell_ids), device=device)
        self.given = covariates
        self.covariates = None if covariates is None else torch.as_tensor(covariates, device=device)

    def embed(self, expression: torch.Tensor, rows: Sequence[int] | slice) -> torch.Tensor:
        """Return the embeddings of expression, with the covariates of some rows."""
        extra = None if self.covariates is None else self.covariates[rows]
        with torch.no_grad():
            return self.model.embed_expression(expression, extra)


def _shapes(trial: _Trial) -> Iterator[str]:
    model, n = trial.model, len(trial.counts)
    if tuple(trial.expression.shape) != trial.counts.shape:
        yield f"prepare: found shape {tuple(trial.expression.shape)}, expected that of the counts"
        return
    if bool((trial.expression[torch.as_tensor(trial.counts == 0)] != 0).any()):
        yield "prepare: a gene without counts is not 0, which must mean that it is absent"
    found = trial.embed(trial.expression, slice(None))
    if tuple(found.shape) != (n, model.d_embedding):
        yield (
            f"embed_expression: found shape {tuple(found.shape)}, expected ({n}, "
            f"{model.d_embedding})"
        )
    elif not torch.isfinite(found).all():
        yield "embed_expression: embeddings hold NaN or infinity"


def _repeatable(trial: _Trial) -> Iterator[str]:
    once, again = (trial.embed(trial.expression, slice(None)) for _ in range(2))
    if not torch.equal(once, again):
        yield (
            "two runs on the same cells differ: call eval(), and draw nothing without a seed "
            "(dropout, sampling)"
        )


def _independent(trial: _Trial) -> Iterator[str]:
    whole = trial.embed(trial.expression, slice(None))
    size = float(whole.abs().max()) or 1.0
    alone = trial.embed(trial.expression[:1], [0])[0]
    if float((alone - whole[0]).abs().max()) > _CLOSE * size:
        yield "a cell embeds differently alone and in a batch: rows must not see each other"
    order = list(range(len(whole)))[::-1]
    turned = trial.embed(trial.expression[order], order)
    if float((turned - whole[order]).abs().max()) > _CLOSE * size:
        yield "a cell embeds differently in another order of the batch"


def _same_from_counts(trial: _Trial) -> Iterator[str]:
    direct = trial.model.embed(sp.csr_matrix(trial.counts), trial.given, trial.cell_ids)
    if direct.dtype != np.float32:
        yield f"embed: found {direct.dtype}, expected float32"
    prepared = trial.embed(trial.expression, slice(None)).cpu().numpy()
    if direct.shape != prepared.shape or np.abs(direct - prepared).max() > _CLOSE * (
        np.abs(prepared).max() or 1
    ):
        yield "embed(counts) differs from embed_expression(prepare(counts))"


def _moves(trial: _Trial) -> Iterator[str]:
    model, cells = trial.model, trial.expression
    genes = torch.nonzero(cells[0] > 0)[:1, 0]
    if "ablate" in model.moves and bool((model.ablate(cells, genes)[:, genes] != 0).any()):
        yield "ablate: the gene is still there"
    if "swap" in model.moves:
        swapped = model.swap(cells[:1], cells[1:2], genes)
        kept = torch.ones(cells.shape[1], dtype=torch.bool, device=cells.device)
        kept[genes] = False
        if not torch.equal(swapped[0, genes], cells[1, genes]):
            yield "swap: the gene has not the value of the other cell"
        if not torch.equal(swapped[0, kept], cells[0, kept]):
            yield "swap: genes that were not named have changed"


def _slopes(trial: _Trial) -> Iterator[str]:
    model, cells = trial.model, trial.expression
    generator = torch.Generator().manual_seed(0)
    readers = torch.randn(len(cells), model.d_embedding, generator=generator).to(cells)
    embeddings, slopes = model.embed_with_gradient(cells, trial.covariates, readers)
    if slopes.shape[1:] != cells.shape or slopes.ndim != 3:
        found = f"{tuple(slopes.shape)}, expected (n_parts, {len(cells)}, {cells.shape[1]})"
        yield f"embed_with_gradient: found slopes {found}"
        return
    if not torch.isfinite(slopes).all():
        yield "embed_with_gradient: slopes hold NaN or infinity"
    plain = trial.embed(cells, slice(None))
    if float((embeddings - plain).abs().max()) > _CLOSE * (float(plain.abs().max()) or 1):
        yield "embed_with_gradient: its embeddings differ from those of embed_expression"
    if not slopes.any():
        yield "embed_with_gradient: all slopes are 0, as of a function that rounds or is detached"
    elif model.differentiable == "expression":
        yield from _compare_with_steps(trial, readers, slopes[0])
    elif model.differentiable == "token_gate":
        yield from _entering(trial, readers)


def _entering(trial: _Trial, readers: torch.Tensor) -> Iterator[str]:
    cells, others = trial.expression, trial.expression.roll(1, dims=0)
    _, slopes = trial.model.embed_with_gradient(cells, trial.covariates, readers, others)
    absent = cells <= 0
    enters = absent & (others > 0)
    if bool(slopes[:, absent & ~enters].any()):
        yield "embed_with_gradient: a gene with a token in neither cell has a slope"
    if bool(enters.any()) and not bool(slopes[:, enters].any()):
        yield "embed_with_gradient: genes that only `others` has have no slope"


def _compare_with_steps(
    trial: _Trial, readers: torch.Tensor, slopes: torch.Tensor
) -> Iterator[str]:
    """Compare slopes along their own direction and a random one with small steps."""
    cells = trial.expression
    generator = torch.Generator().manual_seed(1)
    random = torch.rand(cells.shape, generator=generator).to(cells) * (cells > 0)
    for way in (slopes * (cells > 0), random):
        length = way.norm(dim=1, keepdim=True)
        if bool((length < _NOTHING_LEFT).all()):
            continue
        way = _STEP * way / length.clamp(min=_NOTHING_LEFT)
        sides = (trial.embed(cells + sign * way, slice(None)) for sign in (1, -1))
        up, down = ((side * readers).sum(dim=1) for side in sides)
        stepped, expected = (up - down) / 2, (slopes * way).sum(dim=1)
        scale = float(torch.maximum(stepped.abs(), expected.abs()).max())
        rounding = 1e-5 * float((trial.embed(cells, slice(None)) * readers).abs().sum(1).max())
        if float((stepped - expected).abs().max()) > _SLOPE_ERROR * scale + rounding:
            yield (
                "gradients differ from small steps of expression: the embedding is not a smooth "
                "function of it, or something on the way is detached"
            )
            return


_RULES: tuple[Callable[[_Trial], Iterator[str]], ...] = (
    _shapes,
    _repeatable,
    _independent,
    _same_from_counts,
    _moves,
    _slopes,
)
