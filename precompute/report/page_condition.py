"""HTML of the section on concepts that carry a condition."""

from __future__ import annotations

from html import escape

from precompute.html import NOTHING, make_table, number
from precompute.report.names import name_test
from precompute.report.sources import Section
from scconcepts_app.store.set_names import shorten_set_name

_SIDE_BY_SIDE = 4  # concepts in one table


def write_condition(section: Section) -> str:
    """Return the concepts of each condition, and of each concept the first set of every test."""
    heads = [
        ("cell type", "within which cells are compared"),
        ("condition", "against all others"),
        ("concept", "its id and proposed label"),
        ("AUROC", "chance that a cell with the condition has the higher activation"),
    ]
    rows = [
        [row["cell_type"], row["condition"], row["concept"], number(row["auroc"], 2)]
        for row in section["rows"]
    ]
    told = f"Concepts of AUROC {section['least_auroc']} or more within a cell type."
    if section["without_concept"]:
        told += f" No concept carries: {'; '.join(section['without_concept'])}."
    parts = [f"<p>{escape(told)}</p>"]
    if rows:
        parts += [make_table(heads, rows, n_left=3), *_write_firsts(section)]
    return "".join(parts)


def _write_firsts(section: Section) -> list[str]:
    """Return a row for each test, a column for each concept, and what the cells say."""
    firsts = {row["concept"]: row["first"] for row in section["rows"]}
    tests = list(next(iter(firsts.values())))
    told = "The first gene set of each test: of smallest p with a statistic above 0, and its q."
    if section["word"]:
        told += (
            f" Then, with its place, the first that has \u201c{section['word']}\u201d in its name."
        )
    parts = [f"<p>{escape(told)}</p>"]
    for start in range(0, len(firsts), _SIDE_BY_SIDE):
        concepts = list(firsts)[start : start + _SIDE_BY_SIDE]
        heads = [("test", "of the gene sets, and on which ranking")]
        heads += [(concept, "its first gene set") for concept in concepts]
        rows = [
            [name_test(test), *(_name_first(firsts[concept][test]) for concept in concepts)]
            for test in tests
        ]
        parts.append(make_table(heads, rows, n_left=len(heads), wraps=True))
    return parts


def _name_first(first: Section | None) -> str:
    if first is None:
        return NOTHING
    told = _name_set(first)
    found = first.get("with_word")
    if found is None or found["place"] == 1:
        return told
    return f"{told}; {_name_place(found['place'])}: {_name_set(found)}"


def _name_set(found: Section) -> str:
    return f"{shorten_set_name(found['set'])} (q\u00a0{found['q']:.2g})"


def _name_place(place: int) -> str:
    ending = "th" if 10 <= place % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"
