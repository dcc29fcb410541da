"""A number with its name and definition, as every head and side list shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """A number of a concept with its name and definition."""

    name: str
    value: str
    definition: str
