"""The one error that precompute raises for a fault the user can mend."""

from __future__ import annotations


class InputError(Exception):
    """Says where the fault is, what was found, what was expected and what to do.

    The command line prints the message and exits with status 2.
    """


def cut(text: str, most: int = 40) -> str:
    """Return a text short enough to be quoted in a message."""
    return text if len(text) <= most else f"{text[:most]}…"


def fault(where: object, found: str, expected: str, action: str) -> InputError:
    """Return an `InputError` with the four parts in their usual order."""
    return InputError(f"{where}: {found}. Expected {expected}. {action}")
