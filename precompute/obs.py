"""The obs columns of the cells: categories, numbers, and the role each plays."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from precompute.config import DataConfig
from precompute.errors import fault

MAX_CATEGORIES = 200
_ROLES = ("cell_type", "condition", "donor", "batch", "tissue")
# Column names of the CELLxGENE schema, taken when the config names none.
_SCHEMA_COLUMNS = {
    "cell_type": "cell_type",
    "condition": "disease",
    "donor": "donor_id",
    "tissue": "tissue",
}
_MITOCHONDRIAL = re.compile(r"mito|(^|[._ ])mt($|[._ ])", re.IGNORECASE)
_COUNTED = ("library_size", "genes_detected", "s_score", "g2m_score")


@dataclass(frozen=True)
class Column:
    """One obs column.

    Attributes
    ----------
    key : name that is safe as a folder.
    name : name in the data.
    role : cell_type, condition, donor, batch, tissue, qc or other.
    categories : names of the categories; None for a numeric column.
    values : (n_cells,) int32 codes, -1 missing; or float32, NaN missing.
    """

    key: str
    name: str
    role: str
    categories: list[str] | None
    values: np.ndarray

    @property
    def n_categories(self) -> int:
        """Number of categories, 0 for a numeric column."""
        return len(self.categories or ())

    @property
    def is_missing(self) -> np.ndarray:
        """Where the column has no value, (n_cells,) bool."""
        return np.isnan(self.values) if self.categories is None else self.values < 0

    def share_of(self, code: int) -> float:
        """Return the share of a category among the cells that are not missing."""
        known = ~self.is_missing
        return float((self.values[known] == code).mean()) if known.any() else 0.0


@dataclass(frozen=True)
class Obs:
    """All obs columns that are kept, and in sentences what was not."""

    columns: list[Column]
    notices: tuple[str, ...]

    def find_role(self, role: str) -> Column | None:
        """Return the first column of a role, or None."""
        return next((column for column in self.columns if column.role == role), None)

    def find_name(self, name: str) -> Column | None:
        """Return the column called `name` in the data, or None."""
        return next((column for column in self.columns if column.name == name), None)

    def with_numbers(self, numbers: dict[str, np.ndarray]) -> Obs:
        """Return the columns with quality-control numbers added, those that are there kept."""
        taken = {column.key for column in self.columns}
        added = [
            Column(name, name, "qc", None, values)
            for name, values in numbers.items()
            if name not in taken
        ]
        return Obs([*self.columns, *added], self.notices)

    def to_frame(self, cell_ids: list[str]) -> pd.DataFrame:
        """Return the columns under their names in the data, one row a cell."""
        table = {
            column.name: column.values
            if column.categories is None
            else pd.Categorical.from_codes(
                column.values.tolist(), categories=pd.Index(column.categories)
            )
            for column in self.columns
        }
        return pd.DataFrame(table, index=pd.Index(cell_ids))


def read_obs(
    obs: pd.DataFrame,
    config: DataConfig,
    counts: sp.csr_matrix,
    library_size: np.ndarray,
    symbols: list[str],
    source: str,
) -> Obs:
    """Return the obs columns with their roles, quality-control numbers added.

    Raises
    ------
    InputError
        A column that the config names is not there.
    """
    roles = _assign_roles(obs, config, source)
    columns: list[Column] = []
    notices: list[str] = []
    taken: set[str] = set()
    names = [*roles, *(str(n) for n in obs.columns if str(n) not in roles)]
    for name in names:
        column = _read_column(obs[name], name, roles.get(name), taken)
        if isinstance(column, str):
            notices.append(column)
        else:
            columns.append(column)
            taken.add(column.key)
    for name, values in _quality_control(counts, library_size, symbols).items():
        if name not in taken and not (name == "percent_mito" and _has_mito(columns)):
            columns.append(Column(name, name, "qc", None, values.astype(np.float32)))
    return Obs(columns, tuple(notices))


def _assign_roles(obs: pd.DataFrame, config: DataConfig, source: str) -> dict[str, str]:
    roles: dict[str, str] = {}
    for role in _ROLES:
        name = getattr(config, role)
        if name and name not in obs:
            known = ", ".join(map(str, obs.columns[:20]))
            raise fault(
                source,
                f"data.{role} = '{name}' is no column of obs",
                f"one of: {known}",
                "Correct the name.",
            )
        name = name or _SCHEMA_COLUMNS.get(role, "")
        if name in obs and name not in roles:
            roles[name] = role
    return roles


def _read_column(series: pd.Series, name: str, role: str | None, taken: set[str]) -> Column | str:
    key = _make_key(name, taken)
    types = pd.api.types
    if role is None and types.is_numeric_dtype(series) and not types.is_bool_dtype(series):
        values = pd.to_numeric(series).to_numpy(np.float32, na_value=np.nan)
        quality = key in _COUNTED or _MITOCHONDRIAL.search(name)
        return Column(key, name, "qc" if quality else "other", None, values)
    categorical = series.astype("category").cat.remove_unused_categories()
    names = [str(c) for c in categorical.cat.categories]
    if len(names) > MAX_CATEGORIES and role is None:
        return (
            f"obs['{name}'] has {len(names):,} categories and was left out "
            f"(at most {MAX_CATEGORIES})."
        )
    codes = categorical.cat.codes.to_numpy(np.int32)
    return Column(key, name, role or "other", names, codes)


def _make_key(name: str, taken: set[str]) -> str:
    base = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "column"
    key, n = base, 2
    while key in taken:
        key, n = f"{base}_{n}", n + 1
    return key


def _has_mito(columns: list[Column]) -> bool:
    return any(c.role == "qc" and _MITOCHONDRIAL.search(c.name) for c in columns)


def _quality_control(
    counts: sp.csr_matrix, library_size: np.ndarray, symbols: list[str]
) -> dict[str, np.ndarray]:
    numbers = {
        "library_size": library_size,
        "genes_detected": np.diff(counts.indptr).astype(np.float32),
    }
    mito = [i for i, symbol in enumerate(symbols) if symbol.upper().startswith("MT-")]
    if mito:
        totals = np.asarray(counts[:, mito].sum(axis=1)).ravel()
        numbers["percent_mito"] = 100 * totals / library_size
    return numbers
