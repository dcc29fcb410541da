"""One cell on a page: what is known about it, its concepts, and the genes behind each."""

from __future__ import annotations

from collections.abc import Mapping

from dash import dcc, html

from scconcepts_app.components.attributes import attributes
from scconcepts_app.views.cell_concepts import CellInFull, ConceptOfCell, GeneBehind
from scconcepts_app.views.numbers import format_count, format_number


def cell_panel(
    cell: CellInFull, labels: Mapping[str, str], links: Mapping[str, str], back: str
) -> html.Div:
    """Return everything about a cell.

    Parameters
    ----------
    labels, links : label and address by concept id.
    back : address of the page without the cell.
    """
    return html.Div(
        [
            html.Div(
                [
                    html.H2(cell.id, className="sc-cell-id"),
                    html.Span(f"cell #{cell.index:,}", className="sc-muted"),
                    html.Span(className="sc-spring"),
                    dcc.Link("Close", href=back, className="sc-chip", title="Back to the set"),
                ],
                className="sc-bar",
            ),
            html.Dl(
                [html.Div([html.Dt(name), html.Dd(value)]) for name, value in cell.facts],
                className="sc-numbers sc-cell-facts",
            ),
            *[
                _concept(concept, labels.get(concept.id, ""), links[concept.id])
                for concept in cell.concepts
            ],
            None
            if cell.concepts
            else html.P("No concept is active in this cell.", className="sc-lead"),
        ],
        className="sc-one-cell",
    )


def _concept(concept: ConceptOfCell, label: str, href: str) -> html.Section:
    return html.Section(
        [
            html.H3(dcc.Link([html.B(concept.id), f" {label}"], href=href)),
            html.P(
                [
                    "Activation ",
                    html.B(format_number(concept.activation)),
                    f", rank {format_count(concept.rank)} of {format_count(concept.n_active)} "
                    "active cells: as high or higher than ",
                    html.B(f"{concept.percentile:.1f} %"),
                    " of them.",
                ]
            ),
            html.Ul(
                [_gene(gene, concept.is_measured) for gene in concept.genes],
                className="sc-cell-genes",
            ),
            html.P(concept.origin, className="sc-muted"),
        ],
        className="sc-cell-concept",
        **attributes({"aria-label": f"Concept {concept.id}"}),
    )


def _gene(gene: GeneBehind, is_measured: bool) -> html.Li:
    value = f"{gene.value:.2f}" if gene.is_expressed else "not expressed"
    kind = "effect in this cell" if is_measured else "mean effect over active cells"
    tone = "is-low" if (gene.effect or 0) < 0 else "is-high"
    name = html.B(gene.symbol) if gene.is_expressed else html.Span(gene.symbol)
    return html.Li(
        [name, html.Span(format_number(gene.effect, 3), className="sc-gene-effect")],
        className=f"sc-word {tone}",
        title=f"{gene.symbol}: {kind} {format_number(gene.effect, 3)}; in this cell {value} "
        "(log1p of counts per 10,000)",
    )
