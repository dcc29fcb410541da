"""Latents of single seeds that became no concept: their rows in the table, and one in short."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.payload import decode_payload
from scconcepts_app.views.concepts import ConceptRow
from scconcepts_app.views.fact import Fact, Link
from scconcepts_app.views.numbers import format_count, format_number, format_share, known_or_none

NOT_COMPUTED = (
    "Genes, gene sets and faithfulness are computed for concepts only. Look at the closest "
    "concept for them, or at the cells on the map."
)


@dataclass(frozen=True)
class LatentCard:
    """What the head of such a latent shows.

    Attributes
    ----------
    why : why it is no concept, one sentence.
    """

    id: str
    label: str
    why: str
    facts: list[Fact]


def list_latents(store: ConceptStore, latents: Iterable[int] | None = None) -> list[ConceptRow]:
    """Return the rows of latents as the table of concepts shows them, all of them by default."""
    chosen = range(store.n_latents) if latents is None else latents
    if not store.n_latents:
        return []
    columns = {name: np.asarray(store.array(f"latents/{name}")) for name in _COLUMNS}
    categories = _cell_types(store)
    rows = []
    for latent in chosen:
        seed, index, n_active = (int(columns[name][latent]) for name in _COLUMNS)
        category, f1 = categories[latent]
        label = _label(seed, index)
        rows.append(
            ConceptRow(
                id=store.latent_ids[latent],
                label=label,
                proposed=label,
                author="",
                genes=[],
                n_active=n_active,
                share=n_active / max(1, store.n_cells),
                category=category,
                f1=f1,
                stability=None,
                stability_low=None,
                stability_high=None,
                part_of=None,
                grades={},
                flags=[],
                flag_names="",
                search=f"{store.latent_ids[latent]} {label} did not recur",
                is_latent=True,
            )
        )
    return rows


_COLUMNS = ("seed", "index", "n_active")


def describe_latent(store: ConceptStore, latent: int) -> LatentCard:
    """Return what is known of a latent that became no concept."""
    seed, index, n_active, n_seeds, closest = (
        int(store.array(f"latents/{name}")[latent])
        for name in ("seed", "index", "n_active", "n_seeds", "closest")
    )
    values = decode_payload(store.payload("latents", latent))[1]
    category, f1 = _cell_types(store)[latent]
    return LatentCard(
        id=store.latent_ids[latent],
        label=_label(seed, index),
        why=_say_why(store, n_seeds),
        facts=[
            _closest(store, latent, closest),
            Fact(
                "Seeds",
                _of_seeds(store, n_seeds),
                "Trained dictionaries that hold a latent like it, its own included.",
            ),
            Fact(
                "Cell type",
                f"{category} (F1 {format_number(f1)})" if category else format_number(None),
                "Cell type of highest F1 with the activation.",
            ),
            Fact(
                "Cells",
                f"{format_count(n_active)} ({format_share(n_active / max(1, store.n_cells))})",
                "Cells in which it is active, and their share of all cells.",
            ),
            Fact(
                "Activation",
                f"max {format_number(known_or_none(values.max()) if len(values) else None)}",
                "Largest activation, in the unit of its own dictionary.",
            ),
        ],
    )


def _label(seed: int, index: int) -> str:
    return f"Latent {index} of seed {seed}"


def _closest(store: ConceptStore, latent: int, closest: int) -> Fact:
    name = "Closest concept"
    meaning = (
        "Concept of highest similarity, and that similarity: the smaller of the correlation of "
        "activations over cells and the cosine of decoder directions."
    )
    if closest < 0:
        return Fact(name, format_number(None), meaning)
    similarity = format_number(known_or_none(store.array("latents/similarity")[latent]))
    link = Link(store.concept_ids[closest], store.strings("concepts/label")[closest])
    return Fact(name, f"similarity {similarity}", meaning, (link,))


def _say_why(store: ConceptStore, n_seeds: int) -> str:
    needed = store.manifest.dictionary.get("min_seeds")
    found = _of_seeds(store, n_seeds)
    if isinstance(needed, int) and n_seeds >= needed:
        return (
            f"It is no concept of its own: {found} dictionaries hold a latent like it, but another "
            "one of its dictionary stands closer to the concept they make, or they make none."
        )
    wanted = f", and {needed} are needed" if isinstance(needed, int) else ""
    return f"It did not recur: {found} dictionaries hold a latent like it{wanted}."


def _of_seeds(store: ConceptStore, n_seeds: int) -> str:
    of_seeds = store.manifest.dictionary.get("n_seeds")
    return f"{n_seeds} of {of_seeds}" if of_seeds else str(n_seeds)


def _cell_types(store: ConceptStore) -> list[tuple[str | None, float | None]]:
    """Return the cell type of highest F1 of each latent, and that F1."""
    columns = [column for column in store.manifest.obs if column.kind == "categorical"]
    at = next((i for i, column in enumerate(columns) if column.role == "cell_type"), None)
    if at is None:
        return [(None, None)] * store.n_latents
    codes = np.asarray(store.array("latents/best_code"))[:, at]
    f1 = np.asarray(store.array("latents/best_f1"))[:, at]
    names = columns[at].categories
    return [
        (names[code], known_or_none(value)) if code >= 0 else (None, None)
        for code, value in zip(codes, f1, strict=True)
    ]
