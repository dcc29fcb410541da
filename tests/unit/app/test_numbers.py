"""Numbers as people read them."""

from __future__ import annotations

import pytest

from scconcepts_app.views.numbers import (
    MISSING,
    format_count,
    format_number,
    format_p,
    format_share,
    minus_log10,
)

NAN = float("nan")


@pytest.mark.parametrize("format_value", [format_count, format_number, format_share, format_p])
def test_missing_is_a_dash(format_value):
    assert format_value(None) == MISSING
    assert format_value(NAN) == MISSING
    assert format_value(float("inf")) == MISSING


def test_zero_is_not_missing():
    assert format_count(0) == "0"
    assert format_number(0.0) == "0.00"
    assert format_share(0.0) == "0.0 %"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.234, "1.23"), (-1.5, "−1.50"), (1234.5, "1,234.50"), (0.0001, "1.0e-04")],
)
def test_numbers(value, text):
    assert format_number(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.4567, "46 %"), (0.0456, "4.6 %"), (0.0001, "< 0.1 %"), (1.0, "100 %"), (-0.02, "−2.0 %")],
)
def test_shares(share, text):
    assert format_share(share) == text


@pytest.mark.parametrize(
    ("p", "text"), [(0.5, "0.500"), (0.001, "1.0e-03"), (0.0, "< 1e-300"), (1e-30, "1.0e-30")]
)
def test_p_values(p, text):
    assert format_p(p) == text


def test_minus_log10_of_an_underflow_is_a_bound():
    assert minus_log10(0.001) == pytest.approx(3)
    assert minus_log10(0.0) == pytest.approx(300)
    assert minus_log10(NAN) is None
