"""Addresses as nobody should write them: bad values, and addresses with them, by seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from urllib.parse import quote, urlencode

VALUES = (
    "", " ", "0", "-1", "-999999999999999999999", "1e309", "NaN", "Infinity", "9" * 40, "1.5",
    "null", "undefined", "true", "[]", "{}", "[1", "1,2,3", ",,,", "0-1", ":", "::", ";", "|", "*",
    "../" * 6 + "etc/passwd", "..\\..\\windows", "/etc/passwd", "//", "/", ".", "..", "~", "\\",
    "%", "%00", "%zz", "%ff", "%2e%2e%2f", "%25", "\x00", "\x00c0001", "\n", "\t", "\r\nA: b",
    "\ufeff", "\u202e", "\u0301", "\ufffd", "𝓒𝓓", "🧬", "日本語", "İ", "ß", "CD8Ａ", "e\u0301",
    "' OR 1=1 --", '"', "<script>alert(1)</script>", "{{7*7}}", "${7*7}", "$(id)", "__proto__",
    "constructor", "a" * 3000, "é" * 2000, "c0001", "C0001", "c0001 ", "c0001/", "c9999",
    "c0001,c0002", "CD8A", "cd8a", "CD8A,CD8A", "nope", "cell_type", "cell_type:B cell",
    "cell_type:", "obs:",
    "obs:nope", "obs:cell_type", "gene:", "gene:nope", "gene:../", "concept:", "concept:c0002",
    "diff:", "diff:c0001,c9999", "neighbours", "dark", "workspace", "stores",
)  # fmt: skip


def draw_value(rng: random.Random) -> str:
    """Return one of the values, now and then two of them or a piece of one."""
    value = rng.choice(VALUES)
    match rng.randrange(8):
        case 0:
            return value + rng.choice(VALUES)
        case 1:
            return value[: rng.randrange(len(value) + 1)]
        case 2:
            return quote(value, safe="")
    return value


def draw_address(rng: random.Random, pages: list[str], names: list[str]) -> str:
    """Return the address of a page as a browser would send it, path and query."""
    page = rng.choice([*pages, "concept/", "concept/", draw_value(rng)])
    path = quote(page, safe="/%") + (quote(draw_value(rng), safe="") if page[-1:] == "/" else "")
    query = [(rng.choice([*names, "store"]), draw_value(rng)) for _ in range(rng.randrange(5))]
    return f"/{path.lstrip('/')}?{urlencode(query)}"


def draw_choices(rng: random.Random, names: list[str]) -> dict[str, str]:
    """Return choices of an address, as the browser hands them to the server."""
    return {name: draw_value(rng) for name in rng.sample(names, rng.randrange(1, 7))}


def fill_rule(rng: random.Random, rule: str, right: dict[str, str]) -> Iterator[str]:
    """Yield the parts of a route's path with values in place of its arguments.

    Parameters
    ----------
    right : good values by argument: with bad ones alone every request would end at the first.
    """
    rest = rule
    while "<" in rest:
        before, _, rest = rest.partition("<")
        argument, _, rest = rest.partition(">")
        name = argument.rpartition(":")[2]
        yield before
        good = name in right and rng.random() < 0.6
        yield right[name] if good else quote(draw_value(rng), safe=rng.choice(["", "/", "/%"]))
    yield rest
