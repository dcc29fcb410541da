"""Draws the cells of a plan: donors, conditions, types, and who has which programme on."""

from __future__ import annotations

from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd

from precompute.synthetic.counts import draw_counts
from precompute.synthetic.plan import ACTIVITY_SHAPE, Design, Plan, draw_plan

_SHARE_NESTED = 0.5
_SHARE_COACTIVE = 0.25
_SHARE_ALONE = 0.05

YARDSTICK: MappingProxyType[str, Any] = MappingProxyType(
    {
        "n_cells": 3000,
        "n_genes": 2000,
        "n_programmes": 16,
        "n_donors": 8,
        "n_nested": 3,
        "n_coactive": 2,
        "n_library": 1,
        "n_bystanders": 20,
        "n_drivers": 30,
        "share_falling": 0.2,
        "library_size": 1000.0,
    }
)


def simulate(
    n_cells: int = 1000,
    n_genes: int = 500,
    n_programmes: int = 10,
    n_donors: int = 4,
    seed: int = 0,
    *,
    n_nested: int = 0,
    n_coactive: int = 0,
    n_library: int = 0,
    n_bystanders: int = 0,
    n_drivers: int | None = None,
    share_falling: float = 0.0,
    library_size: float = 500.0,
) -> ad.AnnData:
    """Return simulated cells with the truth beside them.

    A cell type is a combination of two programmes and shares each of them with another
    type. One programme responds to the condition ``stimulated`` in every type. Where a
    programme is on its activity is gamma distributed with shape 3 and mean 1; the log rate
    of a driver moves by its log fold change times that. The size of a log fold change is
    uniform between 0.5 and 2, the baseline of a gene is normal with deviation 1 in log rate,
    each donor shifts each gene by a normal with deviation 0.15. Rates are divided by their
    sum over genes; counts are negative binomial around rate x library size with inverse
    dispersion 4; the log library size is normal with deviation 0.35.

    Four hard cases can be planted on top, each programme with drivers of its own:

    nested : on in half of the cells of one type, off in all others.
    co-active : a pair that is switched on together in a quarter of the cells of all types,
        except that each of the two stays off in 5 % of them. Their activities, where on,
        are independent.
    library : a technical programme, on in every cell, whose activity has correlation 0.9
        with the log library size, which keeps its deviation.
    bystanders : genes that rise with a programme just as its drivers do, from the same
        distribution of log fold changes. In the counts nothing tells them from drivers:
        they are for models that were kept from learning the relation.

    Parameters
    ----------
    n_cells : rows; donor, condition and type are drawn independently.
    n_genes : columns, enough for the drivers and bystanders of all programmes.
    n_programmes : at least 4: three for the types, one for the response. The hard ones
        come on top of them.
    n_nested : nested programmes, in types spread over the ring.
    n_coactive : pairs of co-active programmes.
    n_library : library programmes.
    n_bystanders : bystander genes of each programme.
    n_drivers : drivers of each programme; None takes 4 % of the genes, or as many as there
        are for all programmes.
    share_falling : share of the drivers of each programme that fall when it is on.
    library_size : geometric mean of the total counts of a cell.

    Returns
    -------
    AnnData : X raw counts, CSR float32; obs ``cell_type``, ``donor``, ``condition``;
        obsm ``programme_activity`` (n_cells, n_programmes) float32, 0 where switched off;
        varm ``driver`` and ``bystander`` (n_genes, n_programmes) float32, log fold change, 0
        for other genes; uns ``truth`` with the index of the ``response`` programme, the
        ``kind`` of each programme (``type``, ``response``, ``nested``, ``coactive``,
        ``library``, in this order of columns), the ``types`` (n_types, n_programmes), the
        ``home`` type of each nested and the ``partner`` of each co-active programme (-1 for
        others), and the arguments.

    Raises
    ------
    InputError
        A number is out of its range, or the genes do not suffice.
    """
    design = Design(
        n_cells, n_genes, n_programmes, n_donors, seed, n_nested, n_coactive, n_library,
        n_bystanders, n_drivers, share_falling, library_size,
    )  # fmt: skip
    rng = np.random.default_rng(seed)
    plan = draw_plan(design, rng)
    obs = _draw_cells(n_cells, len(plan.types), n_donors, rng)
    activity = _draw_activity(obs, plan, rng)
    return ad.AnnData(
        X=draw_counts(obs, activity, plan, library_size, rng),
        obs=obs,
        var=pd.DataFrame(index=[f"gene_{gene}" for gene in range(n_genes)]),
        obsm={"programme_activity": activity.astype(np.float32)},
        varm={
            "driver": plan.drivers.T.astype(np.float32),
            "bystander": plan.bystanders.T.astype(np.float32),
        },
        uns={"truth": _describe(design, plan)},
    )


def simulate_yardstick(seed: int = 0, **changes: Any) -> ad.AnnData:
    """Return the full hard set: `simulate` with the arguments of `YARDSTICK`.

    3,000 cells of 8 donors, 2,000 genes with library size 1,000, 24 programmes: 15
    that make 15 types, the response, 3 nested, 2 co-active pairs and 1 library programme. Each
    has 30 drivers, 6 of which fall, and 20 bystanders; 800 genes go with no programme.

    Parameters
    ----------
    changes : arguments of `simulate` to set otherwise.
    """
    return simulate(**{**YARDSTICK, "seed": seed, **changes})


def _describe(design: Design, plan: Plan) -> dict[str, Any]:
    return {
        "response": int(plan.of_kind("response")[0]),
        "kind": plan.kind,
        "types": plan.types,
        "home": plan.home,
        "partner": plan.partner,
        "arguments": asdict(design) | {"n_drivers": design.count_drivers()},
    }


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
    codes = obs["cell_type"].cat.codes.to_numpy()
    on = plan.types[codes]
    on[:, plan.of_kind("response")] = (obs["condition"] == "stimulated").to_numpy()[:, None]
    for programme in plan.of_kind("nested"):
        inside = codes == plan.home[programme]
        on[:, programme] = inside & (rng.random(len(obs)) < _SHARE_NESTED)
    for pair in plan.of_kind("coactive").reshape(-1, 2):
        together = rng.random((len(obs), 1)) < _SHARE_COACTIVE
        on[:, pair] = together & (rng.random((len(obs), 2)) >= _SHARE_ALONE)
    on[:, plan.of_kind("library")] = True
    return on * rng.gamma(ACTIVITY_SHAPE, 1 / ACTIVITY_SHAPE, size=on.shape)
