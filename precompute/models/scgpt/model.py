"""scGPT as a `CellModel`: cells become tokens with bins, and these become embeddings."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch.nn.functional import normalize

from precompute.cells import Cells
from precompute.errors import fault
from precompute.models.scgpt.arguments import (
    ARGUMENTS,
    CLS,
    Arguments,
    read_arguments,
    read_vocabulary,
)
from precompute.models.scgpt.binning import Ties, bin_expression
from precompute.models.scgpt.checkpoint import load_encoder
from precompute.models.scgpt.encoder import ScgptEncoder
from precompute.models.tokens import BATCH_SIZE, TokenModel, Tokens, make_gates
from precompute.models.vocabulary import KnownGenes, know_genes

Pooling = Literal["cls", "mean"]
Precision = Literal["fp32", "bf16"]


@dataclass(frozen=True)
class ScgptOptions:
    """How scGPT embeds; the defaults are those of the official embedding, made repeatable.

    Attributes
    ----------
    ties : bins of equal counts: ``midpoint`` of their range, or ``random`` in it as scGPT does.
    seed : draws the tokens of cells that have too many, and the bins of ties where random.
    pooling : ``cls``, or ``mean`` over the tokens of genes; empty for what the checkpoint says.
    hidden_layer : after how many blocks the vectors are taken; -1 for after all of them.
    normalise : whether embeddings are brought to length 1.
    precision : ``bf16`` runs the blocks in bfloat16, on a GPU only.
    batch_size : most cells computed together.
    """

    ties: Ties = "midpoint"
    seed: int = 0
    pooling: Pooling | Literal[""] = ""
    hidden_layer: int = -1
    normalise: bool = True
    precision: Precision = "fp32"
    batch_size: int = BATCH_SIZE


class ScgptModel(TokenModel):
    """The encoder of an scGPT checkpoint, for the genes of some cells.

    The unit of expression is the bin, 1 to ``n_bins`` - 1, and 0 for a gene without a token.
    Bins are those of the cell as it is: when a gene leaves or takes another bin, the others keep
    theirs. Slopes have two parts: the gate of a token, there or about to enter, and the bin it
    carries (none where bins are read from a table).
    """

    name = "scgpt"
    unit = "bin"

    def __init__(
        self,
        encoder: ScgptEncoder,
        arguments: Arguments,
        cls_token: int,
        genes: np.ndarray,
        token_ids: np.ndarray,
        options: ScgptOptions,
        device: torch.device,
    ) -> None:
        self.encoder = encoder.to(device)
        self.arguments = arguments
        self.options = options
        self.genes, self.token_ids = genes, token_ids
        self.d_embedding = arguments.embsize
        self.n_weights = sum(weight.numel() for weight in encoder.parameters())
        self.n_parts = 1 if arguments.value_style == "category" else 2
        self.embeds_nothing = options.pooling != "mean"
        self.batch_size = options.batch_size
        self.device = device
        self._cls_token = cls_token
        self._tokens = torch.as_tensor(token_ids, device=device)

    def prepare_row(self, columns: np.ndarray, counts: np.ndarray, cell_id: str) -> np.ndarray:
        """Return the bins of one cell; of too many genes some are drawn. See `TokenModel`."""
        rng = _draw(self.options.seed, 0, cell_id) if self.options.ties == "random" else None
        bins = bin_expression(counts, self.arguments.n_bins, rng)
        most = self.arguments.max_tokens - 1
        if len(bins) > most:
            left_out = np.ones(len(bins), bool)
            chooser = _draw(self.options.seed, 1, cell_id)
            left_out[chooser.choice(len(bins), most, replace=False)] = False
            bins[left_out] = 0
        return bins

    def embed_tokens(self, tokens: Tokens, gates: torch.Tensor | None) -> torch.Tensor:
        """Return embeddings (n, d_embedding) of tokens; see `TokenModel`."""
        n = len(tokens.columns)
        first = tokens.values.new_full((n, 1), self.arguments.pad_value)
        genes = self._tokens[tokens.columns]
        genes = torch.cat([genes.new_full((n, 1), self._cls_token), genes], dim=1)
        values = torch.cat([first, tokens.values], dim=1)
        of_all = None if gates is None else torch.cat([torch.ones_like(first), gates], dim=1)
        depth = self.options.hidden_layer
        low = self.options.precision == "bf16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=low):
            vectors = self.encoder(genes, values, of_all, None if depth < 0 else depth)
        embeddings = self._pool(vectors.float(), gates)
        return normalize(embeddings, dim=1) if self.options.normalise else embeddings

    def slopes_of(
        self, tokens: Tokens, readers: torch.Tensor, n_entering: int = 0
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Return embeddings and the slopes along gates and bins; see `TokenModel`."""
        if self.n_parts == 1:
            return super().slopes_of(tokens, readers, n_entering)
        gates = make_gates(tokens, n_entering)
        bins = tokens.values.detach().requires_grad_(True)
        embeddings = self.embed_tokens(tokens._replace(values=bins), gates)
        slopes = torch.autograd.grad((embeddings * readers).sum(), (gates, bins))
        return embeddings.detach(), list(slopes)

    def differences(self, expression: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Return presence minus that of the others, and bins minus theirs where both have one."""
        presence = super().differences(expression, others)
        if self.n_parts == 1:
            return presence
        both = (expression > 0) & (others > 0)
        return np.stack([presence[0], np.where(both, expression - others, 0)])

    def _pool(self, vectors: torch.Tensor, gates: torch.Tensor | None) -> torch.Tensor:
        if self.options.pooling != "mean":
            return vectors[:, 0]
        if gates is None:
            return vectors[:, 1:].mean(dim=1)
        weights = gates / gates.sum(dim=1, keepdim=True)
        return (vectors[:, 1:] * weights.unsqueeze(-1)).sum(dim=1)


def know_scgpt_genes(folder: Path, cells: Cells) -> KnownGenes:
    """Return the genes of the cells that the vocabulary of a checkpoint holds.

    Raises
    ------
    InputError
        The folder is no scGPT checkpoint, or knows too few of the genes.
    """
    arguments = read_arguments(folder)
    vocabulary = read_vocabulary(folder, arguments.pad_token)
    return know_genes(cells, _genes_of(vocabulary), "scGPT")


def load_scgpt(
    folder: Path, cells: Cells, options: ScgptOptions, device: torch.device
) -> ScgptModel:
    """Load a checkpoint (``args.json``, ``vocab.json``, ``best_model.pt``) for these cells.

    The model reads the genes of `know_scgpt_genes`, in that order.

    Raises
    ------
    InputError
        The folder is no checkpoint that the official embedding would read as meant, its parts do
        not fit each other, too few genes are known, or an option does not fit.
    """
    arguments = read_arguments(folder)
    vocabulary = read_vocabulary(folder, arguments.pad_token)
    _check_options(folder, arguments, options, device)
    encoder = load_encoder(folder, arguments, vocabulary)
    known = know_genes(cells, _genes_of(vocabulary), "scGPT")
    genes = np.array([cells.genes.symbols[g] for g in known.columns])
    return ScgptModel(encoder, arguments, vocabulary[CLS], genes, known.tokens, options, device)


def _genes_of(vocabulary: dict[str, int]) -> dict[str, int]:
    return {name: number for name, number in vocabulary.items() if not name.startswith("<")}


def _check_options(
    folder: Path, arguments: Arguments, options: ScgptOptions, device: torch.device
) -> None:
    if not -1 <= options.hidden_layer <= arguments.nlayers:
        raise fault(
            folder,
            f"hidden_layer = {options.hidden_layer}",
            f"0 to {arguments.nlayers}, or -1 for after the last block",
            "Change it.",
        )
    if options.precision == "bf16" and device.type != "cuda":
        raise fault("precision", "bf16 on a CPU", "a GPU", "Use fp32, or device = 'cuda'.")
    if arguments.cell_style != "cls" and not options.pooling:
        raise fault(
            folder / ARGUMENTS,
            f"cell_emb_style '{arguments.cell_style}'",
            "'cls', which the official embedding takes whatever this says",
            "Say which you want: pooling = 'cls' or 'mean'.",
        )


def _draw(seed: int, use: int, cell_id: str) -> np.random.Generator:
    """Return what draws for one cell, the same in any company and order."""
    digest = hashlib.blake2b(cell_id.encode(), digest_size=8).digest()
    return np.random.default_rng([seed, use, int.from_bytes(digest, "big")])
