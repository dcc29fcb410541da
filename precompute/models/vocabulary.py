"""Which genes of the data a model knows. Reads names, holds no model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from precompute.cells import Cells
from precompute.errors import fault
from precompute.genes import GeneNames

LEAST_SHARE = 0.5
_ENSEMBL = re.compile(r"ENS[A-Z]*G\d{11}")


class KnownGenes(NamedTuple):
    """Genes that are in the data and in the model, in the order of the model's tokens.

    Attributes
    ----------
    columns : (n_known,) int64, indices among the genes of the data.
    tokens : (n_known,) int64, ascending.
    notice : what the model does not know, in a sentence, or an empty string.
    """

    columns: np.ndarray
    tokens: np.ndarray
    notice: str


def know_genes(cells: Cells, vocabulary: Mapping[str, int], model: str) -> KnownGenes:
    """Return the expressed genes of the cells that a vocabulary holds, by symbol or by id.

    Of symbols and ids those are taken of which more are known; Ensembl ids match without their
    version too.

    Raises
    ------
    InputError
        Fewer than half of the genes that any cell expresses are known.
    """
    expressed = np.flatnonzero(np.asarray((cells.counts != 0).sum(axis=0)).ravel())
    found = match_best(cells.genes, vocabulary, expressed)
    n_known = len(found.columns)
    n_unknown = len(expressed) - n_known
    if n_known < LEAST_SHARE * len(expressed) or not len(expressed):
        raise fault(
            cells.source,
            f"{model} knows {n_known:,} of the {len(expressed):,} genes that cells express, as "
            f"'{cells.genes.symbols[0]}' or '{cells.genes.ids[0]}'",
            f"at least {LEAST_SHARE:.0%} of them, named as in the model (first: "
            f"'{_example(vocabulary)}')",
            _hint(vocabulary),
        )
    known = set(found.columns.tolist())
    first = [cells.genes.symbols[g] for g in expressed if g not in known][:3]
    notice = (
        f"{model} does not know {n_unknown:,} of the {len(expressed):,} genes that cells express "
        f"(first: {', '.join(first)}): it does not read them, and they have no attribution."
        if n_unknown
        else ""
    )
    return found._replace(notice=notice)


def match_best(
    genes: GeneNames, vocabulary: Mapping[str, int], among: np.ndarray | None = None
) -> KnownGenes:
    """Return the genes that a vocabulary holds by symbol or by id, whichever holds more of them.

    Parameters
    ----------
    genes : names in the data; Ensembl ids match without their version too.
    vocabulary : name of a gene to its token.
    among : indices of the genes that count, or None for all.

    Returns
    -------
    KnownGenes without a notice. Of two genes with one token the first is taken.
    """
    chosen = np.arange(len(genes.ids)) if among is None else among
    found = max((_match(names, chosen, vocabulary) for names in _namings(genes)), key=len)
    columns = np.array([column for column, _ in found], np.int64)
    tokens = np.array([token for _, token in found], np.int64)
    order = np.argsort(tokens)
    return KnownGenes(columns[order], tokens[order], "")


def locate_genes(names: list[str], cells: Cells) -> np.ndarray:
    """Return the index in `cells.genes` of each name, which is a symbol or an id.

    Raises
    ------
    InputError
        Some names are in neither.
    """
    by_name = {name: i for i, name in enumerate(cells.genes.ids)}
    by_name |= {name: i for i, name in enumerate(cells.genes.symbols)}
    missing = [name for name in names if name not in by_name]
    if missing:
        raise fault(
            cells.source,
            f"{len(missing):,} of the model's {len(names):,} genes are missing "
            f"(first: {', '.join(missing[:3])})",
            "all genes the model was trained on",
            "Give the data with these genes, named alike (symbols or Ensembl ids).",
        )
    return np.array([by_name[name] for name in names], dtype=np.int64)


def _namings(genes: GeneNames) -> list[list[str]]:
    bare = [name.split(".")[0] if _ENSEMBL.match(name) else name for name in genes.ids]
    return [genes.symbols, genes.ids, bare]


def _match(
    names: list[str], among: np.ndarray, vocabulary: Mapping[str, int]
) -> list[tuple[int, int]]:
    """Return pairs of gene and token; the first gene where two have one token."""
    found: dict[int, int] = {}
    for gene in among.tolist():
        token = vocabulary.get(names[gene])
        if token is not None:
            found.setdefault(token, gene)
    return [(gene, token) for token, gene in found.items()]


def _example(vocabulary: Mapping[str, int]) -> str:
    return next((name for name in vocabulary if not name.startswith("<")), "none")


def _hint(vocabulary: Mapping[str, int]) -> str:
    if _ENSEMBL.match(_example(vocabulary)):
        return (
            "The model reads Ensembl ids: put them in var_names, or in a var column named "
            "gene_ids or ensembl_id."
        )
    return (
        "The model reads gene symbols: put them in var_names, or name their var column in "
        "data.gene_symbols."
    )
