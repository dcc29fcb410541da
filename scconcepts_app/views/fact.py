"""A number with its name and definition, as every head and side list shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Link:
    """A concept to go to: its id, and the label that is told on hover."""

    id: str
    label: str


@dataclass(frozen=True)
class Fact:
    """A number of a concept with its name and definition; `links` stand before the number."""

    name: str
    value: str
    definition: str
    links: tuple[Link, ...] = ()
