"""Small tables of the methods page: kinds of units, and settings of the dictionary."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html

from scconcepts_app.components.attributes import attributes
from scconcepts_app.views.baselines import MEASURES, Baselines, Method
from scconcepts_app.views.nulls import Contrast, NullShares, RankedShare
from scconcepts_app.views.numbers import (
    MISSING,
    format_count,
    format_number,
    format_share,
    is_known,
)
from scconcepts_app.views.sweep import MEASURES as OF_SETTINGS
from scconcepts_app.views.sweep import Setting, SweepView

Head = tuple[str, str]
_UNITS = ("Units", "How many, as many as there are concepts where the embeddings have as many.")
_ACTIVE = ("Active", "Mean number of units of a cell that are not 0.")
_EXPLAINED = (
    "Explained variance",
    "1 - residual / total variance of the embeddings, rebuilt from the units.",
)
_TO = ("To programmes", "Mean over units of the best correlation with a true programme.")
_OF = ("Of programmes", "Mean over true programmes of the best correlation with a unit.")
_GSEA = ("GSEA of", "The ranking of genes that gene sets are tested on.")
_SHARE = (
    "Concepts",
    "Share of concepts with a significant gene set; 95 % interval (Wilson); of how many.",
)
_SETTING: tuple[Head, ...] = (
    ("Setting", "Variant, latents for each dimension of the embedding, and k."),
    ("Latents", "Of each autoencoder."),
    ("Concepts", "Found by one set of seeds, mean over both."),
    ("Come back", "Share of the concepts with a partner among those of the other seeds."),
    ("Dead", "Share of the latents that no cell activates."),
)


def baselines_table(found: Baselines) -> html.Div:
    """Return the kinds of units, one a row; the best mean of each measure in bold."""
    measures = list(MEASURES) if found.groups else []
    with_truth = any(is_known(method.to_programmes) for method in found.methods)
    heads = [("Method", ""), _UNITS, _ACTIVE, _EXPLAINED, *(MEASURES[m] for m in measures)]
    heads += [_TO, _OF] if with_truth else []
    compared = [method for method in found.methods if method.is_compared]
    best = {m: max((x.means[m] or 0.0 for x in compared), default=0.0) for m in measures}
    return _table(
        "Concepts and other units", heads, [_row(m, best, with_truth) for m in found.methods]
    )


def _row(method: Method, best: dict[str, float], with_truth: bool) -> html.Tr:
    cells = [
        html.Th(method.name, scope="row", title=method.meaning),
        html.Td(format_count(method.n_units)),
        html.Td(format_number(method.active, 1)),
        html.Td(format_number(method.explained_variance, 3)),
    ]
    for measure, highest in best.items():
        value = method.means[measure]
        text = format_number(value, 3)
        if measure == "f1" and is_known(method.f1_error):
            text += f" ± {format_number(method.f1_error, 3)}"
        is_best = method.is_compared and value is not None and value == highest
        cells.append(html.Td(html.B(text) if is_best else text))
    if with_truth:
        programmes = (method.to_programmes, method.of_programmes)
        cells += [html.Td(format_number(value, 3)) for value in programmes]
    return html.Tr(cells)


def nulls_table(found: NullShares) -> html.Div:
    """Return the share of each ranking, and what is left of it beside each null and neurons."""
    heads: list[Head] = [_GSEA, _SHARE]
    for against in found.against:
        kind = "" if against.is_null else " (no null)"
        heads.append((f"minus {against.name}{kind}", against.meaning))
    rows = [_share_row(row) for row in found.rankings]
    table = _table("Concepts with a significant gene set", heads, rows)
    return html.Div(table, className="sc-nulls")


def _share_row(row: RankedShare) -> html.Tr:
    interval = f"{_percent(row.low)} to {_percent(row.high)}"
    cells = [_lines(f"{_percent(row.value)} %", interval, f"of {format_count(row.n)}")]
    cells += [_difference(contrast) for contrast in row.contrasts]
    title = row.title.removeprefix(f"{_GSEA[0]} ")
    return html.Tr([html.Th(title, scope="row"), *cells])


def _difference(found: Contrast | None) -> html.Td:
    if found is None:
        return html.Td(MISSING)
    return _lines(
        f"{_percent(found.value)} points",
        f"{_percent(found.low)} to {_percent(found.high)}",
        f"{_percent(found.theirs)} % of {format_count(found.n)}",
    )


def _lines(first: str, *others: str) -> html.Td:
    small = [html.Div(other, className="sc-muted sc-plain-second") for other in others]
    return html.Td([html.Div(first), *small])


def _percent(share: float) -> str:
    """Return a share, or a difference of two, in hundredths without a sign of percent."""
    return f"{round(100 * share):d}".replace("-", "\N{MINUS SIGN}")


def sweep_table(view: SweepView) -> html.Details:
    """Return all settings, folded; marks stand beside the recommended one and this store's."""
    heads = [*_SETTING, *(OF_SETTINGS[measure] for measure in view.measures)]
    rows = [_setting_row(setting, view.measures) for setting in view.settings]
    return html.Details(
        [
            html.Summary(f"All {format_count(len(view.settings))} settings"),
            _table("Settings of the dictionary", heads, rows),
        ]
    )


def _setting_row(setting: Setting, measures: Sequence[str]) -> html.Tr:
    marks = [word for word, held in _marks(setting) if held]
    name = f"{setting.name} ({', '.join(marks)})" if marks else setting.name
    return html.Tr(
        [
            html.Th(name, scope="row"),
            html.Td(format_count(setting.n_latents)),
            html.Td(f"{setting.n_concepts:g}"),
            html.Td(format_share(setting.values["come_back"])),
            html.Td(format_share(setting.values["dead"])),
            *[html.Td(format_number(setting.values[measure], 3)) for measure in measures],
        ],
        className="is-chosen" if setting.is_chosen else None,
    )


def _marks(setting: Setting) -> tuple[tuple[str, bool], ...]:
    return ("recommended", setting.is_chosen), ("this store", setting.is_shown)


def _table(name: str, heads: Sequence[Head], rows: list[html.Tr]) -> html.Div:
    """Return a table that scrolls by itself where the window is narrow."""
    head = html.Tr([html.Th(words, scope="col", title=why or None) for words, why in heads])
    return html.Div(
        html.Table([html.Thead(head), html.Tbody(rows)], className="sc-plain-table"),
        className="sc-plain-scroll",
        tabIndex=0,
        role="region",
        **attributes({"aria-label": name}),
    )
