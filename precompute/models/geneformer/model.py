"""Geneformer as a `CellModel`: genes ranked by expression over their median, through BERT."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from precompute.cells import Cells
from precompute.errors import fault
from precompute.models.geneformer.dictionaries import CLS, EOS, Dictionaries, read_dictionaries
from precompute.models.geneformer.network import find_network, load_network, read_config
from precompute.models.geneformer.ranks import rank_tokens
from precompute.models.tokens import BATCH_SIZE, ENTERING, TokenModel, Tokens
from precompute.models.vocabulary import KnownGenes, know_genes

Pooling = Literal["mean", "cls"]
# Places at which the effect of moving up is differentiated. Where position vectors are as rough as
# random numbers, 1 ranked deletions with a correlation of .23 to exact ones, 5 of .70, 8 of .75, 24
# of .74.
_PLACES = 8
_LEAST_WAY = 0.1  # of log score


@dataclass(frozen=True)
class GeneformerOptions:
    """How Geneformer embeds; the defaults are those of its cell embeddings.

    Attributes
    ----------
    pooling : ``mean`` over the tokens of genes, or ``cls`` where the model has that token.
    hidden_layer : after how many blocks vectors are taken; None for all but the last one.
    batch_size : most cells computed together.
    token_dictionary, median_dictionary : the files, where they do not stand beside the model.
    """

    pooling: Pooling = "mean"
    hidden_layer: int | None = None
    batch_size: int = BATCH_SIZE
    token_dictionary: str = ""
    median_dictionary: str = ""


class GeneformerModel(TokenModel):
    """A BERT over the genes of a cell, those of highest score first.

    The unit of expression is the score that ranks genes: counts over the gene's median in the
    training cells, and 0 for a gene without a token. Equal scores stand in the order of their
    tokens. A gene that leaves lets the later ones move up, as when the cell is ranked anew without
    it. Scores only order genes, so nothing is differentiable in them. The slope of a gene is that
    of its gate in attention and pooling, plus what all later genes gain or lose by moving one
    position, up when it leaves and down when it enters, averaged over 8 places of that way. A
    second part, by log score, is what changes when it takes the rank of its other score.
    """

    name = "geneformer"
    unit = "score"
    n_parts = 2

    def __init__(
        self,
        network: Any,
        dictionaries: Dictionaries,
        genes: np.ndarray,
        known: KnownGenes,
        medians: np.ndarray,
        options: GeneformerOptions,
        device: torch.device,
    ) -> None:
        self.network = network.to(device)
        self.genes, self.token_ids = genes, known.tokens
        self.d_embedding = int(network.config.hidden_size)
        self.n_weights = sum(weight.numel() for weight in network.parameters())
        self.options = options
        self.batch_size = options.batch_size
        self.device = device
        self._medians = medians
        self._tokens = torch.as_tensor(known.tokens, device=device)
        self._before = [dictionaries.tokens[t] for t in (CLS,) if t in dictionaries.tokens]
        self._after = [dictionaries.tokens[t] for t in (EOS,) if t in dictionaries.tokens]
        positions = int(network.config.max_position_embeddings)
        self.max_genes = positions - len(self._before) - len(self._after)
        layers = int(network.config.num_hidden_layers)
        self._depth = layers - 1 if options.hidden_layer is None else options.hidden_layer

    def prepare_row(self, columns: np.ndarray, counts: np.ndarray, cell_id: str) -> np.ndarray:
        """Return the scores of one cell, 0 below the ranks the model reads. See `TokenModel`."""
        scores = (counts / self._medians[columns]).astype(np.float32)
        if len(scores) > self.max_genes:
            scores[np.argsort(-scores, kind="stable")[self.max_genes :]] = 0
        return scores

    def embed_tokens(self, tokens: Tokens, gates: torch.Tensor | None) -> torch.Tensor:
        """Return embeddings (n, d_embedding) of tokens; see `TokenModel`."""
        order = self._rank(tokens)
        inputs = self._inputs(tokens, order)
        return self._run(inputs, None if gates is None else gates.gather(1, order))

    def slopes_of(
        self, tokens: Tokens, readers: torch.Tensor, n_entering: int = 0
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Return embeddings, and the slopes of gates and of scores; see `TokenModel`.

        A token that is not in the cell stands where it would enter, at the position of the first
        one behind it. From a full cell the last gene has to go.
        """
        n_real = tokens.columns.shape[1] - n_entering
        ranks = rank_tokens(tokens, n_entering, len(self.genes))
        fits = ranks.place < self.max_genes
        places = ranks.place.clamp(max=self.max_genes - 1)
        gates = fits.to(tokens.values)
        gates[:, n_real:] = 0
        gates = gates.clamp(min=ENTERING).requires_grad_(True)
        order = torch.arange(places.shape[1], device=places.device).expand(len(places), -1)
        positions = self._positions(places, min(n_real, self.max_genes))
        embeddings = self._run(self._inputs(tokens, order), gates, positions)
        (of_gate,) = torch.autograd.grad((embeddings * readers).sum(), gates)
        real = Tokens(*(part[:, :n_real] for part in tokens))
        inputs = self._inputs(real, self._rank(real))
        at = places + len(self._before)
        up = self._move(inputs, readers, -1)
        gate = of_gate - up.gather(1, (at + 1).clamp(max=inputs.shape[1]))
        score = torch.zeros_like(gate)
        if n_entering:
            down = self._move(inputs, readers, 1)
            enters = of_gate[:, n_real:] + down.gather(1, at[:, n_real:])
            if n_real >= self.max_genes:
                last = (places[:, :n_real] == self.max_genes - 1).long().argmax(dim=1, keepdim=True)
                enters = enters - of_gate.gather(1, last)
            moves = ranks.source >= 0
            gate[:, n_real:] = torch.where(moves, 0.0, enters)
            of_score = _slope_of_moving(tokens, ranks.source, of_gate, at, (up, down))
            score[:, n_real:] = torch.where(moves, of_score, 0.0)
        return embeddings.detach(), [torch.where(fits, gate, 0.0), score]

    def differences(self, expression: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Return presence minus that of the others, and log scores minus theirs where both are."""
        presence = super().differences(expression, others)
        both = (expression > 0) & (others > 0)
        ratio = np.divide(expression, others, out=np.ones_like(expression), where=both)
        return np.stack([presence[0], np.log(ratio)])

    def _list_entering(self, expression: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
        """Return the values of tokens that would enter or move to another rank."""
        return torch.where(expression == others, 0, others)

    def _move(self, inputs: torch.Tensor, readers: torch.Tensor, by: int) -> torch.Tensor:
        """Return what is read more when inputs from a position on move by one, (n, n_inputs + 1).

        To first order, averaged over places between all tokens where they are and all of them
        one position further; the last column is 0.
        """
        # Positions are added to inputs, so a slope along one is a slope along the other.
        table = self.network.embeddings.position_embeddings.weight
        at = torch.arange(inputs.shape[1], device=inputs.device)
        step = table[(at + by).clamp(0, len(table) - 1)] - table[at]
        gains = torch.zeros_like(inputs[:, :, 0])
        nodes, weights = np.polynomial.legendre.leggauss(_PLACES)
        for node, weight in zip(nodes, weights, strict=True):
            place = (inputs + float((node + 1) / 2) * step).requires_grad_(True)
            read = (self._run(place, None) * readers).sum()
            (slope,) = torch.autograd.grad(read, place)
            gains += float(weight / 2) * (slope * step).sum(dim=2)
        return torch.nn.functional.pad(gains.flip(1).cumsum(dim=1).flip(1), (0, 1))

    def _positions(self, places: torch.Tensor, n_genes: int) -> torch.Tensor:
        """Return the positions of all inputs, genes at `places` among the `n_genes` of a cell."""
        n_before, n_after = len(self._before), len(self._after)
        before = torch.arange(n_before, device=places.device)
        after = torch.arange(n_after, device=places.device) + n_before + n_genes
        rows = [ends.expand(len(places), -1) for ends in (before, after)]
        return torch.cat([rows[0], places + n_before, rows[1]], dim=1)

    def _rank(self, tokens: Tokens) -> torch.Tensor:
        """Return the places of tokens, highest score first, (n, at most `max_genes`)."""
        order = torch.argsort(tokens.values, dim=1, descending=True, stable=True)
        return order[:, : self.max_genes]

    def _inputs(self, tokens: Tokens, order: torch.Tensor) -> torch.Tensor:
        """Return the vectors of the tokens in their order, special ones around them."""
        genes = self._tokens[tokens.columns.gather(1, order)]
        ends = [genes.new_tensor(ids).expand(len(genes), -1) for ids in (self._before, self._after)]
        rows = torch.cat([ends[0].long(), genes, ends[1].long()], dim=1)
        return self.network.embeddings.word_embeddings(rows).detach()

    def _run(
        self,
        inputs: torch.Tensor,
        gates: torch.Tensor | None,
        positions: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Return embeddings of input vectors, at `positions` or one after another."""
        if positions is None:
            positions = torch.arange(inputs.shape[1], device=inputs.device)[None]
        mask = None
        if gates is not None:
            n_after = len(self._after)
            whole = torch.nn.functional.pad(gates, (len(self._before), n_after), value=1.0)
            mask = whole.log()[:, None, None, :].expand(-1, 1, whole.shape[1], -1)
        found = self.network(
            inputs_embeds=inputs,
            attention_mask=mask,
            position_ids=positions,
            output_hidden_states=True,
        )
        vectors = found.hidden_states[self._depth]
        if self.options.pooling == "cls":
            return vectors[:, 0]
        of_genes = vectors[:, len(self._before) : vectors.shape[1] - len(self._after)]
        if gates is None:
            return of_genes.mean(dim=1)
        weights = gates / gates.sum(dim=1, keepdim=True)
        return (of_genes * weights.unsqueeze(-1)).sum(dim=1)


def _slope_of_moving(
    tokens: Tokens,
    source: torch.Tensor,
    of_gate: torch.Tensor,
    at: torch.Tensor,
    moves: tuple[torch.Tensor, torch.Tensor],
) -> torch.Tensor:
    """Return what a gene that moves to another rank changes per unit of log score, (n, n_moving).

    It is seen at its new position instead of the old one, and those it passes make room.

    Parameters
    ----------
    tokens : the last n_moving are genes at their new values.
    source : (n, n_moving) the same genes among the tokens of the cell; -1 gives any number.
    of_gate, at : (n, n_tokens) slopes of gates, and positions.
    moves : what is read more when inputs from a position on move up, and when they move down.
    """
    n_real = at.shape[1] - source.shape[1]
    home = source.clamp(min=0)
    old, new = at.gather(1, home), at[:, n_real:]
    up, down = moves
    passed = up.gather(1, old + 1) - up.gather(1, (new + 1).clamp(max=up.shape[1] - 1))
    let_by = down.gather(1, new) - down.gather(1, old)
    made_room = torch.where(new > old, passed, let_by)
    change = of_gate.gather(1, home) - of_gate[:, n_real:] - made_room
    ratio = tokens.values.gather(1, home) / tokens.values[:, n_real:].clamp(min=1e-30)
    way = ratio.log()
    # Of a shorter way what it changes by chance would grow when another draw goes further.
    least = torch.full_like(way, _LEAST_WAY).copysign(way)
    return change / torch.where(way.abs() < _LEAST_WAY, least, way)


def know_geneformer_genes(folder: Path, cells: Cells, options: GeneformerOptions) -> KnownGenes:
    """Return the genes of the cells that the dictionaries of a model hold.

    Raises
    ------
    InputError
        The folder is no Geneformer, its dictionaries are refused, or too few genes are known.
    """
    return know_genes(cells, _read(folder, options)[2].genes, "Geneformer")


def load_geneformer(
    folder: Path, cells: Cells, options: GeneformerOptions, device: torch.device
) -> GeneformerModel:
    """Load a Hugging Face folder with its dictionaries, V1 or V2, for these cells.

    V2 has the tokens ``<cls>`` and ``<eos>``, which stand around the genes. The model reads the
    genes of `know_geneformer_genes`, in that order.

    Raises
    ------
    InputError
        Files are missing, damaged or of different versions, `transformers` is not installed, too
        few genes are known, or an option does not fit.
    """
    place, config, dictionaries = _read(folder, options)
    known = know_genes(cells, dictionaries.genes, "Geneformer")
    if options.pooling == "cls" and CLS not in dictionaries.tokens:
        raise fault(
            folder,
            f"pooling = 'cls', and the model has no token {CLS}",
            "'mean' for Geneformer V1",
            "Change it.",
        )
    layers = config["num_hidden_layers"]
    if options.hidden_layer is not None and not 0 <= options.hidden_layer <= layers:
        raise fault(
            folder, f"hidden_layer = {options.hidden_layer}", f"0 to {layers}", "Change it."
        )
    network = load_network(place)
    names = {number: name for name, number in dictionaries.genes.items()}
    medians = np.array([dictionaries.medians[names[token]] for token in known.tokens.tolist()])
    genes = np.array([cells.genes.symbols[g] for g in known.columns])
    return GeneformerModel(network, dictionaries, genes, known, medians, options, device)


def _read(folder: Path, options: GeneformerOptions) -> tuple[Path, dict[str, Any], Dictionaries]:
    place = find_network(folder)
    config = read_config(place)
    dictionaries = read_dictionaries(
        place, config["vocab_size"], options.token_dictionary, options.median_dictionary
    )
    return place, config, dictionaries
