"""The command ``evaluate``: every section of every store, what stores have in common, one file."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations, permutations
from pathlib import Path

import numpy as np

from precompute.errors import InputError, fault
from precompute.report.agreement import measure_agreement
from precompute.report.condition import measure_condition
from precompute.report.page import make_page
from precompute.report.quality import measure_quality, measure_units
from precompute.report.recurrence import compare
from precompute.report.shares import measure_shares, measure_specificity
from precompute.report.sources import Section, Source, plain
from precompute.report.trust import measure_faithfulness, measure_leak
from precompute.whole_file import refuse_existing, write_whole
from scconcepts_app.store import ConceptStore

log = logging.getLogger("precompute")

FORMAT = "scconcepts-evaluation"
_ENDINGS = (".html", ".json")
# Name of a section in the JSON -> what measures it.
SECTIONS: dict[str, Callable[[Source], Section]] = {
    "quality": measure_quality,
    "units": measure_units,
    "shares": measure_shares,
    "specificity": measure_specificity,
    "agreement": measure_agreement,
    "condition": measure_condition,
    "faithfulness": measure_faithfulness,
    "leak": measure_leak,
}


def evaluate_stores(paths: Sequence[Path], outs: Sequence[Path], word: str = "") -> Section:
    """Measure stores, and pairs of them, and write the result to each of `outs`.

    Parameters
    ----------
    paths : folders of stores; every one is compared with every other, both ways.
    outs : new files that end in ``.html`` or ``.json``.
    word : find the first gene set with it in its name, of concepts that carry a condition.

    Returns
    -------
    What the JSON holds: numbers, words, and a reason wherever something is missing.

    Raises
    ------
    InputError
        A file is there or of another kind, a store is named twice, or two stores share no gene
        and no cell. Nothing is written then.
    StoreError
        A folder is no store, or a damaged one.
    """
    for out in outs:
        _check_out(out)
    sources = open_sources(paths, word)
    result = measure(sources)
    for out in outs:
        text = make_page(result) if out.suffix == ".html" else json.dumps(result, indent=1) + "\n"
        with write_whole(out) as path:
            path.write_text(text, encoding="utf-8")
    return result


def open_sources(paths: Sequence[Path], word: str = "") -> list[Source]:
    """Open the stores, each under its folder's name, or its path where two share that."""
    resolved = [path.resolve() for path in paths]
    twice = [path for path, times in Counter(resolved).items() if times > 1]
    if twice:
        raise fault(twice[0], "it is named twice", "different stores", "Name it once.")
    names = [path.name.removesuffix(".store") for path in resolved]
    titles = [
        name if names.count(name) == 1 else str(path)
        for name, path in zip(names, paths, strict=True)
    ]
    sources = [
        Source(title, path, ConceptStore.open(path), word)
        for title, path in zip(titles, paths, strict=True)
    ]
    for first, other in combinations(sources, 2):
        _check_common(first, other)
    return sources


def measure(sources: Sequence[Source]) -> Section:
    """Return all sections of all stores, and the comparisons of all pairs, both ways."""
    stores = []
    for source in sources:
        manifest = source.store.manifest
        log.info("%s: %s", source.name, ", ".join(SECTIONS))
        stores.append(
            {
                "name": source.name,
                "title": manifest.title,
                "description": manifest.description,
                "digest": manifest.digest,
                "n_cells": source.store.n_cells,
                "n_model_genes": int(np.asarray(source.store.array("genes/in_model")).sum()),
                **{name: section(source) for name, section in SECTIONS.items()},
            }
        )
    pairs = []
    for a, b in permutations(sources, 2):
        log.info("%s in %s", a.name, b.name)
        pairs.append(compare(a, b))
    return plain({"format": FORMAT, "version": 1, "stores": stores, "pairs": pairs})


def _check_out(out: Path) -> None:
    if out.suffix not in _ENDINGS:
        raise fault(out, f"ends in '{out.suffix}'", " or ".join(_ENDINGS), "Change --out.")
    refuse_existing(out)
    if not out.absolute().parent.is_dir():
        raise fault(out, "its folder is not there", "a folder you may write to", "Make it first.")


def _check_common(first: Source, other: Source) -> None:
    genes = set(first.store.gene_symbols) & set(other.store.gene_symbols)
    cells = set(first.store.strings("cells/id")) & set(other.store.strings("cells/id"))
    if not genes and not cells:
        raise InputError(
            f"{other.path}: shares no gene symbol and no cell name with {first.path}. Expected "
            "stores of one species with the same gene names, or of the same cells. "
            "Evaluate them one by one."
        )
