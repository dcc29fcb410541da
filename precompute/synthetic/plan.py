"""What is planted: programmes of several kinds, and the genes that go with each. Draws no cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from precompute.errors import fault

KINDS = ("type", "response", "nested", "coactive", "library")
ACTIVITY_SHAPE = 3.0  # of the gamma, mean 1, that activities follow where they are on
_SHARE_OF_DRIVERS = 0.04
_LOG_FOLD_CHANGES = (0.5, 2.0)
_PROGRAMMES_OF_TYPE = 2


@dataclass(frozen=True)
class Design:
    """The numbers of a simulation; see `simulate` for the fields.

    Raises
    ------
    InputError
        A number is out of its range, or the genes do not suffice.
    """

    n_cells: int
    n_genes: int
    n_programmes: int
    n_donors: int
    seed: int
    n_nested: int
    n_coactive: int
    n_library: int
    n_bystanders: int
    n_drivers: int | None
    share_falling: float
    library_size: float

    def __post_init__(self) -> None:
        genes = self.n_planted * (self.n_bystanders + (self.n_drivers or 2))
        least = {"n_cells": 1, "n_programmes": 4, "n_genes": genes, "n_donors": 1}
        least |= {"n_nested": 0, "n_coactive": 0, "n_library": 0, "n_bystanders": 0}
        least |= {"n_drivers": 2, "library_size": 1}
        given = {name: getattr(self, name) for name in least}
        small = {name: n for name, n in given.items() if n is not None and n < least[name]}
        if small:
            raise fault(
                "simulate",
                ", ".join(f"{name} = {n}" for name, n in small.items()),
                ", ".join(f"{name} >= {least[name]}" for name in small),
                "Raise them, or plant less.",
            )
        if not 0 <= self.share_falling <= 1:
            raise fault("simulate", f"share_falling = {self.share_falling}", "0 to 1", "Change it.")

    @property
    def n_planted(self) -> int:
        """Number of programmes, the hard ones included."""
        return self.n_programmes + self.n_nested + 2 * self.n_coactive + self.n_library

    def count_drivers(self) -> int:
        """Return the number of drivers of each programme."""
        if self.n_drivers is not None:
            return self.n_drivers
        wanted = max(2, round(_SHARE_OF_DRIVERS * self.n_genes))
        return min(wanted, self.n_genes // self.n_planted - self.n_bystanders)


@dataclass(frozen=True)
class Plan:
    """Which programmes make a cell type, where the hard ones are on, and which genes follow.

    Attributes
    ----------
    drivers : (n_programmes, n_genes) float64, log fold change of a gene at activity 1;
        0 for genes that are no driver. No gene goes with two programmes.
    bystanders : the same for genes that follow a programme without being its drivers.
    kind : (n_programmes,) str, one of `KINDS`.
    types : (n_types, n_programmes) bool, programmes of each cell type.
    home : (n_programmes,) int64, type inside which a nested programme is on, -1 for others.
    partner : (n_programmes,) int64, the other programme of a co-active pair, -1 for others.
    """

    drivers: np.ndarray
    bystanders: np.ndarray
    kind: np.ndarray
    types: np.ndarray
    home: np.ndarray
    partner: np.ndarray

    def of_kind(self, kind: str) -> np.ndarray:
        """Return the programmes of a kind, ascending."""
        return np.flatnonzero(self.kind == kind)


def draw_plan(design: Design, rng: np.random.Generator) -> Plan:
    """Give each programme its genes, and each type two neighbouring programmes of a ring."""
    n_types = design.n_programmes - 1
    sizes = (n_types, 1, design.n_nested, 2 * design.n_coactive, design.n_library)
    kind = np.repeat(KINDS, sizes)
    home, partner = np.full((2, design.n_planted), -1)
    for i, programme in enumerate(np.flatnonzero(kind == "nested")):
        home[programme] = i * n_types // design.n_nested
    for one, other in np.flatnonzero(kind == "coactive").reshape(-1, 2):
        partner[[one, other]] = other, one
    types = np.zeros((n_types, design.n_planted), bool)
    for cell_type in range(n_types):
        types[cell_type, (cell_type + np.arange(_PROGRAMMES_OF_TYPE)) % n_types] = True
    drivers, bystanders = _draw_genes(design, rng)
    return Plan(drivers, bystanders, kind, types, home, partner)


def _draw_genes(design: Design, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the log fold changes of drivers and of bystanders, (n_programmes, n_genes) both."""
    n_drivers = design.count_drivers()
    shape = design.n_planted, n_drivers + design.n_bystanders
    genes = rng.permutation(design.n_genes)[: shape[0] * shape[1]].reshape(shape)
    changes = rng.uniform(*_LOG_FOLD_CHANGES, shape)
    changes[:, : round(design.share_falling * n_drivers)] *= -1
    drivers, bystanders = np.zeros((2, design.n_planted, design.n_genes))
    for matrix, part in ((drivers, slice(n_drivers)), (bystanders, slice(n_drivers, None))):
        np.put_along_axis(matrix, genes[:, part], changes[:, part], axis=1)
    return drivers, bystanders
