"""Imports labels from a file: first what would happen, then, if wanted, all of it or nothing."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from dash import Dash, Input, Output, State, html, no_update
from dash.exceptions import PreventUpdate

from scconcepts_app.annotations import AnnotationError
from scconcepts_app.annotations.importing import Plan, plan_import
from scconcepts_app.components import ids
from scconcepts_app.components.label_table import plan_report
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Context, entry_of

_NO_NAME = "Not imported: write your name. A label carries its author."


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the two steps of an import."""

    @app.callback(
        Output(ids.LABELS_PLAN, "children"),
        Output(f"{ids.LABELS_IMPORT}-form", "hidden"),
        Output(ids.LABELS_REPORT, "children"),
        Input(ids.LABELS_UPLOAD, "contents"),
        State(ids.LABELS_UPLOAD, "filename"),
        State(ids.SELECTION, "data"),
        prevent_initial_call=True,
    )
    def preview(
        contents: str | None, name: str | None, selection: dict[str, Any]
    ) -> tuple[Any, bool, str]:
        entry = entry_of(context.library, selection, "labels")
        if not contents:
            raise PreventUpdate
        plan = _plan(context, entry, contents)
        can_import = not plan.faults and bool(plan.taken or plan.conflicting)
        return [html.P(html.B(name or "file")), *plan_report(plan)], not can_import, ""

    @app.callback(
        Output(ids.LABELS_REPORT, "children", allow_duplicate=True),
        Output(ids.LABELS_IMPORTED, "data"),
        Output(f"{ids.LABELS_IMPORT}-form", "hidden", allow_duplicate=True),
        Output(ids.LABELS_UPLOAD, "contents"),
        Input(ids.LABELS_IMPORT, "n_clicks"),
        State(ids.LABELS_UPLOAD, "contents"),
        State(ids.LABELS_UPLOADER, "value"),
        State(f"{ids.LABELS_IMPORT}-conflicts", "value"),
        State(ids.SELECTION, "data"),
        prevent_initial_call=True,
    )
    def take_in(
        n_clicks: int | None,
        contents: str | None,
        author: str | None,
        conflicts: list[str] | None,
        selection: dict[str, Any],
    ) -> tuple[Any, ...]:
        entry = entry_of(context.library, selection, "labels")
        if not n_clicks or not contents:
            raise PreventUpdate
        if not (author or "").strip():
            return _failed(_NO_NAME), no_update, no_update, no_update
        plan = _plan(context, entry, contents)
        labels = [*plan.taken, *(plan.overruling if conflicts else [])]
        if plan.faults or not labels:
            return _failed("Nothing was imported."), no_update, no_update, no_update
        try:
            saved = context.annotations.save_all(
                entry.store.manifest.digest, labels, (author or "").strip()
            )
        except AnnotationError as error:
            return _failed(f"Nothing was imported. {error}"), no_update, no_update, no_update
        left = 0 if conflicts else len(plan.conflicting)
        words = f"{len(saved)} saved, {len(plan.skipped)} skipped, {left} in conflict left as is."
        return html.Span(words, className="is-done"), n_clicks, True, None


def _plan(context: Context, entry: OpenedStore, contents: str) -> Plan:
    digest = entry.store.manifest.digest
    try:
        data = base64.b64decode(contents.partition(",")[2], validate=True)
        latest = context.annotations.latest_for_store(digest)
    except (binascii.Error, ValueError):
        return Plan(faults=["The file could not be read. Choose it again."])
    except AnnotationError as error:
        return Plan(faults=[str(error)])
    return plan_import(data, digest, set(entry.store.concept_ids), latest)


def _failed(words: str) -> html.Span:
    return html.Span(words, className="is-failed")
