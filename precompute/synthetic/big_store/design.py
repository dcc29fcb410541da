"""How large a synthetic store is, and the arguments that are refused."""

from __future__ import annotations

from dataclasses import dataclass

from precompute.errors import fault

D_EMBEDDING = 32
# Cells behind all statistics that would cost too much on every cell.
N_SAMPLE = 20_000
N_SEEDS = 5
_LEAST = {"n_cells": 200, "n_concepts": 10, "n_genes": 100, "k": 1}
_MOST = {"n_cells": 2**31 - 1, "n_concepts": 100_000, "n_genes": 20_000}


@dataclass(frozen=True)
class StoreDesign:
    """Size and seed of a synthetic store.

    Attributes
    ----------
    n_cells, n_concepts, n_genes : lengths of the axes.
    k : most concepts that are active in a cell.
    seed : equal seeds and sizes give equal arrays.
    """

    n_cells: int
    n_concepts: int = 2000
    n_genes: int = 400
    k: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn.

        Raises
        ------
        InputError
            A number is out of its range.
        """
        for name, least in _LEAST.items():
            most = _MOST.get(name, self.n_concepts)
            value = getattr(self, name)
            if not least <= value <= most:
                raise fault(
                    "synthetic",
                    f"{name} is {value:,}",
                    f"{least:,} to {most:,}" + (" (the concepts)" if name == "k" else ""),
                    "Choose another number.",
                )
        if self.seed < 0:
            raise fault("synthetic", f"seed is {self.seed}", "0 or more", "Choose another.")
