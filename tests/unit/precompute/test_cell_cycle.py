"""Cell-cycle scores against planted phases, and what the genes of a concept say of it."""

import numpy as np
import pytest
import scipy.sparse as sp

from precompute.cell_cycle import find_phase_genes, read_phases, score_cell_cycle
from precompute.obs import Column, Obs
from precompute.technical import flag_by_genes, flag_by_variance

S = [gene[0] for gene in read_phases()["S"]]
G2M = [gene[0] for gene in read_phases()["G2M"]]
OTHER = [f"GENE{i}" for i in range(300)]


def plant(symbols: list[str]) -> tuple[sp.csr_matrix, np.ndarray]:
    """Counts of 90 cells: 30 resting, 30 in S, 30 in G2/M."""
    rate = np.full((90, len(symbols)), 0.8)
    upper = [symbol.upper() for symbol in symbols]
    rate[30:60, np.isin(upper, S)] = 4
    rate[60:, np.isin(upper, G2M)] = 4
    counts = np.random.default_rng(0).poisson(rate).astype(np.float32)
    return sp.csr_matrix(counts), counts.sum(1)


def test_the_published_numbers_of_genes():
    assert (len(S), len(G2M)) == (43, 54)
    assert len({*S, *G2M}) == 97


@pytest.mark.parametrize("change", [str, str.capitalize])
def test_cells_in_a_phase_have_the_highest_score_of_it(change):
    symbols = [change(symbol) for symbol in OTHER + S + G2M]
    scores = score_cell_cycle(*plant(symbols), symbols)
    s, g2m = scores["s_score"], scores["g2m_score"]
    assert s[30:60].min() > max(s[:30].max(), s[60:].max())
    assert g2m[60:].min() > g2m[:60].max()


def test_too_few_genes_give_no_score():
    symbols = OTHER + S + G2M[:9]
    assert score_cell_cycle(*plant(symbols), symbols) == {}
    assert set(score_cell_cycle(*plant(OTHER + S + G2M[:10]), OTHER + S + G2M[:10])) == {
        "s_score",
        "g2m_score",
    }
    assert score_cell_cycle(*plant(OTHER), OTHER) == {}


def test_genes_that_no_cell_expresses_do_not_count():
    symbols = OTHER + S + G2M
    counts, library_size = plant(symbols)
    dense = counts.toarray()
    dense[:, -45:] = 0  # 9 of the G2/M genes are left
    assert score_cell_cycle(sp.csr_matrix(dense), library_size, symbols) == {}


def test_former_symbols_are_known():
    assert find_phase_genes(["MLF1IP", "HN1", "B"]) == {"S": [0], "G2M": [1]}
    assert find_phase_genes(["MLF1IP", "CENPU"])["S"] == [1]  # each gene once


def test_scores_of_the_data_are_kept():
    own = Column("s_score", "S_score", "qc", None, np.ones(2))
    obs = Obs([own], ()).with_numbers({"s_score": np.zeros(2), "g2m_score": np.zeros(2)})
    assert [(c.name, c.values[0]) for c in obs.columns] == [("S_score", 1), ("g2m_score", 0)]


def test_what_the_first_genes_are():
    genes = [
        ["RPS6", "RPL13A", "CD3D", "LYZ"],
        ["RPS6", "CD3D", "LYZ"],
        ["MT-CO1", "mt-Nd1", "LYZ", "B"],
        ["MKI67", "TOP2A", "Cdk1"],
        [],
    ]
    found = flag_by_genes(genes)
    assert found["ribosomal"].tolist() == [True, False, False, False, False]
    assert found["mitochondrial"].tolist() == [False, False, True, False, False]
    assert found["cell_cycle"].tolist() == [False, False, False, True, False]


def test_donors_that_tell_more_than_cell_types():
    columns = [Column(role, role, role, ["a", "b"], np.zeros(1)) for role in ("donor", "cell_type")]
    shares = np.array([[0.3, 0.2], [0.3, 0.4], [0.24, 0.0], [0.25, 0.0], [np.nan, 0.1]])
    found = flag_by_variance(shares, Obs(columns, ()))
    assert found.tolist() == [True, False, False, True, False]
