"""Cells with planted programmes and known driver genes: the truth that tests measure against."""

from __future__ import annotations

from dataclasses import dataclass

import anndata as ad
import numpy as np
import pandas as pd
import scipy.sparse as sp

from precompute.errors import fault

_SHARE_OF_DRIVERS = 0.04
_MEAN_LIBRARY = 500.0
_LIBRARY_SPREAD = 0.35
_DONOR_SHIFT = 0.15
_INVERSE_DISPERSION = 4.0


@dataclass(frozen=True)
class Plan:
    """What is planted: which programmes make a cell type, and which genes drive them.

    Attributes
    ----------
    drivers : (n_programmes, n_genes) float64, log fold change of a gene at activity 1;
        0 for genes that are no driver. No gene drives two programmes.
    types : (n_types, n_programmes) bool, programmes of each cell type.
    response : the programme that the condition switches on in every type.
    """

    drivers: np.ndarray
    types: np.ndarray
    response: int


def simulate(
    n_cells: int = 1000,
    n_genes: int = 500,
    n_programmes: int = 10,
    n_donors: int = 4,
    seed: int = 0,
) -> ad.AnnData:
    """Return simulated cells with the truth beside them.

    A cell type is a combination of two programmes and shares each of them with another
    type. The last programme responds to the condition ``stimulated`` in every type. The
    activity of a programme varies between cells; its drivers rise by their log fold change
    times it. Donors shift each gene a little, libraries differ in size, and counts are
    negative binomial.

    Parameters
    ----------
    n_cells : rows; donor, condition and type are drawn independently.
    n_genes : columns, at least two for each programme.
    n_programmes : at least 4: three for the types, one for the response.

    Returns
    -------
    AnnData : X raw counts, CSR float32; obs ``cell_type``, ``donor``, ``condition``;
        obsm ``programme_activity`` (n_cells, n_programmes) float32, 0 where switched off;
        varm ``driver`` (n_genes, n_programmes) float32, log fold change of each driver;
        uns ``truth`` with the index of the ``response`` programme, the ``types``
        (n_types, n_programmes) and the arguments.

    Raises
    ------
    InputError
        A number is too small.
    """
    _check(n_cells, n_genes, n_programmes, n_donors)
    rng = np.random.default_rng(seed)
    plan = _draw_plan(n_genes, n_programmes, rng)
    obs = _draw_cells(n_cells, len(plan.types), n_donors, rng)
    activity = _draw_activity(obs, plan, rng)
    counts = _draw_counts(obs, activity, plan, rng)
    arguments = {"n_cells": n_cells, "n_genes": n_genes, "n_programmes": n_programmes}
    arguments |= {"n_donors": n_donors, "seed": seed}
    return ad.AnnData(
        X=sp.csr_matrix(counts.astype(np.float32)),
        obs=obs,
        var=pd.DataFrame(index=[f"gene_{gene}" for gene in range(n_genes)]),
        obsm={"programme_activity": activity.astype(np.float32)},
        varm={"driver": plan.drivers.T.astype(np.float32)},
        uns={"truth": {"response": plan.response, "types": plan.types, "arguments": arguments}},
    )


def _draw_plan(n_genes: int, n_programmes: int, rng: np.random.Generator) -> Plan:
    """Give each programme its drivers, and each type two neighbouring programmes of a ring."""
    n_drivers = max(2, round(_SHARE_OF_DRIVERS * n_genes))
    n_drivers = min(n_drivers, n_genes // n_programmes)
    genes = rng.permutation(n_genes)[: n_programmes * n_drivers].reshape(n_programmes, n_drivers)
    drivers = np.zeros((n_programmes, n_genes))
    np.put_along_axis(drivers, genes, rng.uniform(0.5, 2.0, genes.shape), axis=1)
    of_types = n_programmes - 1
    types = np.zeros((of_types, n_programmes), bool)
    for cell_type in range(of_types):
        types[cell_type, [cell_type, (cell_type + 1) % of_types]] = True
    return Plan(drivers, types, response=n_programmes - 1)


def _draw_cells(
    n_cells: int, n_types: int, n_donors: int, rng: np.random.Generator
) -> pd.DataFrame:
    def labels(names: list[str]) -> object:
        codes = rng.integers(len(names), size=n_cells)
        return pd.Categorical.from_codes(codes, categories=pd.Index(names))

    return pd.DataFrame(
        {
            "cell_type": labels([f"type_{i}" for i in range(n_types)]),
            "donor": labels([f"donor_{i}" for i in range(n_donors)]),
            "condition": labels(["control", "stimulated"]),
        },
        index=[f"cell_{cell}" for cell in range(n_cells)],
    )


def _draw_activity(obs: pd.DataFrame, plan: Plan, rng: np.random.Generator) -> np.ndarray:
    """Return activities (n_cells, n_programmes): around 1 where switched on, 0 elsewhere."""
    on = plan.types[obs["cell_type"].cat.codes]
    on[:, plan.response] = obs["condition"] == "stimulated"
    return on * rng.gamma(shape=3.0, scale=1 / 3.0, size=on.shape)


def _draw_counts(
    obs: pd.DataFrame, activity: np.ndarray, plan: Plan, rng: np.random.Generator
) -> np.ndarray:
    """Return negative binomial counts (n_cells, n_genes), as a Poisson of a gamma."""
    n_genes = plan.drivers.shape[1]
    n_donors = len(obs["donor"].cat.categories)
    baseline = rng.normal(0.0, 1.0, n_genes)
    shift = rng.normal(0.0, _DONOR_SHIFT, (n_donors, n_genes))
    log_rate = baseline + shift[obs["donor"].cat.codes] + activity @ plan.drivers
    rate = np.exp(log_rate)
    library = _MEAN_LIBRARY * rng.lognormal(0.0, _LIBRARY_SPREAD, len(obs))
    mean = library[:, None] * rate / rate.sum(axis=1, keepdims=True)
    noise = rng.gamma(_INVERSE_DISPERSION, 1 / _INVERSE_DISPERSION, mean.shape)
    return rng.poisson(mean * noise)


def _check(n_cells: int, n_genes: int, n_programmes: int, n_donors: int) -> None:
    wanted = {
        "n_cells": (n_cells, 1),
        "n_programmes": (n_programmes, 4),
        "n_genes": (n_genes, 2 * n_programmes),
        "n_donors": (n_donors, 1),
    }
    small = {name: pair for name, pair in wanted.items() if pair[0] < pair[1]}
    if small:
        raise fault(
            "simulate",
            ", ".join(f"{name} = {value}" for name, (value, _) in small.items()),
            ", ".join(f"{name} >= {least}" for name, (_, least) in small.items()),
            "Raise them.",
        )
