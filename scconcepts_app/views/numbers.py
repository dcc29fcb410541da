"""Numbers as people read them. A missing number is a dash, never 0."""

from __future__ import annotations

import math

MISSING = "—"
_SMALLEST = 1e-300


def is_known(value: float | None) -> bool:
    """Say whether a number is there: neither None nor NaN nor infinite."""
    return value is not None and math.isfinite(value)


def known_or_none(value: float | None) -> float | None:
    """Return the number as a Python float, or None when it is missing (JSON has no NaN)."""
    return float(value) if value is not None and math.isfinite(value) else None


def format_count(value: float | None) -> str:
    """Return a whole number with thousands separators."""
    return f"{int(value):,}" if value is not None and is_known(value) else MISSING


def format_number(value: float | None, digits: int = 2) -> str:
    """Return a number with `digits` decimals; more, in scientific notation, when it is tiny."""
    if value is None or not is_known(value):
        return MISSING
    if value != 0 and abs(value) < 0.5 * 10**-digits:
        return f"{value:.1e}"
    text = f"{value:,.{digits}f}"
    return text.replace("-", "\N{MINUS SIGN}", 1)


def format_share(share: float | None) -> str:
    """Return a share of 1 as a percentage."""
    if share is None or not is_known(share):
        return MISSING
    percent = 100 * share
    if 0 < percent < 0.1:
        return "< 0.1 %"
    text = f"{percent:.1f} %" if abs(percent) < 10 else f"{percent:.0f} %"
    return text.replace("-", "\N{MINUS SIGN}", 1)


def format_p(p: float | None) -> str:
    """Return a p or q value; one too small for a float is given as a bound."""
    if p is None or not is_known(p):
        return MISSING
    if p < _SMALLEST:
        return "< 1e-300"
    return f"{p:.3f}" if p >= 0.01 else f"{p:.1e}"


def minus_log10(p: float | None) -> float | None:
    """Return -log10 of a p or q value, at most 300; None when it is missing."""
    if p is None or not is_known(p):
        return None
    return -math.log10(max(float(p), _SMALLEST))
