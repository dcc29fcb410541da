"""HTML of the sections on the dictionary, on other units, and on trust."""

from __future__ import annotations

from html import escape

from precompute.html import NOTHING, count, make_table, number, share
from precompute.report.chart import Point, draw_rows
from precompute.report.names import name_ranking
from precompute.report.sources import Section

_UNITS = (
    ("units", "how many of the kind"),
    ("explained variance", "of the embeddings, rebuilt from the units"),
    ("F1", "best single unit of each group, held out, mean over groups"),
    ("± error", "standard error of that mean, from the folds"),
    ("AUROC", "best single unit of each group, held out, mean over groups"),
    ("probe AUROC", "logistic regression on all units, held out, mean over groups"),
    ("probe accuracy", "share of a group's held-out cells that the regression finds"),
)


def write_quality(section: Section) -> str:
    """Return one row of numbers, and what is flagged."""
    heads = [
        ("model", "what gave the embeddings"),
        ("concepts", "what recurs over the seeds"),
        ("latents", "of each autoencoder"),
        ("seeds", "autoencoders"),
        ("explained variance", "of the embeddings, rebuilt from the concepts"),
        ("of seeds", "the same of single autoencoders, mean"),
        ("mean active", "concepts of a cell that are not 0"),
        ("dead", "share of the latents that no cell activates"),
        ("stability", "mean over concepts, 0 to 1"),
        ("least", "stability of the concept that recurs least"),
    ]
    row = [
        str(section["model"] or NOTHING),
        *(count(section[name]) for name in ("n_concepts", "n_latents", "n_seeds")),
        number(section["explained_variance"]),
        number(section["explained_variance_of_seeds"]),
        number(section["mean_active"], 2),
        share(section["dead_share"]),
        number(section["mean_stability"], 2),
        number(section["least_stability"], 2),
    ]
    flags = [f"{n} {name.replace('_', ' ')}" for name, n in section["flags"].items() if n]
    told = f"Flagged concepts: {', '.join(flags)}." if flags else "No concept is flagged."
    return make_table(heads, [row]) + f"<p>{escape(told)}</p>"


def write_units(section: Section) -> str:
    """Return a table and a figure for each division of the cells."""
    parts = [
        f"<p>{count(section['n_cells'])} cells; unit, threshold and regression were chosen on "
        f"some {escape(section['held_out'])} and measured on others.</p>"
    ]
    for kind in section["kinds"]:
        rows, chart = [], []
        for method in section["methods"]:
            found = method["by_kind"][kind]
            rows.append(
                [
                    method["name"],
                    count(method["n_units"]),
                    number(method["explained_variance"]),
                    *(number(found[name]) for name in ("f1", "f1_error", "auroc")),
                    *(number(found[name]) for name in ("probe_auroc", "probe_accuracy")),
                ]
            )
            points = [("best single unit, F1", "f1"), ("probe accuracy", "probe_accuracy")]
            drawn = [Point(name, found[key]) for name, key in points if found[key] is not None]
            chart.append((method["name"], drawn))
        parts.append(f"<h4>{escape(kind.replace('_', ' '))}</h4>")
        parts.append(make_table([("units of", "kind of units"), *_UNITS], rows, chosen=0))
        parts.append(draw_rows(chart, f"Held out, {kind.replace('_', ' ')}", "Means over groups."))
    return "".join(parts) + _write_groups(section)


def _write_groups(section: Section) -> str:
    names = [method["name"] for method in section["methods"]]
    heads = [("group", "cells of one label"), ("of", "which division"), ("cells", "of the group")]
    heads += [(name, "F1 of its best single unit, held out") for name in names]
    rows = [
        [
            group["group"],
            group["kind"].replace("_", " "),
            count(group["n_cells"]),
            *(number(value) for value in group["f1"]),
        ]
        for group in section["groups"]
    ]
    table = make_table(heads, rows, n_left=2)
    return f"<details><summary>Best F1 of every group</summary>{table}</details>"


def write_faithfulness(section: Section) -> str:
    """Return the grades, and what replacing top genes takes."""
    rows, parts = [], []
    for card in section["cards"]:
        rows.append(
            [
                card["key"],
                *(count(n) for n in card["grades"].values()),
                count(card["not_graded"]),
                number(card["completeness"]),
                number(card["split_donors"]),
                share(card["in_support"]),
            ]
        )
        steps = card["n_replaced"]
        chart = [
            (
                f"{n} replaced",
                [
                    Point(name_ranking(ranking), values[i])
                    for ranking, values in card["deletion"].items()
                    if values[i] is not None
                ],
            )
            for i, n in enumerate(steps)
        ]
        caption = "Share of the full drop that is lost, held out; mean over concepts."
        parts.append(draw_rows(chart, f"Deletion, {card['key']}", caption))
    letters = list(section["cards"][0]["grades"])
    heads = [("counterfactual", "what genes are replaced by")]
    heads += [(letter, "concepts of this grade, the worst of several tests") for letter in letters]
    heads += [
        ("no grade", "too few cells, or no attribution"),
        ("completeness", "1 minus what the effects of all genes miss of the full drop"),
        ("split donors", "rank correlation of the effects between halves of the donors"),
        ("in support", "counterfactuals as close to a real cell as real cells are"),
    ]
    return make_table(heads, rows) + "".join(parts)


def write_leak(section: Section) -> str:
    """Return a row for each role."""
    where = "within cell types" if section["within_cell_types"] else "over all cells"
    heads = [
        ("column", "role of the obs column"),
        ("categories", "of the column"),
        ("cell types", "in which two categories have 10 cells or more"),
        ("concepts", "0 is chance, 1 is certain"),
        ("embeddings", "0 is chance, 1 is certain"),
    ]
    rows = [
        [
            role,
            count(found["n_categories"]),
            count(found["n_groups"]),
            number(found["concepts"]),
            number(found["embeddings"]),
        ]
        for role, found in section["roles"].items()
    ]
    told = (
        "Balanced accuracy of a logistic regression on cells it has not seen, rescaled so that 0 "
        f"is chance and 1 is certain; {where}, mean."
    )
    return f"<p>{told}</p>" + make_table(heads, rows)
