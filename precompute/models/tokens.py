"""Models that read a cell as a list of tokens, one for each gene it expresses.

Cells with equally many tokens are computed together, so no batch holds padding and the embedding of
a cell does not depend on its company.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
import torch

from precompute.errors import fault
from precompute.models.base import Differentiable, Moves

BATCH_SIZE = 32
# Tokens of one batch; fewer where every layer keeps what it needs of each for the slopes (about 1.2
# GB with 12 layers of 512).
_TOKENS_PER_BATCH = 32_768
_TOKENS_WITH_SLOPES = 4_096
# The gate of a token that is not there but might enter: it changes the others about as much.
ENTERING = 1e-6


class Tokens(NamedTuple):
    """Cells with equally many tokens.

    Attributes
    ----------
    columns : (n, n_tokens) int64, the gene of each token, a column of the expression.
    values : (n, n_tokens) float32, its expression in the model's unit.
    """

    columns: torch.Tensor
    values: torch.Tensor


class TokenModel(Moves, ABC):
    """The rest of a `CellModel` that turns tokens into embeddings.

    Attributes
    ----------
    token_ids : (n_genes,) int64, the token of each gene; genes stand in the order of these.
    device : where it computes.
    batch_size : most cells computed together.
    n_parts : parts of a slope; the first is the gate of a token, from 0 (absent) to 1.
    embeds_nothing : whether a cell without any gene has an embedding, that of a special token.
    """

    name: str
    differentiable: Differentiable = "token_gate"
    genes: np.ndarray
    token_ids: np.ndarray
    d_embedding: int
    device: torch.device
    batch_size: int = BATCH_SIZE
    n_parts: int = 1
    embeds_nothing: bool = False

    @abstractmethod
    def prepare_row(self, columns: np.ndarray, counts: np.ndarray, cell_id: str) -> np.ndarray:
        """Return the expression of one cell's genes in the unit, 0 for those without a token.

        Parameters
        ----------
        columns : (n_expressed,) the genes with counts, ascending.
        counts : (n_expressed,) float32, above 0.
        """

    @abstractmethod
    def embed_tokens(self, tokens: Tokens, gates: torch.Tensor | None) -> torch.Tensor:
        """Return embeddings (n, d_embedding) of tokens.

        Parameters
        ----------
        tokens : on the device of the model.
        gates : (n, n_tokens) how far each token is there, 0 to 1; None for all of them wholly.
        """

    def slopes_of(
        self, tokens: Tokens, readers: torch.Tensor, n_entering: int = 0
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Return embeddings, and for each part the slopes (n, n_tokens) along the tokens.

        Parameters
        ----------
        n_entering : so many tokens, the last ones, are not in the cells: their slope is that of a
            token which begins to be seen.
        """
        gates = make_gates(tokens, n_entering)
        embeddings = self.embed_tokens(tokens, gates)
        (slope,) = torch.autograd.grad((embeddings * readers).sum(), gates)
        return embeddings.detach(), [slope]

    def prepare(self, counts: np.ndarray, cell_ids: Sequence[str] | None = None) -> np.ndarray:
        """Return the expression (n, n_genes) in the model's unit; see `CellModel`."""
        return self.prepare_sparse(sp.csr_matrix(counts, dtype=np.float32), cell_ids).toarray()

    def prepare_sparse(
        self, counts: sp.csr_matrix, cell_ids: Sequence[str] | None
    ) -> sp.csr_matrix:
        """Return the expression (n, n_genes) in the model's unit, sparse.

        Raises
        ------
        InputError
            Counts that are negative or not finite.
        """
        prepared = sp.csr_matrix(counts, dtype=np.float32, copy=True)
        prepared.eliminate_zeros()
        prepared.sort_indices()
        if prepared.nnz and not (np.isfinite(prepared.data).all() and prepared.data.min() > 0):
            raise fault(
                f"model '{self.name}'",
                "negative, NaN or infinite expression",
                "numbers from 0",
                "Give counts, or another layer.",
            )
        for row, (start, stop) in enumerate(
            zip(prepared.indptr, prepared.indptr[1:], strict=False)
        ):
            cell_id = "" if cell_ids is None else cell_ids[row]
            columns, values = prepared.indices[start:stop], prepared.data[start:stop]
            prepared.data[start:stop] = self.prepare_row(columns, values, cell_id)
        prepared.eliminate_zeros()
        return prepared

    def embed(
        self,
        counts: sp.csr_matrix,
        covariates: np.ndarray | None,
        cell_ids: Sequence[str] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> np.ndarray:
        """Return embeddings (n_cells, d_embedding), float32; see `CellModel`.

        Raises
        ------
        InputError
            A cell expresses no gene that the model knows.
        """
        expression = self.prepare_sparse(counts, cell_ids)
        sizes = np.diff(expression.indptr)
        self._refuse_empty(sizes)
        result = np.empty((len(sizes), self.d_embedding), np.float32)
        done = 0
        with torch.no_grad():
            for rows in self._batches(sizes, sizes, _TOKENS_PER_BATCH):
                places = expression.indptr[rows][:, None] + np.arange(sizes[rows[0]])
                tokens = Tokens(
                    torch.as_tensor(expression.indices[places].astype(np.int64)),
                    torch.as_tensor(expression.data[places]),
                )
                result[rows] = self.embed_tokens(self._to_device(tokens), None).float().cpu()
                done += len(rows)
                if progress is not None:
                    progress(done, len(sizes))
        return result

    def embed_expression(
        self, expression: torch.Tensor, covariates: torch.Tensor | None
    ) -> torch.Tensor:
        """Return embeddings (n, d_embedding) of expression, without gradients; see `CellModel`."""
        result = expression.new_empty(len(expression), self.d_embedding)
        with torch.no_grad():
            for rows, tokens in self._buckets(expression, _TOKENS_PER_BATCH):
                embeddings = self.embed_tokens(self._to_device(tokens), None)
                result[rows] = embeddings.to(result)
        return result

    def embed_with_gradient(
        self,
        expression: torch.Tensor,
        covariates: torch.Tensor | None,
        readers: torch.Tensor,
        others: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return embeddings, and slopes (n_parts, n, n_genes); see `CellModel`.

        A token that is not in the cell can only enter: a gene with a token neither in the cell nor
        in `others` has slope 0. With `others` the embeddings are off by about `ENTERING`.
        """
        embeddings = expression.new_empty(len(expression), self.d_embedding)
        slopes = expression.new_zeros(self.n_parts, *expression.shape)
        entering = torch.zeros_like(expression)
        if others is not None:
            entering = self._list_entering(expression, others)
        for rows, tokens in self._buckets(expression, _TOKENS_WITH_SLOPES, entering):
            longer, there = _add_entering(tokens, entering[rows])
            found, parts = self.slopes_of(
                self._to_device(longer),
                readers[rows].to(self.device, torch.float32),
                n_entering=longer.columns.shape[1] - tokens.columns.shape[1],
            )
            embeddings[rows] = found.to(embeddings)
            places = rows[:, None].expand_as(there)[there], longer.columns[there]
            for part, slope in enumerate(parts):
                slopes[part].index_put_(places, slope.to(slopes)[there], accumulate=True)
        return embeddings, slopes

    def differences(self, expression: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Return whether tokens are there, minus the same in the others, (1, n, n_genes)."""
        presence = (expression > 0).astype(np.float32) - (others > 0)
        return presence[None]

    def _list_entering(self, expression: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
        """Return the values (n, n_genes) of tokens that are in the other profile alone, else 0."""
        return torch.where(expression > 0, 0, others)

    def _buckets(
        self, expression: torch.Tensor, most: int, entering: torch.Tensor | None = None
    ) -> Iterator[tuple[torch.Tensor, Tokens]]:
        """Yield rows with equally many tokens, and those tokens; about `most` in all.

        Tokens of `entering` (n, n_genes) count too, but need not be equally many.
        """
        sizes = (expression > 0).sum(dim=1).cpu().numpy()
        if not self.embeds_nothing:
            self._refuse_empty(sizes)
        added = 0 if entering is None else (entering > 0).sum(dim=1).cpu().numpy()
        for chosen in self._batches(sizes, sizes + added, most):
            rows = torch.as_tensor(chosen, device=expression.device)
            block = expression[rows]
            columns = torch.nonzero(block > 0)[:, 1].view(len(rows), int(sizes[chosen[0]]))
            yield rows, Tokens(columns, block.gather(1, columns))

    def _batches(self, sizes: np.ndarray, lengths: np.ndarray, most: int) -> Iterator[np.ndarray]:
        """Yield rows of one size, the smallest first, whose lengths are about `most` together."""
        order = np.argsort(sizes, kind="stable")
        for bucket in np.split(order, np.flatnonzero(np.diff(sizes[order])) + 1):
            if len(bucket):
                n = max(1, min(self.batch_size, most // max(1, int(lengths[bucket].max()))))
                yield from np.split(bucket, range(n, len(bucket), n))

    def _to_device(self, tokens: Tokens) -> Tokens:
        return Tokens(tokens.columns.to(self.device), tokens.values.to(self.device, torch.float32))

    def _refuse_empty(self, sizes: np.ndarray) -> None:
        empty = np.flatnonzero(sizes == 0)
        if len(empty):
            raise fault(
                f"model '{self.name}'",
                f"{len(empty):,} of {len(sizes):,} cells express no gene that the model knows "
                f"(first: row {empty[0]})",
                "at least one such gene in each cell, as a mean over no tokens is no embedding",
                "Leave those cells out; for attribution choose a counterfactual other than zero.",
            )


def make_gates(tokens: Tokens, n_entering: int) -> torch.Tensor:
    """Return gates (n, n_tokens) to differentiate by: 1, and `ENTERING` for the last tokens."""
    gates = torch.ones_like(tokens.values)
    gates[:, gates.shape[1] - n_entering :] = ENTERING
    return gates.requires_grad_(True)


def _add_entering(tokens: Tokens, entering: torch.Tensor) -> tuple[Tokens, torch.Tensor]:
    """Return tokens with those that might enter behind them, and which places hold one.

    Parameters
    ----------
    entering : (n, n_genes) the values of tokens that might enter, 0 for none. Cells with fewer
        than the others are filled up with tokens of value 0, which nobody sees either.
    """
    wanted = entering > 0
    n_added = int(wanted.sum(dim=1).max())
    added = torch.argsort(wanted.int(), dim=1, descending=True, stable=True)[:, :n_added]
    there = torch.cat(
        [torch.ones_like(tokens.columns, dtype=torch.bool), wanted.gather(1, added)], 1
    )
    columns = torch.cat([tokens.columns, added], dim=1)
    return Tokens(columns, torch.cat([tokens.values, entering.gather(1, added)], dim=1)), there
