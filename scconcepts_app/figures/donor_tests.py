"""Effects of a concept over donors: a dot with its interval, and q and donors beside it."""

from __future__ import annotations

import plotly.graph_objects as go

from scconcepts_app.figures.theme import palette, plain, shorten, start_figure
from scconcepts_app.views.donor_tests import DonorTest
from scconcepts_app.views.numbers import MISSING, format_number, format_p
from scconcepts_app.views.statistics import SIGNIFICANT_Q

N_ROWS = 14
_FEWEST_SLOTS = 8
_LABEL_WIDTH = 22
_UNITS = {
    True: "correlation within donors, ± 95 %",
    False: "effect in s.d. of activation, ± 95 %",
}


def draw_donor_tests(tests: list[DonorTest], theme: str) -> go.Figure:
    """Return one line a test, in the order given; at most `N_ROWS` are shown.

    Filled: q up to 0.05. Ring: above, or not tested, which the text beside it says.
    """
    colors, shown = palette(theme), tests[:N_ROWS]
    figure = start_figure(theme)
    found = [test.q is not None and test.q <= SIGNIFICANT_Q for test in shown]
    figure.add_trace(
        go.Scatter(
            x=[test.effect for test in shown],
            y=list(range(len(shown))),
            mode="markers",
            marker={
                "size": 9,
                "symbol": ["circle" if is_found else "circle-open" for is_found in found],
                "color": [
                    (colors.presence if (test.effect or 0) >= 0 else colors.absence)
                    if is_found
                    else colors.muted
                    for test, is_found in zip(shown, found, strict=True)
                ],
            },
            error_x={
                "array": [test.margin for test in shown],
                "color": colors.muted,
                "thickness": 1,
                "width": 3,
            },
            hovertext=[_describe(test) for test in shown],
            hoverinfo="text",
        )
    )
    _lay_out(figure, shown, len(tests), theme)
    figure.add_vline(x=0, line={"color": colors.muted, "width": 1})
    return figure


def _lay_out(figure: go.Figure, shown: list[DonorTest], n_all: int, theme: str) -> None:
    colors = palette(theme)
    n_slots = max(_FEWEST_SLOTS, len(shown))
    is_number = bool(shown) and all(test.design == "correlation" for test in shown)
    title = _UNITS[is_number]
    if n_all > len(shown):
        title += f" · {len(shown)} of {n_all}"
    figure.update_layout(
        margin={"l": 152, "r": 108, "t": 18, "b": 40},
        hovermode="closest",
        yaxis={
            "range": [n_slots - 0.5, -0.5],
            "tickmode": "array",
            "tickvals": list(range(len(shown))),
            "ticktext": [plain(shorten(test.title, _LABEL_WIDTH)) for test in shown],
            "tickfont": {"size": 11, "color": colors.text},
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
        xaxis={
            "title": {"text": title},
            "fixedrange": True,
            "zeroline": False,
            "nticks": 5,
            "tickangle": 0,
        },
    )
    texts = [(-1, "q", "donors")]
    texts += [(i, _say_q(test), _say_donors(test)) for i, test in enumerate(shown)]
    for row, q, donors in texts:
        for shift, text in ((8, q), (64, donors)):
            figure.add_annotation(
                text=text,
                x=1,
                xshift=shift,
                y=row if row >= 0 else 1,
                xref="paper",
                yref="y" if row >= 0 else "paper",
                yanchor="middle" if row >= 0 else "bottom",
                xanchor="left",
                showarrow=False,
                font={"size": 11, "color": colors.text if row >= 0 else colors.muted},
            )


def _say_q(test: DonorTest) -> str:
    return format_p(test.q)


def _say_donors(test: DonorTest) -> str:
    if not test.is_tested:
        return MISSING
    return f"{test.n_donors} : {test.n_others}" if test.n_others else str(test.n_donors)


def _describe(test: DonorTest) -> str:
    error = "" if test.standard_error is None else f" ± {format_number(test.standard_error)} (s.e.)"
    return "<br>".join(
        (
            f"<b>{plain(test.name)}</b>" + (f", {plain(test.title)}" if test.within else ""),
            f"effect {format_number(test.effect)}{error}",
            test.reason or f"p {format_p(test.p)}, q {format_p(test.q)} over all concepts",
            test.donors if test.is_tested else "effect over the pooled cells",
        )
    )
