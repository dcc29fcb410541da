"""Differential expression of the set, as a job with progress that can be cancelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from dash import Dash, Input, Output, State, dcc, html
from dash.exceptions import PreventUpdate

from scconcepts_app.components import ids
from scconcepts_app.components.attributes import attributes
from scconcepts_app.components.cell_set_tables import (
    expression_table,
)
from scconcepts_app.components.controls import choice
from scconcepts_app.components.table import place_of, table_place
from scconcepts_app.jobs import Jobs
from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.cells.shown import Shown, read_shown
from scconcepts_app.pages.context import Context
from scconcepts_app.set_expression import answer_comparison
from scconcepts_app.views.cell_selection import REST, Condition, read_sides

N_SHOWN = 2000
_CAPTION = (
    "Wilcoxon's rank sum test with ties, cells of the set against the others, of values rounded "
    "to 255 levels of each gene's largest log1p count per 10,000. Cells are not replicates: p and "
    "q are far too small, read the order and the fold change."
)


def panel(context: Context, entry: OpenedStore) -> html.Div:
    """Return the form and the empty table; without a folder for jobs, why there is none."""
    jobs = context.jobs
    against = [(REST, "all other cells")]
    against += [
        (Condition(column, (name,)).text, f"{column.name}: {name}")
        for column in entry.store.manifest.obs
        for name in column.categories
    ]
    can_run = jobs is not None and jobs.manager is not None
    return html.Div(
        [
            # Dash shares a job between all who ask the same: the number makes each page its own.
            dcc.Store(id=ids.DE_PAGE, data=uuid4().hex),
            dcc.Store(id=ids.DE_DONE),
            html.Div(
                [
                    choice(
                        ids.DE_AGAINST,
                        "Set against",
                        against,
                        REST,
                        "Which cells the set is compared with. Cells in both count as the set's.",
                        searchable=True,
                    ),
                    _button("Run", ids.DE_RUN, can_run),
                    _button("Cancel", ids.DE_CANCEL, False),
                    html.Progress(
                        id=ids.DE_PROGRESS,
                        value="0",
                        max="100",
                        className="sc-progress",
                        **attributes({"aria-label": "Genes tested, in percent"}),
                    ),
                ],
                className="sc-bar is-second",
            ),
            html.P(
                "" if can_run else jobs.problem if jobs else "Jobs are off.",
                id=ids.DE_STATUS,
                className="sc-lead",
                role="status",
            ),
            table_place(expression_table()),
            html.P(id=ids.DE_CAPTION, className="sc-caption is-wrapped"),
        ],
        className="sc-job",
    )


def _button(words: str, button_id: str, is_on: bool) -> html.Button:
    return html.Button(
        words, id=button_id, type="button", className="sc-button is-small", disabled=not is_on
    )


def register_callbacks(app: Dash, context: Context) -> None:
    """Register the job, where jobs can run, and what shows its answer."""
    if context.jobs is not None and context.jobs.manager is not None:
        _register_job(app, context, context.jobs)

    @app.callback(
        Output(ids.DE_TABLE, "rowData"),
        Output(ids.DE_CAPTION, "children"),
        Output(ids.DE_STATUS, "children"),
        Output(place_of(ids.DE_TABLE), "hidden"),
        Input(ids.CHOICES, "data"),
        Input(ids.DE_DONE, "data"),
        State(ids.SELECTION, "data"),
    )
    def show(choices: dict[str, str], done: Any, selection: dict[str, Any]) -> tuple[Any, ...]:
        now = read_shown(context, selection, choices)
        if now.tab != "expression":
            raise PreventUpdate
        if context.jobs is None or context.jobs.manager is None:
            return [], "", context.jobs.problem if context.jobs else "Jobs are off.", True
        fault, first, second = read_sides(now.entry.store, now.choices)
        if fault:
            return [], "", fault, True
        name = context.jobs.name_comparison(now.entry.store.manifest.digest, first, second)
        found = context.jobs.find(name)
        if found is None:
            words = "Not run yet for these cells. Every gene takes about a millisecond."
            words = done["fault"] if done and done.get("name") == name else words
            return [], "", words, True
        return _rows(found), [_CAPTION, *_links(context, now)], found["words"], False


def read_comparison(context: Context, now: Shown) -> Mapping[str, Any] | None:
    """Return the kept differential expression of the cells that are shown, if there is one."""
    fault, first, second = read_sides(now.entry.store, now.choices)
    if fault or context.jobs is None:
        return None
    digest = now.entry.store.manifest.digest
    return context.jobs.find(context.jobs.name_comparison(digest, first, second))


def _register_job(app: Dash, context: Context, jobs: Jobs) -> None:
    # The process of the job opens the store itself: it is given nothing that is open here.
    folders = {entry.key: str(entry.store.path) for entry in context.library}

    @app.callback(
        Output(ids.DE_DONE, "data"),
        Input(ids.DE_RUN, "n_clicks"),
        State(ids.CHOICES, "data"),
        State(ids.SELECTION, "data"),
        State(ids.DE_PAGE, "data"),
        background=True,
        manager=jobs.manager,
        running=[
            (Output(ids.DE_RUN, "disabled"), True, False),
            (Output(ids.DE_CANCEL, "disabled"), False, True),
            (Output(ids.DE_PROGRESS, "value"), "0", "0"),
        ],
        progress=[Output(ids.DE_PROGRESS, "value")],
        progress_default=["0"],
        cancel=[Input(ids.DE_CANCEL, "n_clicks")],
        interval=400,
        prevent_initial_call=True,
    )
    def run(
        tell: Callable[[Any], None],
        n_clicks: int | None,
        choices: dict[str, str],
        selection: dict[str, Any],
        page: str,
    ) -> dict[str, str]:
        key = (selection or {}).get("store") or next(iter(folders))
        if not n_clicks or key not in folders or (selection or {}).get("page") != "cells":
            raise PreventUpdate
        name, fault = answer_comparison(jobs, folders[key], choices, tell)
        return {"name": name, "fault": fault, "page": page, "at": str(n_clicks)}


def _rows(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = ("symbol", "gene_id", "z", "fold", "share_first", "share_second", "p", "q")
    return [dict(zip(names, row, strict=True)) for row in found["rows"][:N_SHOWN]]


def _links(context: Context, now: Shown) -> list[Any]:
    against = now.choices.get("against") or REST
    asked = {**now.asked(), **({"against": against} if against != REST else {})}
    links: list[Any] = [f" The {N_SHOWN:,} genes of largest |z| are shown. All of them: "]
    for ending in ("csv", "tsv"):
        href = context.addresses.export(now.entry.key, f"selection/expression.{ending}")
        query = urlencode(asked, safe=":,")
        links += [html.A(ending, href=f"{href}?{query}", download="", className="sc-download"), " "]
    return links
