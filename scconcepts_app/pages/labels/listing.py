"""What the page lists: labels, how many, and the history of one concept."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html

from scconcepts_app.annotations import Annotation, AnnotationError
from scconcepts_app.components import ids
from scconcepts_app.components.label_form import revisions
from scconcepts_app.components.label_table import label_row
from scconcepts_app.components.table import place_of
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Context, entry_of


def register_callbacks(app: Dash, context: Context) -> None:
    """Register what fills the page."""
    app.clientside_callback(
        ClientsideFunction("scconcepts", "filterTable"),
        Output(f"{ids.LABELS_TABLE}-filter", "data"),
        Input(ids.LABELS_FILTER, "value"),
        Input(ids.LABELS_TABLE, "rowData"),
        State(ids.LABELS_TABLE, "id"),
        State(f"{ids.LABELS_TABLE}-left", "id"),
    )
    app.clientside_callback(
        ClientsideFunction("scconcepts", "nameUpload"),
        Output(f"{ids.LABELS_TABLE}-shown", "data"),
        Input(ids.LABELS_TABLE, "rowData"),
    )
    app.clientside_callback(
        ClientsideFunction("scconcepts", "chooseLabel"),
        Output(f"{ids.LABELS_TABLE}-choose", "data"),
        Input(ids.LABELS_TABLE, "selectedRows"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output(ids.LABELS_TABLE, "rowData"),
        Output(ids.LABELS_COUNT, "children"),
        Output(ids.LABELS_PROBLEM, "children"),
        Output(ids.LABELS_PROBLEM, "hidden"),
        Output(place_of(ids.LABELS_TABLE), "hidden"),
        Output(f"{ids.LABELS_TABLE}-nothing", "hidden"),
        Input(ids.CHOICES, "data"),
        Input(ids.LABELS_IMPORTED, "data"),
        State(ids.SELECTION, "data"),
    )
    def fill(choices: dict[str, str], imported: Any, selection: dict[str, Any]) -> tuple[Any, ...]:
        entry = entry_of(context.library, selection, "labels")
        try:
            records = context.annotations.all_revisions(entry.store.manifest.digest)
        except AnnotationError as error:
            return [], "—", str(error), False, True, True
        rows = _rows(entry, records, choices)
        return rows, _count(entry, records), "", True, not rows, bool(rows)

    @app.callback(
        Output(ids.LABELS_SIDE, "children"),
        Input(ids.CHOICES, "data"),
        Input(ids.LABELS_IMPORTED, "data"),
        State(ids.SELECTION, "data"),
    )
    def tell(choices: dict[str, str], imported: Any, selection: dict[str, Any]) -> Any:
        entry = entry_of(context.library, selection, "labels")
        return _history(context, entry, choices.get("of", ""))


def _rows(
    entry: OpenedStore, records: list[Annotation], choices: dict[str, str]
) -> list[dict[str, Any]]:
    newest: dict[str, int] = {}
    for record in records:
        newest[record.concept_id] = max(newest.get(record.concept_id, 0), record.revision)
    proposed = {row.id: row.proposed for row in entry.concepts}
    author, show_all = choices.get("author", ""), choices.get("show") == "all"
    return [
        label_row(record, proposed.get(record.concept_id, ""), is_newest)
        for record in records
        if (is_newest := newest[record.concept_id] == record.revision) or show_all
        if not author or record.author == author
    ]


def _count(entry: OpenedStore, records: list[Annotation]) -> str:
    present: dict[str, str] = {}
    for record in records:  # newest first
        present.setdefault(record.concept_id, record.label)
    labelled = sum(1 for name in entry.store.concept_ids if present.get(name))
    return f"{labelled:,} of {entry.store.n_concepts:,} concepts labelled"


def _history(context: Context, entry: OpenedStore, concept_id: str) -> Any:
    if not concept_id:
        return html.P("Choose a row to see every revision of its concept.", className="sc-muted")
    if entry.store.find_concept(concept_id) is None:
        return html.P(f"This store has no concept “{concept_id[:80]}”.", className="is-failed")
    try:
        records = context.annotations.history(entry.store.manifest.digest, concept_id)
    except AnnotationError as error:
        return html.P(str(error), className="is-failed")
    link = dcc.Link(f"Open {concept_id}", href=context.addresses.concept(entry.key, concept_id))
    if not records:
        return [html.P(f"No label was ever saved on {concept_id}."), link]
    return [link, revisions(records)]
