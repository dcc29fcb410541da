"""HTML of the sections on gene sets."""

from __future__ import annotations

from html import escape

from precompute.html import count, make_table, number, share, signed_share
from precompute.report.chart import Point, draw_rows
from precompute.report.names import name_ranking, name_test
from precompute.report.sources import Section
from scconcepts_app.store.set_names import shorten_set_name


def write_shares(section: Section) -> str:
    """Return shares, what is left of them above each null, and the figure of both."""
    rows, chart = [], []
    for ranking in section["rankings"]:
        name = name_ranking(ranking["key"].removeprefix("prerank_"))
        points = [Point("concepts", ranking["share"], ranking["interval"])]
        for other, found in _list_others(ranking):
            points.append(Point(other, found["share"]))
            rows.append([name, other, *_contrast(ranking, found)])
        chart.append((name, points))
    heads = [
        ("GSEA of", "the ranking that gene sets are tested on"),
        ("against", "a null, where there is nothing to find, or neurons, which are none"),
        ("share", "of concepts with a set of q below .05 and NES above 0 (95 % interval, Wilson)"),
        ("concepts", "how many there are"),
        ("theirs", "the same share under the null, or of neurons"),
        ("of", "concepts under the null, or neurons"),
        ("difference", "share - theirs: of a null, what is above chance"),
        ("95 % interval", "of the difference, Newcombe's method 10"),
    ]
    published = ", ".join(
        f"{value:.0%} {name}" for name, value in section["published_elsewhere"].items()
    )
    reasons = {ranking["no_shuffled_cells"] for ranking in section["rankings"]} - {""}
    notes = [
        f"Random sets: {section['n_draws']} draws of each kind.",
        f"Shuffled cells: {count(section['n_shuffled_cells'])}."
        if not reasons
        else " ".join(reasons),
        "Neurons: single dimensions of the embedding, treated as concepts; a comparison, no null.",
        f"Published elsewhere, without a null: {published}.",
    ]
    figure = draw_rows(chart, "Concepts with a significant gene set", "Line: 95 % interval.")
    return figure + make_table(heads, rows, n_left=2) + f"<p>{escape(' '.join(notes))}</p>"


def _list_others(ranking: Section) -> list[tuple[str, Section]]:
    """Return what a ranking is held against: each null, then neurons where they were measured."""
    neurons = ranking["neurons"]
    return [*ranking["nulls"].items(), *([] if neurons is None else [("neurons", neurons)])]


def _contrast(ranking: Section, found: Section) -> list[str]:
    (low, high), (below, above) = ranking["interval"], found["interval"]
    return [
        f"{share(ranking['share'])} ({share(low)} to {share(high)})",
        count(ranking["n_concepts"]),
        share(found["share"]),
        count(found["n"]),
        signed_share(found["difference"]),
        f"{signed_share(below)} to {signed_share(above)}",
    ]


def write_specificity(section: Section) -> str:
    """Return for each test the information content of the first significant sets."""
    heads = [
        ("test", "of the gene sets, and of which ranking"),
        ("concepts", "with a significant set"),
        ("median bits", "-log2 of the share of the model's genes in the first significant set"),
        ("different sets", "among the first sets of the concepts"),
    ]
    rows = [
        [
            name_test(ranking["key"]),
            count(ranking["n_concepts"]),
            number(ranking["median_bits"], 2),
            count(ranking["different_sets"]),
        ]
        for ranking in section["rankings"]
    ]
    told = (
        f"Of {count(section['n_genes'])} genes. All gene sets together have a median of "
        f"{number(section['median_bits_of_all'], 2)} bits; fewer bits are larger, vaguer sets."
    )
    return f"<p>{told}</p>" + make_table(heads, rows)


def write_agreement(section: Section) -> str:
    """Return what both rankings of a pair find, and each alone, counted and named."""
    rows, lists = [], []
    for pair in section["pairs"]:
        only = [pair["only_first"], pair["only_second"]]
        rows.append(
            [
                name_test(pair["first"]),
                name_test(pair["second"]),
                count(pair["both"]),
                *(count(side["pairs"]) for side in only),
                *(count(side["sets_the_other_finds_nowhere"]) for side in only),
                number(pair["jaccard"], 2) + (" (cut)" if pair["cut"] else ""),
            ]
        )
        names = [name_test(pair["first"]), name_test(pair["second"])]
        for (own, other), side in zip((names, names[::-1]), only, strict=True):
            told = escape(f"{own}, not {other}")
            lists.append(f"<details><summary>{told}</summary>{_write_named(side)}</details>")
    heads = [
        ("first", "test of the gene sets, on a ranking"),
        ("second", "on another ranking"),
        ("both", "pairs of a concept and a set that both find"),
        ("only first", "pairs"),
        ("only second", "pairs"),
        ("sets of first", "found by the first for some concept, by the second for none"),
        ("sets of second", "found by the second for some concept, by the first for none"),
        (
            "Jaccard",
            "shared pairs among all; cut: a store keeps the first rows of a concept, and "
            "the last was still significant",
        ),
    ]
    return make_table(heads, rows, n_left=2) + "".join(lists)


def _write_named(side: Section) -> str:
    heads = [
        ("set", "gene set"),
        ("concepts", "for which this ranking alone finds it"),
        ("elsewhere", "whether the other ranking finds it for another concept"),
    ]
    rows = [
        [
            shorten_set_name(found["set"]),
            count(found["concepts"]),
            "yes" if found["found_elsewhere"] else "no",
        ]
        for found in side["named"]
    ]
    return make_table(heads, rows) if rows else "<p>None.</p>"
