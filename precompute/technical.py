"""What is technical about a concept, told by its genes and by how donors differ in it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from precompute.cell_cycle import read_phases
from precompute.obs import Obs

# So many of the first genes are looked at, and half of them make the concept one of their kind.
N_FIRST = 10
DONOR_SHARE = 0.25
_RIBOSOMAL = re.compile(r"M?RP[SL]\d+[A-Z0-9]*|RPLP[0-2]|RPSA|FAU|UBA52", re.IGNORECASE)
_MITOCHONDRIAL = re.compile(r"MT-.+", re.IGNORECASE)


def flag_by_genes(first_genes: Sequence[Sequence[str]]) -> dict[str, np.ndarray]:
    """Return which concepts are raised by genes of one technical kind, each (n_concepts,) bool.

    Parameters
    ----------
    first_genes : for each concept the symbols that raise it most by presence.
    """
    cycling = {symbol for genes in read_phases().values() for gene in genes for symbol in gene}
    kinds = {
        "ribosomal": lambda symbol: bool(_RIBOSOMAL.fullmatch(symbol)),
        "mitochondrial": lambda symbol: bool(_MITOCHONDRIAL.fullmatch(symbol)),
        "cell_cycle": lambda symbol: symbol.upper() in cycling,
    }
    return {
        kind: np.array([_most(genes[:N_FIRST], is_one) for genes in first_genes], dtype=bool)
        for kind, is_one in kinds.items()
    }


def flag_by_variance(shares: np.ndarray, obs: Obs) -> np.ndarray:
    """Return which concepts differ more by donor or batch than by cell type, (n_concepts,) bool.

    Parameters
    ----------
    shares : (n_concepts, n_obs) share of the variance of the activation between categories; see
        `donor_tests.share_of_variance`.
    """
    of_source, of_type = np.zeros(len(shares)), np.zeros(len(shares))
    for index, column in enumerate(obs.columns):
        found = np.nan_to_num(shares[:, index])
        if column.role in ("donor", "batch"):
            of_source = np.maximum(of_source, found)
        elif column.role == "cell_type":
            of_type = np.maximum(of_type, found)
    return (of_source >= DONOR_SHARE) & (of_source > of_type)


def _most(symbols: Sequence[str], is_one) -> bool:
    return len(symbols) > 0 and 2 * sum(map(is_one, symbols)) >= len(symbols)
