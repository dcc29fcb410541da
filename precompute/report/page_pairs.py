"""HTML of what comes back of one store in another."""

from __future__ import annotations

from html import escape

from precompute.html import count, make_table, number
from precompute.report.sources import Section


def write_pair(pair: Section) -> str:
    """Return the three ways in which concepts of the first store come back in the second."""
    first, second = escape(pair["first"]), escape(pair["second"])
    parts = [f"<section><h3>{first} in {second}</h3>"]
    for name, write in (
        ("genes", _write_genes),
        ("encoder", _write_cells),
        ("cells", _write_cells),
    ):
        section = pair[name]
        heading, told = _HEADINGS[name], section.get("missing")
        parts.append(f"<h4>{heading}</h4>")
        parts.append(f"<p class='muted'>{escape(told)}</p>" if told else write(section))
    return "".join(parts) + "</section>"


_HEADINGS = {
    "genes": "By the genes that move them",
    "encoder": "By its own encoder on the other's cells",
    "cells": "By activation in the cells of both",
}


def _write_genes(section: Section) -> str:
    heads = [
        ("profile", "what is compared over genes"),
        ("recur", "each other's best match, with q below .05 against swapped genes"),
        ("concepts", "of the first store"),
        ("q < .05", "closer to their best match than swapped genes explain"),
        ("best of each other", "each other's best match, whatever the correlation"),
        ("by chance", "how many of as many unrelated concepts would be each other's best match"),
    ]
    rows = [
        [
            profile["title"],
            *(count(profile[name]) for name in ("recur", "n_concepts", "significant", "mutual")),
            number(profile["mutual_by_chance"], 1),
        ]
        for profile in section["profiles"]
    ]
    told = f"<p>Over the {count(section['n_genes'])} genes that both models read.</p>"
    lists = [_write_matches(profile) for profile in section["profiles"]]
    return told + make_table(heads, rows) + "".join(lists)


def _write_matches(section: Section) -> str:
    heads = [
        ("concept", "id and proposed label"),
        ("best match", "in the other store"),
        ("correlation", "of the profiles over genes"),
        ("null", "mean best correlation after genes swapped within bins of equal mean value"),
        ("q", "over the concepts"),
        ("mutual", "whether this is the best match of its best match"),
    ]
    rows = [
        [
            match["concept"],
            match["partner"],
            number(match["correlation"], 2),
            number(match["null"], 2),
            f"{match['q']:.2g}",
            "yes" if match["mutual"] else "no",
        ]
        for match in section["matches"]
    ]
    table = make_table(heads, rows, n_left=2)
    title = escape(f"Every concept: {section['title']}")
    return f"<details><summary>{title}</summary>{table}</details>"


def _write_cells(section: Section) -> str:
    told = (
        f"{section['recur']} of {section['n_concepts']} concepts have a partner with an activation "
        f"correlation of {section['least']} or more, over {count(section['n_cells'])} cells."
    )
    heads = [
        ("concept", "id and proposed label"),
        ("best match", "in the other store"),
        ("correlation", "Pearson's, of activations over cells"),
    ]
    rows = [
        [match["concept"], match["partner"], number(match["correlation"], 2)]
        for match in section["matches"]
    ]
    return f"<p>{told}</p>" + make_table(heads, rows, n_left=2)
