"""The expert's label: shown, saved, and never lost to a conflict."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, State, ctx, html, no_update
from dash.exceptions import PreventUpdate

from scconcepts_app.annotations import AnnotationError
from scconcepts_app.components import ids
from scconcepts_app.components.label_form import history
from scconcepts_app.labels import read_row
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Context, choose

_NO_AUTHOR = "Not saved: write who you are in the field Author. A label carries its author."


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the callbacks of the label form."""
    _register_showing(app, context)
    _register_saving(app, context)


def _register_showing(app: Dash, context: Context) -> None:
    @app.callback(
        Output(ids.LABEL, "value"),
        Output(ids.NOTE, "value"),
        Output(ids.LABEL_STATE, "data"),
        Output(ids.LABEL_LATEST, "children"),
        Output(ids.LABEL_HISTORY, "children"),
        Output(ids.LABEL_STATUS, "children"),
        Input(ids.SELECTION, "data"),
    )
    def show_label(selection: dict[str, Any]) -> tuple[Any, ...]:
        chosen = choose(context.library, selection)
        if chosen is None or chosen.concept is None:
            return "", "", None, "", None, ""
        concept_id = chosen.entry.store.concept_ids[chosen.concept]
        try:
            state, latest, past, label, note = _read(context, chosen.entry, concept_id)
        except AnnotationError as error:
            return "", "", None, "", None, _failed(str(error))
        return label, note, state, latest, past, ""


def _register_saving(app: Dash, context: Context) -> None:
    @app.callback(
        Output(ids.LABEL_STATUS, "children", allow_duplicate=True),
        Output(ids.LABEL_STATE, "data", allow_duplicate=True),
        Output(ids.LABEL_LATEST, "children", allow_duplicate=True),
        Output(ids.LABEL_HISTORY, "children", allow_duplicate=True),
        Output(ids.CONCEPTS, "rowTransaction"),
        Output(ids.LABEL_SAVED, "data"),
        Input(ids.SAVE, "n_clicks"),
        State(ids.LABEL, "value"),
        State(ids.NOTE, "value"),
        State(ids.AUTHOR, "value"),
        State(ids.LABEL_STATE, "data"),
        prevent_initial_call=True,
    )
    def save_label(
        n_clicks: int,
        label: str | None,
        note: str | None,
        author: str | None,
        state: dict[str, Any] | None,
    ) -> tuple[Any, ...]:
        entry = context.library.get(state["store"]) if state else None
        if not ctx.triggered_id or state is None or entry is None:
            raise PreventUpdate
        unchanged = (no_update,) * 4
        if not (author or "").strip():
            return _failed(_NO_AUTHOR), no_update, *unchanged
        try:
            saved = context.annotations.save(
                entry.store.manifest.digest,
                state["concept"],
                label or "",
                note or "",
                author or "",
                expected_revision=state["revision"],
            )
            now, latest, past, _, _ = _read(context, entry, saved.concept_id)
        except AnnotationError as error:
            # A second click saves on top of what is now known to be there.
            return _failed(str(error)), _newest_state(context, entry, state), *unchanged
        concept = entry.store.find_concept(saved.concept_id) or 0
        row = read_row(context.annotations, entry, concept).to_dict()
        key = f"{saved.concept_id} {saved.revision}"
        return _done("Saved."), now, latest, past, {"update": [row], "async": False}, key


def _read(context: Context, entry: OpenedStore, concept_id: str) -> tuple[Any, ...]:
    """Return the form's state, who was last, the history, and the texts, of a concept."""
    records = context.annotations.history(entry.store.manifest.digest, concept_id)
    newest = records[0] if records else None
    state = {
        "store": entry.key,
        "concept": concept_id,
        "revision": newest.revision if newest else 0,
    }
    latest = newest.who_and_when if newest else "none yet"
    label, note = (newest.label, newest.note) if newest else ("", "")
    return state, latest, history(records), label, note


def _newest_state(context: Context, entry: OpenedStore, state: dict[str, Any]) -> Any:
    try:
        return _read(context, entry, state["concept"])[0]
    except AnnotationError:
        return no_update


def _done(text: str) -> html.Span:
    return html.Span(text, className="is-done")


def _failed(text: str) -> html.Span:
    return html.Span(text, className="is-failed")
