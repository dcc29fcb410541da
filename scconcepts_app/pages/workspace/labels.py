"""The expert's label: shown, saved, and never lost to a conflict."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, ctx, html, no_update
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
    _register_form(app)
    _register_saving(app, context)


def _register_showing(app: Dash, context: Context) -> None:
    @app.callback(
        Output(ids.LABEL_STATE, "data"),
        Output(ids.LABEL_LATEST, "children"),
        Output(ids.LABEL_HISTORY, "children"),
        Output(ids.LABEL_STATUS, "children"),
        Input(ids.SELECTION, "data"),
    )
    def show_label(selection: dict[str, Any]) -> tuple[Any, ...]:
        chosen = choose(context.library, selection)
        if chosen is None or chosen.concept is None:
            return None, "", None, ""
        concept_id = chosen.entry.store.concept_ids[chosen.concept]
        try:
            return *_read(context, chosen.entry, concept_id), ""
        except AnnotationError as error:
            return None, "", None, _failed(str(error))


def _register_form(app: Dash) -> None:
    """Fill the form in the browser, which knows what was typed since the server was asked."""
    fields = (Output(ids.LABEL, "value"), Output(ids.NOTE, "value"), Output(ids.DRAFT, "children"))
    again = tuple(
        Output(field.component_id, field.component_property, allow_duplicate=True)
        for field in fields
    )
    typed = (State(ids.LABEL, "value"), State(ids.NOTE, "value"))
    app.clientside_callback(
        ClientsideFunction("scconcepts", "startLabelForm"),
        *fields,
        Input(ids.SELECTION, "data"),
        *typed,
        State(ids.MAP_CONFIG, "data"),
    )
    app.clientside_callback(
        ClientsideFunction("scconcepts", "fillLabelForm"),
        *again,
        Input(ids.LABEL_STATE, "data"),
        State(ids.SELECTION, "data"),
        *typed,
        State(ids.MAP_CONFIG, "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("scconcepts", "keepDraft"),
        again[-1],
        Input(ids.LABEL, "value"),
        Input(ids.NOTE, "value"),
        prevent_initial_call=True,
    )


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
        State(ids.SELECTION, "data"),
        prevent_initial_call=True,
    )
    def save_label(
        n_clicks: int,
        label: str | None,
        note: str | None,
        author: str | None,
        state: dict[str, Any] | None,
        selection: dict[str, Any],
    ) -> tuple[Any, ...]:
        chosen = choose(context.library, selection)
        if not ctx.triggered_id or chosen is None or chosen.concept is None:
            raise PreventUpdate
        unchanged = (no_update,) * 4
        if not (author or "").strip():
            return _failed(_NO_AUTHOR), no_update, *unchanged
        entry = chosen.entry
        concept_id = entry.store.concept_ids[chosen.concept]
        try:
            saved = context.annotations.save(
                entry.store.manifest.digest,
                concept_id,
                label or "",
                note or "",
                author or "",
                expected_revision=_revision_seen(state, entry, concept_id),
            )
            now, latest, past = _read(context, entry, saved.concept_id)
        except AnnotationError as error:
            # A second click saves on top of what is now known to be there.
            return _failed(str(error)), _newest_state(context, entry, concept_id), *unchanged
        now["sent"] = {"label": label or "", "note": note or ""}
        row = read_row(context.annotations, entry, chosen.concept).to_dict()
        key = f"{saved.concept_id} {saved.revision}"
        return _done("Saved."), now, latest, past, {"update": [row], "async": False}, key


def _revision_seen(state: dict[str, Any] | None, entry: OpenedStore, concept_id: str) -> int:
    """Return which revision the form showed: 0 where it was still being filled."""
    is_shown = state and (state["store"], state["concept"]) == (entry.key, concept_id)
    return state["revision"] if state and is_shown else 0


def _read(context: Context, entry: OpenedStore, concept_id: str) -> tuple[Any, ...]:
    """Return what is saved of a concept for the form, who was last, and the history."""
    records = context.annotations.history(entry.store.manifest.digest, concept_id)
    newest = records[0] if records else None
    state = {
        "store": entry.key,
        "concept": concept_id,
        "revision": newest.revision if newest else 0,
        "label": newest.label if newest else "",
        "note": newest.note if newest else "",
    }
    return state, newest.who_and_when if newest else "none yet", history(records)


def _newest_state(context: Context, entry: OpenedStore, concept_id: str) -> Any:
    try:
        return _read(context, entry, concept_id)[0]
    except AnnotationError:
        return no_update


def _done(text: str) -> html.Span:
    return html.Span(text, className="is-done")


def _failed(text: str) -> html.Span:
    return html.Span(text, className="is-failed")
