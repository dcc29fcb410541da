"""One gene set: what it is, its concepts under all tests, and its genes."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from dash import Dash, Input, Output, State, dcc, html

from scconcepts_app.components import ids
from scconcepts_app.components.links import outgoing_link
from scconcepts_app.labels import read_rows
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Context, entry_of
from scconcepts_app.pages.wires import open_chosen_row
from scconcepts_app.views.found import LOWERED, RAISED, SIGNIFICANT, draw_arrows, say
from scconcepts_app.views.numbers import format_count
from scconcepts_app.views.one_set import (
    Finding,
    GeneSet,
    SetInConcept,
    address_of_set,
    count_leading,
    describe_set,
    find_in_concepts,
    find_set,
    index_names,
    is_found,
    order_genes,
)
from scconcepts_app.views.set_overview import SetTest, list_tests
from scconcepts_app.views.set_swap import SHORT_NAMES

# Where no test finds a set, so many concepts that come closest are listed.
_N_CLOSEST = 10
_MOST_QUOTED = 60


def register_callbacks(app: Dash, context: Context) -> None:
    """Register what fills the panel, and what a row of it leads to."""
    open_chosen_row(app, ids.SET_CONCEPTS, f"{ids.SETS}-open-row")

    @app.callback(
        Output(ids.SET_HEAD, "children"),
        Output(ids.SET_CONCEPTS, "rowData"),
        Output(ids.SET_CONCEPTS_CAPTION, "children"),
        Output(ids.SET_GENES, "children"),
        Output(ids.SETS, "selectedRows"),
        Input(ids.CHOICES, "data"),
        Input(ids.SET_TEST, "value"),
        State(ids.SELECTION, "data"),
    )
    def show(choices: dict[str, str], key: str, selection: dict[str, Any]) -> tuple[Any, ...]:
        entry = entry_of(context.library, selection, "pathways")
        names = entry.once("names of gene sets", lambda: index_names(entry.store))
        wanted = (choices or {}).get("set", "")
        index = find_set(names, wanted)
        if index is None:
            return _nothing(context, entry, names, wanted), [], "", None, []
        tests = list_tests(entry.store)
        found = describe_set(entry.store, names, index)
        rows = find_in_concepts(entry.store, index)
        listed = [row for row in rows if is_found(row)] or rows[:_N_CLOSEST]
        return (
            _head(context, entry, found, names),
            _rows(context, entry, listed),
            _caption(rows) if tests else "This store holds no test of gene sets.",
            _genes(context, entry, found, next((t for t in tests if t.key == key), None)),
            {"ids": [str(index)]},
        )


def _nothing(
    context: Context, entry: OpenedStore, names: dict[str, list[int]], wanted: str
) -> html.Div:
    if not names:
        return html.Div(
            [html.H2("No gene sets"), html.P("This store holds no test of gene sets.")],
            className="sc-instead",
        )
    if not wanted:
        return html.Div(
            [
                html.H2("One gene set under all tests"),
                html.P("Choose a gene set in the table: its concepts and genes are shown here."),
            ],
            className="sc-instead",
        )
    short = wanted if len(wanted) <= _MOST_QUOTED else wanted[:_MOST_QUOTED] + "…"
    folded = {name.upper(): name for name in names}
    text = wanted[:_MOST_QUOTED].upper()
    close = [name for upper, name in folded.items() if text in upper][:5]
    close += [folded[name] for name in get_close_matches(text, folded, 5, cutoff=0.6)]
    children: list[Any] = [
        html.H2("No such gene set"),
        html.P(f"{entry.store.manifest.title} has no gene set “{short}”. It has {len(names):,}."),
    ]
    if close:
        links = [_link(context, entry, name, name) for name in dict.fromkeys(close)]
        children.append(html.P(links, className="sc-words"))
    return html.Div(children, className="sc-instead", role="alert")


def _link(context: Context, entry: OpenedStore, words: str, address: str) -> dcc.Link:
    href = context.addresses.page("pathways", entry.key, set=address)
    return dcc.Link(words, href=href, className="sc-word")


def _head(
    context: Context, entry: OpenedStore, found: GeneSet, names: dict[str, list[int]]
) -> list[Any]:
    # Some libraries give an address in place of a description; the link says it better.
    is_told = not found.description.startswith("http") and found.description != found.name
    told = [found.name, found.library, found.description if is_told else ""]
    parts: list[Any] = [
        html.Div(
            [
                html.H2(found.short_name, title=found.name),
                outgoing_link(found.link) if found.link else None,
            ],
            className="sc-set-name",
        ),
        html.P(" · ".join(text for text in told if text), className="sc-muted"),
    ]
    if found.n_same > 1:
        others = [i for i in names[found.name] if i != found.index]
        links = [
            _link(context, entry, f"number {names[found.name].index(i) + 1}", address)
            for i in others
            for address in [address_of_set(names, found.name, i)]
        ]
        text = f"{found.n_same} sets carry this name; this is number {found.number}. Others: "
        parts.append(html.P([text, *links], className="sc-warn"))
    return parts


def _rows(context: Context, entry: OpenedStore, rows: list[SetInConcept]) -> list[dict[str, Any]]:
    concepts, _ = read_rows(context.annotations, entry)
    return [
        {
            "id": concepts[row.concept].id,
            "label": concepts[row.concept].label,
            "author": concepts[row.concept].author,
            **{f"test_{i}": _plain(finding) for i, finding in enumerate(row.findings)},
        }
        for row in rows
    ]


def _plain(finding: Finding | None) -> dict[str, Any] | None:
    if finding is None:
        return None
    return {
        "statistic": finding.statistic,
        "q": finding.q,
        "quadrant": finding.quadrant,
        "place": SHORT_NAMES.get(finding.quadrant or ""),
        "found": say([finding.direction]),
        "arrow": draw_arrows([finding.direction]),
    }


def _caption(rows: list[SetInConcept]) -> str:
    if not rows:
        return (
            "This set was tested in no concept: the model reads too few or too many of its genes."
        )
    n_found = sum(map(is_found, rows))
    n_raised, n_lowered = (sum(d in row.directions for row in rows) for d in (RAISED, LOWERED))
    if n_found == 0:
        return (
            f"No test finds this set in any of {format_count(len(rows))} concepts "
            f"(q < {SIGNIFICANT}); the "
            f"{min(_N_CLOSEST, len(rows))} that come closest are listed."
        )
    return (
        f"Raised in {format_count(n_raised)}, lowered in {format_count(n_lowered)} of "
        f"{format_count(len(rows))} concepts by at least one test (q < {SIGNIFICANT}). Attribution "
        "says what moves the model's concept, DE what differs between cells."
    )


def _genes(context: Context, entry: OpenedStore, found: GeneSet, test: SetTest | None) -> list[Any]:
    store = entry.store
    leading, n_found = count_leading(store, found.index, test)
    genes = order_genes(found.genes, leading, store.gene_symbols)
    title = f"Genes ({format_count(len(genes))} that the model reads)"
    note = (
        f"In front: those that most often lead the set under {test.title}, of {n_found:,} concepts."
        if test and n_found
        else "In order of their symbols."
    )
    words = [
        dcc.Link(
            [f"{store.gene_symbols[g]} ", html.Small(str(leading[g])) if leading[g] else None],
            href=context.addresses.page("genes", entry.key, g=store.gene_symbols[g]),
            title=f"leads the set in {leading[g]} of {n_found} concepts" if n_found else "",
            className="sc-word",
        )
        for g in genes
    ]
    return [
        html.H2(title),
        html.P(note, className="sc-muted"),
        html.P(words, className="sc-words"),
    ]
