"""What was done and what the numbers mean: the content of the methods page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from scconcepts_app.store import ConceptStore, Manifest
from scconcepts_app.store.schema import GRADES
from scconcepts_app.views.faithfulness import NOT_GRADED, read_grade
from scconcepts_app.views.numbers import format_count, format_number, format_share


@dataclass(frozen=True)
class Entry:
    """A name, its value in words, and what it means."""

    name: str
    value: str
    meaning: str = ""


@dataclass(frozen=True)
class Section:
    """A titled list of entries."""

    title: str
    entries: list[Entry]
    note: str = ""


DICTIONARY = "The dictionary"
GENE_SETS = "Gene sets"
TRUST = (
    Entry(
        "Attribution",
        "says what moves the model's concept",
        "How the concept's pre-activation changes when a gene takes its value in a counterfactual "
        "cell. It is a statement about the model, and about the cells it was computed on.",
    ),
    Entry(
        "Differential expression",
        "says what differs between cells",
        "A correlation between expression and activation. It needs no model, and does not say "
        "what the model uses.",
    ),
    Entry(
        "They answer different questions",
        "read both",
        "A gene can differ between cells and not move the concept, or move it in few cells. "
        "Attribution is not a better list of marker genes.",
    ),
    Entry(
        "Faithfulness",
        "says how far an attribution can be believed",
        "Genes are replaced in cells that the ranking has not seen, and the model is asked again. "
        "A grade is the worst of several tests; D means that at least one of them failed. It is "
        "about the model, not about biology.",
    ),
    Entry(
        "Presence and absence",
        "are kept apart",
        "A gene drives a concept by presence when it is expressed more than in the "
        "counterfactual, by absence when it is expressed less. A high absence of ISG15 means "
        "that cells without an interferon response activate the concept.",
    ),
    Entry(
        "Label",
        "is a proposal until a person signs it",
        "Proposed labels follow from overlap with cell types, conditions and gene sets. Experts' "
        "labels carry their author.",
    ),
    Entry(
        "Stability",
        "says whether the concept comes back",
        "Recurrence over dictionaries trained with other seeds on the same cells. It does not "
        "say that the concept holds in another data set.",
    ),
    Entry(
        "Missing",
        "is shown as a dash",
        "A gene the model does not see has no attribution. It is not zero.",
    ),
)

_DICTIONARY = {
    "explained_variance": (
        "Explained variance of the concepts",
        "1 - residual / total variance of the embeddings, rebuilt from the concepts.",
    ),
    "explained_variance_of_seeds": (
        "Explained variance of single seeds",
        "The same for each dictionary before the consensus.",
    ),
    "mean_active": ("Active concepts a cell", "Mean number of concepts active in a cell."),
    "explained_variance_of_general": (
        "Explained variance of the general concepts",
        "The same for the concepts of the first level alone, before finer ones joined them.",
    ),
    "k": (
        "Most active concepts a cell",
        "k of the Top-K autoencoder; of the general ones, if two levels.",
    ),
    "n_general": (
        "General concepts",
        "The first level. The concepts after them are finer ones of larger autoencoders, "
        "among which a cell chooses for itself.",
    ),
    "k_detail": ("Most active finer concepts a cell", "How many of the second level it chooses."),
    "n_latents": ("Latents of each seed", "Size of each trained autoencoder."),
    "detail_latents": (
        "Latents of each seed, finer level",
        "Size of the larger autoencoders that the finer concepts come from.",
    ),
    "n_seeds": ("Seeds", "Autoencoders trained with different seeds."),
    "n_concepts": ("Concepts", "Latents that recur over seeds, merged."),
    "dead_latents": ("Dead latents", "Latents active in no cell, for each seed."),
    "latents_not_recurring": (
        "Latents left out",
        "Latents that did not recur in enough seeds to become a concept.",
    ),
    "min_seeds": ("Seeds needed", "Seeds that a concept must recur in."),
    "mean_stability": ("Mean stability", "Over all concepts."),
    "learning_rate": (
        "Learning rate",
        "The highest of the schedule, the same for all seeds; short runs choose it if none is set.",
    ),
    "scale": (
        "Scale of the embeddings",
        "Root mean square after centring; activations are in units of it.",
    ),
    "seeds": ("Seed numbers", "With them the training can be repeated."),
}


def describe_methods(store: ConceptStore) -> list[Section]:
    """Return the sections of the methods page for a store."""
    manifest = store.manifest
    return [
        Section("The data", _list_data(store), manifest.description),
        Section("The model", [Entry(_spell(k), _say(v)) for k, v in manifest.model.items()]),
        Section(DICTIONARY, _list_dictionary(manifest.dictionary)),
        Section(
            "Attribution",
            [Entry(i.title, i.method, i.description) for i in manifest.attributions],
            "" if manifest.attributions else _refusal(manifest.provenance),
        ),
        Section("Faithfulness", _list_faithfulness(store), _explain_faithfulness(store)),
        Section(
            "Differential expression",
            [Entry(i.title, "", i.description) for i in manifest.differentials],
            "" if manifest.differentials else "This store holds no differential expression.",
        ),
        Section(
            GENE_SETS,
            [
                Entry(i.title, f"reports {i.statistic}, q within a concept (Benjamini-Hochberg)")
                for i in manifest.enrichments
            ]
            + [Entry(i.title, "", i.description) for i in manifest.set_swaps]
            + _list_libraries(manifest),
            "" if manifest.enrichments else "This store holds no test of gene sets.",
        ),
    ]


def describe_provenance(store: ConceptStore) -> list[Entry]:
    """Return where the store comes from: digest, date, packages, inputs and configuration."""
    manifest = store.manifest
    entries = [Entry("Store digest", manifest.digest), Entry("Created", manifest.created)]
    return entries + [Entry(_spell(k), _say(v)) for k, v in manifest.provenance.items()]


def _list_data(store: ConceptStore) -> list[Entry]:
    n_model = int(store.array("genes/in_model").sum())
    columns = ", ".join(f"{c.name} ({c.role.replace('_', ' ')})" for c in store.manifest.obs)
    return [
        Entry("Cells", format_count(store.n_cells)),
        Entry("Genes", format_count(store.n_genes), f"The model sees {n_model:,} of them."),
        Entry("Concepts", format_count(store.n_concepts)),
        Entry("Gene sets", format_count(store.manifest.counts["n_gene_sets"])),
        Entry("Columns", columns or "none"),
        Entry("Maps", ", ".join(info.title for info in store.manifest.maps)),
    ]


def _list_libraries(manifest: Manifest) -> list[Entry]:
    """Return the libraries of gene sets, with what the provenance counts of each."""
    counted = manifest.provenance.get("gene_sets")
    records = counted if isinstance(counted, list) else []
    by_place = dict(enumerate(record for record in records if isinstance(record, dict)))
    return [
        Entry(library.name, library.source, _count_library(by_place.get(place, {})))
        for place, library in enumerate(manifest.gene_set_libraries)
    ]


def _count_library(record: dict[str, Any]) -> str:
    found = record.get("found")
    numbers = [record.get(name) for name in ("n_kept", "n_gene_sets", "n_genes")]
    if not isinstance(found, dict) or not all(
        isinstance(n, int) for n in [*numbers, *found.values()]
    ):
        return ""
    kept, sets, genes = numbers
    digest = str(record.get("sha256") or "")
    told = (
        f"{kept:,} of {sets:,} sets have a fitting number of genes that the model reads; "
        f"{sum(found.values()):,} of {genes:,} genes of the library are among them."
    )
    return f"{told} sha256 {digest[:12]}…" if digest else told


def _list_faithfulness(store: ConceptStore) -> list[Entry]:
    titles = {info.key: info.title for info in store.manifest.attributions}
    entries = []
    for info in store.manifest.faithfulness:
        grades = [read_grade(store, c, info.key) for c in range(store.n_concepts)]
        counted = [f"{grades.count(grade)} {grade}" for grade in GRADES]
        counted.append(f"{grades.count(None)} {NOT_GRADED}")
        entries.append(Entry(titles.get(info.key, info.key), ", ".join(counted), info.rule))
    return entries


def _explain_faithfulness(store: ConceptStore) -> str:
    if not store.manifest.faithfulness:
        return "This store holds no faithfulness cards."
    return "Concepts of each grade, for each counterfactual, and what the grades mean."


def _list_dictionary(record: dict[str, Any]) -> list[Entry]:
    known = [
        Entry(words, _say(record[key]), meaning)
        for key, (words, meaning) in _DICTIONARY.items()
        if key in record
    ]
    return known + [Entry(_spell(k), _say(v)) for k, v in record.items() if k not in _DICTIONARY]


def _refusal(provenance: dict[str, Any]) -> str:
    record = provenance.get("attribution")
    reason = record.get("refused") if isinstance(record, dict) else ""
    return str(reason or "This store holds no attribution.")


def _spell(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _say(value: Any) -> str:
    """Return a value of an open record as text: lists in a line, objects as JSON."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return format_number(value, 3)
    if isinstance(value, list) and all(not isinstance(v, (list, dict)) for v in value):
        return ", ".join(_say(v) for v in value) or "none"
    if isinstance(value, (dict, list)):
        return json.dumps(value, indent=1, ensure_ascii=False)
    return str(value)


def headline(store: ConceptStore) -> str:
    """Return the size of a store in one line."""
    explained = store.manifest.dictionary.get("explained_variance")
    text = f"{store.n_cells:,} cells · {store.n_genes:,} genes · {store.n_concepts:,} concepts"
    if isinstance(explained, (int, float)):
        text += f" · explained variance {format_share(explained)}"
    return text
