"""Which cells of a file a run is about: conditions on obs columns, as the config writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from precompute.errors import fault

if TYPE_CHECKING:
    import pandas as pd

EXPECTED = "'COLUMN = VALUE | VALUE …' or 'COLUMN != VALUE | …'"
_CONDITION = re.compile(r"\s*(?P<column>[^=!|]+?)\s*(?P<sign>!?=)\s*(?P<values>.+?)\s*")
_MOST_LISTED = 20


@dataclass(frozen=True)
class Condition:
    """A column, and the values of which a cell must have one, or none where `is_not`."""

    column: str
    values: tuple[str, ...]
    is_not: bool


def parse_condition(text: str) -> Condition | None:
    """Return the condition that a text such as ``assay = 10x 3' v3 | 10x 5' v2`` states, or None.

    Values may hold any sign but ``|``; spaces around them do not count.
    """
    found = _CONDITION.fullmatch(text)
    values = [value.strip() for value in found["values"].split("|")] if found else []
    if found is None or not all(values):
        return None
    return Condition(found["column"], tuple(values), found["sign"] == "!=")


def choose_rows(obs: pd.DataFrame, conditions: Sequence[str], source: str) -> np.ndarray:
    """Return the rows of the cells that meet all conditions, ascending.

    A cell without a value in a column has none of the values.

    Raises
    ------
    InputError
        A text is no condition, a column or a value is not in the data, or no cell is left.
    """
    met = np.ones(len(obs), bool)
    for text in conditions:
        condition = parse_condition(text)
        if condition is None:
            raise fault("data.keep", f"'{text}' is no condition", EXPECTED, "Correct it.")
        met &= _meet(obs, condition, source)
    if conditions and not met.any():
        raise fault(
            source,
            "no cell meets all of data.keep: " + "; ".join(conditions),
            "cells that meet them together",
            "Take one of them out.",
        )
    return np.flatnonzero(met)


def _meet(obs: pd.DataFrame, condition: Condition, source: str) -> np.ndarray:
    if condition.column not in obs:
        known = ", ".join(map(str, obs.columns[:_MOST_LISTED]))
        raise fault(
            source,
            f"data.keep names '{condition.column}', which is no column of obs",
            f"one of: {known}",
            "Correct the name.",
        )
    column = obs[condition.column]
    written = column.astype(str)
    known_values = sorted(set(written[column.notna()]))
    unknown = [value for value in condition.values if value not in known_values]
    if unknown:
        shown = ", ".join(known_values[:_MOST_LISTED])
        more = ", …" if len(known_values) > _MOST_LISTED else ""
        raise fault(
            source,
            f"data.keep asks for '{unknown[0]}' in obs['{condition.column}'], where it is not",
            f"one of: {shown}{more}",
            "Correct the value.",
        )
    has = (written.isin(condition.values) & column.notna()).to_numpy(bool)
    return ~has if condition.is_not else has
