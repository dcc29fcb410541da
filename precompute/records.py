"""Plain values, as TOML or JSON give them, into typed dataclasses; collects every fault."""

from __future__ import annotations

import math
from dataclasses import MISSING, Field, fields, is_dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


def parse_record(section: type, raw: dict[str, Any], prefix: str, faults: list[str]) -> Any:
    """Return `section` built from `raw`; keys left out take their defaults.

    Parameters
    ----------
    section : a dataclass of str, int, float, bool, tuples of str and dataclasses.
    raw : the values.
    prefix : what stands before a key in a message, such as ``data.``.
    faults : unknown keys and wrong types are appended here, in sentences.
    """
    hints = get_type_hints(section)
    known: dict[str, Field] = {entry.name: entry for entry in fields(section)}
    faults += [
        f"unknown key '{prefix}{key}'; known here: {', '.join(known)}"
        for key in raw
        if key not in known
    ]
    values: dict[str, Any] = {}
    for name, value in raw.items():
        if name not in known:
            continue
        hint, where = hints[name], f"{prefix}{name}"
        if is_dataclass(hint) and isinstance(hint, type):
            if isinstance(value, dict):
                values[name] = parse_record(hint, value, f"{where}.", faults)
            else:
                faults.append(f"{where}: expected a table [{where}], found {value!r}")
        else:
            values[name] = _parse_value(hint, value, where, faults)
    return section(**{name: value for name, value in values.items() if value is not MISSING})


def _parse_value(hint: Any, value: Any, where: str, faults: list[str]) -> Any:
    if get_origin(hint) in (Union, UnionType):
        hint = next(a for a in get_args(hint) if a is not type(None))
    if get_origin(hint) is tuple:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        faults.append(f"{where}: expected a list of texts, found {value!r}")
        return MISSING
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is float and isinstance(value, float) and not math.isfinite(value):
        faults.append(f"{where}: expected a finite number, found {value}")
        return MISSING
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        faults.append(f"{where}: expected {hint.__name__}, found {value!r}")
        return MISSING
    return value
