"""The table of all gene sets under the chosen test."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State

from scconcepts_app.components import ids
from scconcepts_app.components.set_tables import columns_of_sets
from scconcepts_app.components.table import marked
from scconcepts_app.labels import read_rows
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Context, entry_of
from scconcepts_app.views.concepts import ConceptRow
from scconcepts_app.views.found import draw_arrows, say
from scconcepts_app.views.numbers import known_or_none
from scconcepts_app.views.one_set import address_of_set, index_names
from scconcepts_app.views.pathways import shorten_set_name
from scconcepts_app.views.set_overview import SetTest, list_tests, summarise_sets


def register_callbacks(app: Dash, context: Context) -> None:
    """Register what fills and filters the table, and what a row leads to."""
    app.clientside_callback(
        ClientsideFunction("scconcepts", "filterTable"),
        Output(f"{ids.SETS}-filter", "data"),
        Input(ids.SET_FILTER, "value"),
        Input(ids.SETS, "rowData"),
        State(ids.SETS, "id"),
        State(ids.SET_COUNT, "id"),
    )
    app.clientside_callback(
        ClientsideFunction("scconcepts", "openSet"),
        Output(f"{ids.SETS}-open", "data"),
        Input(ids.SETS, "selectedRows"),
        prevent_initial_call=True,
    )

    # It listens to its own choices and not to the address: another set is no other table.
    @app.callback(
        Output(ids.SETS, "columnDefs"),
        Output(ids.SETS, "rowData"),
        Input(ids.SET_TEST, "value"),
        Input(ids.SET_SHOW, "value"),
        State(ids.SELECTION, "data"),
    )
    def fill(key: str, show: str, selection: dict[str, Any]) -> tuple[Any, ...]:
        entry = entry_of(context.library, selection, "pathways")
        test = next((test for test in list_tests(entry.store) if test.key == key), None)
        if test is None:
            return columns_of_sets("statistic"), []
        rows, _ = read_rows(context.annotations, entry)
        return columns_of_sets(test.statistic), _rows(entry, test, rows, show != "all")


def _rows(
    entry: OpenedStore, test: SetTest, concepts: list[ConceptRow], only_found: bool
) -> list[dict[str, Any]]:
    store = entry.store
    found = entry.once(f"sets under {test.key}", lambda: summarise_sets(store, test))
    names = entry.once("names of gene sets", lambda: index_names(store))
    sizes = store.ragged("gene_sets/members", ("gene",)).counts().tolist()
    library = store.array("gene_sets/library").tolist()
    libraries = [info.name for info in store.manifest.gene_set_libraries]
    rows = []
    for index, name in enumerate(store.strings("gene_sets/name")):
        if only_found and not found.is_found[index]:
            continue
        best = int(found.best[index])
        concept = concepts[best] if best >= 0 else None
        rows.append(
            {
                "row": str(index),
                "address": address_of_set(names, name, index),
                "name": shorten_set_name(name),
                "full": name,
                "raised": int(found.n_raised[index]) if found.n_tested[index] else None,
                "lowered": int(found.n_lowered[index]) if found.n_tested[index] else None,
                **_best(concept, int(found.best_direction[index])),
                "q": known_or_none(found.best_q[index]),
                "statistic": known_or_none(found.best_statistic[index]),
                "size": sizes[index],
                "library": libraries[library[index]],
            }
        )
    return sorted(rows, key=_order)


def _best(concept: ConceptRow | None, direction: int) -> dict[str, str]:
    """Return the fields of the best concept, with the direction in which it finds the set."""
    words = f"{concept.id} {concept.label}" if concept else ""
    told = f"{say([direction]) or 'not found, closest'} in {words}" if concept else ""
    return marked("best", words, draw_arrows([direction]), told)


def _order(row: dict[str, Any]) -> tuple[int, int, float]:
    """Most often raised first, then most often lowered, then by q."""
    return -(row["raised"] or 0), -(row["lowered"] or 0), 2.0 if row["q"] is None else row["q"]
