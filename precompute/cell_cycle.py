"""Scores of the cell cycle for every cell, from the genes of its phases (`cell_cycle.tsv`)."""

from __future__ import annotations

from importlib.resources import files

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
import scipy.sparse as sp

# With fewer genes of a phase its score is the score of those few genes.
LEAST_GENES = 10
SCORES = {"S": "s_score", "G2M": "g2m_score"}


def read_phases() -> dict[str, list[tuple[str, ...]]]:
    """Return the genes of the phases S and G2M, each as its symbol and former symbols."""
    text = (files("precompute") / "cell_cycle.tsv").read_text(encoding="utf-8")
    lines = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    found: dict[str, list[tuple[str, ...]]] = {phase: [] for phase in SCORES}
    for phase, *symbols in lines[1:]:
        found[phase].append(tuple(symbol for symbol in symbols if symbol))
    return found


def find_phase_genes(symbols: list[str]) -> dict[str, list[int]]:
    """Return the positions of the genes of each phase, by symbol or former symbol, any case."""
    place: dict[str, int] = {}
    for position, symbol in enumerate(symbols):
        place.setdefault(symbol.upper(), position)
    return {
        phase: [place[hit[0]] for gene in genes if (hit := [n for n in gene if n in place])]
        for phase, genes in read_phases().items()
    }


def score_cell_cycle(
    counts: sp.csr_matrix, library_size: np.ndarray, symbols: list[str]
) -> dict[str, np.ndarray]:
    """Return scanpy's scores of the phases S and G2M, ``s_score`` and ``g2m_score``.

    The mean of log1p counts per 10,000 of the genes of a phase, minus that of random genes of
    like expression (Tirosh et al. 2016, Science 352:189; Satija et al. 2015, Nat Biotechnol
    33:495).

    Parameters
    ----------
    counts : (n_cells, n_genes) raw counts.
    library_size : (n_cells,) total counts.

    Returns
    -------
    dict
        Each (n_cells,) float32; empty where the data hold fewer than `LEAST_GENES` expressed
        genes of a phase, or no other genes to compare them with.
    """
    expressed = np.flatnonzero(np.asarray(counts.sum(axis=0)).ravel() > 0)
    genes = find_phase_genes([symbols[i] for i in expressed])
    if min(map(len, genes.values())) < LEAST_GENES:
        return {}
    scaled = sp.csr_matrix(sp.diags_array(1e4 / library_size) @ counts[:, expressed], dtype=float)
    scaled.data = np.log1p(scaled.data)
    names = pd.Index([str(i) for i in range(len(expressed))])
    cells = ad.AnnData(scaled, var=pd.DataFrame(index=names))
    s_genes, g2m_genes = (names[genes[phase]].tolist() for phase in SCORES)
    try:
        sc.tl.score_genes_cell_cycle(cells, s_genes=s_genes, g2m_genes=g2m_genes)
    except RuntimeError:  # scanpy found no genes to compare with
        return {}
    return {
        name: cells.obs[column].to_numpy(np.float32)
        for name, column in (("s_score", "S_score"), ("g2m_score", "G2M_score"))
    }
