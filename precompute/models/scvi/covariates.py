"""What the encoder of a saved scVI model reads of a cell besides its expression."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from precompute.cells import Cells
from precompute.errors import fault
from precompute.models.scvi.saved import SavedScvi
from precompute.obs import Column


class Covariates(NamedTuple):
    """Columns in the order in which scvi-tools reads them.

    Attributes
    ----------
    values : (n_cells, 1 + n_categorical + n_continuous) float32: code of the batch, codes of
        the categorical covariates, continuous covariates.
    n_categorical : categorical covariates besides the batch.
    """

    values: np.ndarray
    n_categorical: int


def read_covariates(saved: SavedScvi, cells: Cells) -> Covariates:
    """Return the covariates of cells, coded as when the model was trained.

    Raises
    ------
    InputError
        A column is missing, has a category that the model does not know, no value in some
        cells, or is no number where one is due.
    """
    batch = (
        _codes(cells, saved.batch_key, saved.batches)
        if saved.batch_key
        else np.zeros(cells.n_cells, np.float32)
    )
    categorical = [_codes(cells, name, known) for name, known in saved.categorical.items()]
    continuous = [_numbers(cells, name) for name in saved.continuous]
    return Covariates(np.stack([batch, *categorical, *continuous], axis=1), len(categorical))


def _codes(cells: Cells, name: str, categories: list[Any]) -> np.ndarray:
    """Return the positions (n_cells,) of the values of a column among categories."""
    column = _find(cells, name)
    names = _names(column)
    known = [str(category) for category in categories]
    position = {category: i for i, category in enumerate(known)}
    unknown = sorted(set(names) - set(position))
    if unknown:
        raise fault(
            cells.source,
            f"obs['{name}'] holds {', '.join(map(repr, unknown[:3]))}, which the scVI model was "
            "not trained with and its encoder reads",
            f"{', '.join(map(repr, known[:6]))}{' ...' if len(known) > 6 else ''}",
            "Rename the categories, leave those cells out, or train with encode_covariates=False.",
        )
    return np.array([position[category] for category in names], np.float32)


def _names(column: Column) -> list[str]:
    if column.categories is None:
        # A batch that is numbered was saved as whole numbers.
        return [str(int(v)) if float(v).is_integer() else str(v) for v in column.values]
    return [column.categories[code] for code in column.values]


def _numbers(cells: Cells, name: str) -> np.ndarray:
    column = _find(cells, name)
    if column.categories is not None:
        raise fault(
            cells.source,
            f"obs['{name}'] holds categories",
            "numbers",
            "Give the column as numbers.",
        )
    return column.values.astype(np.float32)


def _find(cells: Cells, name: str) -> Column:
    column = cells.obs.find_name(name)
    if column is None:
        known = ", ".join(c.name for c in cells.obs.columns[:20])
        raise fault(
            cells.source,
            f"no obs column '{name}', which the encoder of the scVI model reads",
            f"it among the columns (found: {known})",
            "Add the column, or train the model with encode_covariates=False.",
        )
    n_missing = int(column.is_missing.sum())
    if n_missing:
        raise fault(
            cells.source,
            f"obs['{name}'] has no value in {n_missing:,} cells",
            "a value in each, since the encoder of the scVI model reads it",
            "Fill it, or leave those cells out.",
        )
    return column
