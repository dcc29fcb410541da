"""What two concepts share and what each has alone, as lists of words and as a small table."""

from __future__ import annotations

from collections.abc import Callable

from dash import dcc, html

from scconcepts_app.views.numbers import format_number
from scconcepts_app.views.pair import ObsPair, Split

# More gene sets than these in one list are counted, not shown.
_MOST_WORDS = 60


def split_lists(
    title: str,
    split: Split,
    hrefs: tuple[Callable[[str], str], Callable[[str], str]],
    words: Callable[[str], str] = str,
) -> html.Div:
    """Return lists of links: in both, of opposite signs (if any are), only in A, only in B.

    Parameters
    ----------
    hrefs : the address of a name in the store of A, and in that of B.
    words : the name as it is read.
    """
    in_a, in_b = hrefs
    parts = [("In both", split.shared, in_a)]
    if split.opposed:
        parts.append(("Opposite signs", split.opposed, in_a))
    parts += [("Only A", split.only_a, in_a), ("Only B", split.only_b, in_b)]
    return html.Div(
        [html.H3(title), *[_list(name, names, href, words) for name, names, href in parts]],
        className="sc-split",
    )


def _list(
    name: str,
    names: list[str],
    href: Callable[[str], str],
    words: Callable[[str], str],
) -> html.Div:
    shown = names[:_MOST_WORDS]
    links: list = [
        dcc.Link(words(each), href=href(each), title=each, className="sc-word") for each in shown
    ]
    if len(names) > len(shown):
        links.append(html.Span(f"and {len(names) - len(shown):,} more", className="sc-muted"))
    return html.Div(
        [
            html.Div(f"{name} ({len(names):,})", className="sc-split-name"),
            html.Div(links or html.Span("none", className="sc-muted"), className="sc-words"),
        ],
        className="sc-split-row",
    )


def obs_table(rows: list[ObsPair]) -> html.Table:
    """Return the best category of each concept, one row a column of the cells."""
    head = html.Tr(
        [
            html.Th("Column", scope="col"),
            html.Th("A", scope="col", title="Category of highest F1 with the activation of A"),
            html.Th("B", scope="col", title="Category of highest F1 with the activation of B"),
        ]
    )
    body = [
        html.Tr(
            [
                html.Th(row.column, scope="row"),
                html.Td(_category(row.a)),
                html.Td(_category(row.b)),
            ],
            className="is-different" if row.differs else "",
        )
        for row in rows
    ]
    return html.Table([html.Thead(head), html.Tbody(body)], className="sc-obs-table")


def _category(best: tuple[str, float] | None) -> list:
    if best is None:
        return [html.Span("—", title="no category with an F1 above 0")]
    name, f1 = best
    return [name, html.Span(f" F1 {format_number(f1)}", className="sc-muted")]
