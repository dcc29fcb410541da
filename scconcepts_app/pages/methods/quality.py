"""Sections on the dictionary itself: its training, its rivals, its size, its stability.

A store without the numbers of a section says so in a sentence; its choices then stay out of sight,
as bindings need them on the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from scconcepts_app.components import ids
from scconcepts_app.components.attributes import attributes
from scconcepts_app.components.controls import alternatives
from scconcepts_app.components.graph import graph
from scconcepts_app.components.quality_tables import nulls_table, sweep_table
from scconcepts_app.library import OpenedStore
from scconcepts_app.views.baselines import MEASURES, list_kinds
from scconcepts_app.views.nulls import read_nulls
from scconcepts_app.views.sweep import MEASURES as OF_SETTINGS
from scconcepts_app.views.sweep import read_sweep
from scconcepts_app.views.training import read_training

CHOICES = {
    ids.METHODS_KIND: "groups",
    ids.METHODS_MEASURE: "measure",
    ids.METHODS_SWEEP_MEASURE: "sweep",
}
_NO_TRAINING = "This store keeps no training curves: it was written before there were any."
_NO_BASELINES = (
    "This store does not compare its concepts with other units. Run it again with [evaluation] "
    "baselines, which are on by default."
)
_NO_SWEEP = (
    "No sweep over sizes of the dictionary came with this store. `python -m precompute sweep` "
    "makes one, and [evaluation] sweep brings it into a store."
)
_SHARES = (
    "How many concepts have a gene set, and how far that is above what gene sets find where there "
    "is nothing to find, in percentage points. A column whose interval holds 0 says that chance, "
    "or the model by itself, could have given as much."
)


def quality_sections(entry: OpenedStore, choices: Mapping[str, str]) -> list[html.Section]:
    """Return the four sections."""
    return [_recurrence(), _training(entry), _baselines(entry), _sweep(entry)]


def nulls_section(entry: OpenedStore) -> list[html.Section]:
    """Return the section on gene sets beside chance; none where the store did not count it."""
    found = read_nulls(entry.store)
    if found is None:
        return []
    shown = [html.H2("Concepts with a significant gene set"), html.P(_SHARES, className="sc-note")]
    note = html.P(found.note, className="sc-note sc-muted")
    return [html.Section([*shown, nulls_table(found), note])]


def _recurrence() -> html.Section:
    return html.Section(
        [
            html.H2("Do the concepts come back?"),
            html.P(id=ids.METHODS_RECURRENCE_LEAD, className="sc-note"),
            _place(ids.METHODS_RECURRENCE, "Stability of the concepts"),
            dcc.Store(id=f"{ids.METHODS_RECURRENCE}-open"),
        ]
    )


def _training(entry: OpenedStore) -> html.Section:
    title = html.H2("How the autoencoders learnt")
    if read_training(entry.store) is None:
        return html.Section([title, html.P(_NO_TRAINING, className="sc-note")])
    words = (
        "Explained variance of the cells of each epoch, while they were learnt: one line a seed. "
        "The dotted line is what the concepts explain together."
    )
    return html.Section(
        [title, html.P(words, className="sc-note"), _place(ids.METHODS_TRAINING, "Training")]
    )


def _baselines(entry: OpenedStore) -> html.Section:
    kinds = [(kind, name, f"Groups of cells: {name}") for kind, name in list_kinds(entry.store)]
    measures = [(key, *words) for key, words in MEASURES.items()]
    has_any, has_groups = bool(entry.store.manifest.evaluations), bool(kinds)
    controls = html.Div(
        [
            alternatives(ids.METHODS_KIND, "Groups", kinds, kinds[0][0] if kinds else ""),
            alternatives(ids.METHODS_MEASURE, "Measure", measures, "f1"),
        ],
        className="sc-quality-bar",
        hidden=not has_groups,
    )
    shown: list[Any] = [html.P(_NO_BASELINES, className="sc-note")]
    if has_any:
        shown = [
            html.P(id=ids.METHODS_VERDICT, className="sc-note", **attributes({"role": "status"})),
            controls,
            html.Div(id=ids.METHODS_BASELINES_TABLE),
            *([_place(ids.METHODS_BASELINES, "Concepts and other units")] if has_groups else []),
            html.P(id=ids.METHODS_BASELINES_NOTE, className="sc-note sc-muted"),
        ]
    else:
        shown.append(controls)
    return html.Section([html.H2("Did the concepts earn their place?"), *shown])


def _sweep(entry: OpenedStore) -> html.Section:
    view = read_sweep(entry.store)
    offered = view.measures if view else []
    measures = [(key, *OF_SETTINGS[key]) for key in offered]
    controls = html.Div(
        alternatives(ids.METHODS_SWEEP_MEASURE, "Measure", measures, offered[0] if offered else ""),
        className="sc-quality-bar",
        hidden=not offered,
    )
    title = html.H2("Which size of dictionary?")
    if view is None:
        return html.Section([title, html.P(_NO_SWEEP, className="sc-note"), controls])
    shown: list[Any] = [html.P(view.reason, className="sc-note"), controls]
    if offered:
        shown.append(_place(ids.METHODS_SWEEP, "Settings of the dictionary"))
    note = html.P(view.explanation, className="sc-note sc-muted")
    return html.Section([title, *shown, sweep_table(view), note])


def _place(graph_id: str, name: str) -> html.Div:
    return html.Div(
        graph(graph_id),
        className="sc-quality-figure",
        role="group",
        **attributes({"aria-label": name}),
    )
