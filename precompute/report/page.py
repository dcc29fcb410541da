"""The report as one HTML page: what was measured of each store, and of each pair of stores."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from precompute.html import count, make_document
from precompute.report.page_condition import write_condition
from precompute.report.page_genes import write_agreement, write_shares, write_specificity
from precompute.report.page_pairs import write_pair
from precompute.report.page_units import write_faithfulness, write_leak, write_quality, write_units
from precompute.report.sources import Section

_STYLE = """
h2 { margin-top: 40px; border-top: 2px solid var(--line); padding-top: 16px; }
h3 { margin-top: 28px; }
nav a, a { color: var(--a); }
summary { cursor: pointer; }
"""
# Name of a section in the JSON -> its heading, and how it is told.
_SECTIONS: dict[str, tuple[str, Callable[[Section], str]]] = {
    "quality": ("The dictionary", write_quality),
    "units": ("Against as many neurons and units of PCA, ICA and NMF", write_units),
    "shares": ("Concepts with a significant gene set, beside what chance gives", write_shares),
    "specificity": ("How specific their gene sets are", write_specificity),
    "agreement": ("Gene sets on attribution against gene sets on DE", write_agreement),
    "condition": ("Concepts that carry a condition", write_condition),
    "faithfulness": ("Faithfulness of the attributions", write_faithfulness),
    "leak": ("What concepts tell of donors and batches", write_leak),
}


def make_page(result: Section) -> str:
    """Return the page of what `measure` found."""
    stores, pairs = result["stores"], result["pairs"]
    names = ", ".join(store["name"] for store in stores)
    links = [f'<a href="#store-{i}">{escape(s["name"])}</a>' for i, s in enumerate(stores)]
    if pairs:
        links.append('<a href="#pairs">what comes back</a>')
    body = [
        f"<h1>Evaluation of {escape(names)}</h1>",
        f"<nav aria-label='Sections'>{' · '.join(links)}</nav>",
        "<p class='muted'>Written by <code>python -m precompute evaluate</code>. All numbers come "
        "from the stores; the same command with --out report.json writes them as JSON. Words in "
        "table heads are explained where the pointer rests.</p>",
    ]
    for number, store in enumerate(stores):
        body += _write_store(store, number)
    if pairs:
        body.append('<h2 id="pairs">Which concepts come back in another store</h2>')
        body += [write_pair(pair) for pair in pairs]
    return make_document(f"Evaluation of {names}", body, _STYLE)


def _write_store(store: Section, number: int) -> list[str]:
    facts = [
        f"{store['title']}." if store["title"] not in ("", store["name"]) else "",
        store["description"],
        f"{count(store['n_cells'])} cells, {count(store['n_model_genes'])} genes in the model, "
        f"digest {store['digest'][:12]}.",
    ]
    body = [
        f'<h2 id="store-{number}">{escape(store["name"])}</h2>',
        f"<p>{escape(' '.join(filter(None, facts)))}</p>",
    ]
    for name, (heading, write) in _SECTIONS.items():
        section = store[name]
        told = (
            f"<p class='muted'>{escape(section['missing'])}</p>"
            if "missing" in section
            else write(section)
        )
        body.append(f"<section><h3>{escape(heading)}</h3>{told}</section>")
    return body
