"""Names of cell types to identifiers of the Cell Ontology, from the table `cell_ontology.tsv`."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import numpy as np

from precompute.obs import Obs

IDENTIFIER = re.compile(r"CL:\d{7}")
# Words that people write or leave out as they like.
_EMPTY = {"cell", "positive", "pos"}
_JOINED = ("/", "&", " and ", " or ")
# The CELLxGENE schema's column of identifiers.
_COLUMN = "cell_type_ontology_term_id"
# Of the cells of a category so many must carry an identifier for it to be the category's.
_LEAST_SHARE = 0.9
_GREEK = str.maketrans({"α": " alpha ", "β": " beta ", "γ": " gamma ", "δ": " delta "})


def find_cell_type(name: str) -> str | None:
    """Return the identifier of a cell type by its label or a usual name, None for another one.

    Case, plural, order of words, and `+` or "positive" make no difference: ``CD14+ Monocytes`` is
    CD14-positive monocyte. Nothing is guessed: a name with one word more has no identifier, and
    ``T/NK`` is two cell types.
    """
    if any(sign in name for sign in _JOINED):
        return None
    return _by_name().get(normalise_name(name))


def identify_cell_types(obs: Obs) -> dict[str, str]:
    """Return the identifier of each category of the cell types that has one.

    From the data's own column of identifiers where there is one, else by the name.
    """
    types, own = obs.find_role("cell_type"), obs.find_name(_COLUMN)
    if types is None:
        return {}
    found = {}
    for code, name in enumerate(types.categories or ()):
        identifier = find_cell_type(name)
        if own is not None and own.categories:
            known = own.values[(types.values == code) & (own.values >= 0)]
            counts = np.bincount(known, minlength=own.n_categories)
            is_clear = len(known) and counts.max() >= _LEAST_SHARE * len(known)
            identifier = own.categories[int(counts.argmax())] if is_clear else None
        if identifier and IDENTIFIER.fullmatch(identifier):
            found[name] = identifier
    return found


def read_cell_types() -> list[tuple[str, str, list[str]]]:
    """Return identifier, label and other names of every cell type of the table."""
    text = (files("precompute") / "cell_ontology.tsv").read_text(encoding="utf-8")
    lines = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    return [
        (identifier, label, [name for name in names.split("|") if name])
        for identifier, label, names in lines[1:]
    ]


@cache
def _by_name() -> dict[tuple[str, ...], str]:
    return {
        normalise_name(name): identifier
        for identifier, label, names in read_cell_types()
        for name in (label, *names)
    }


def normalise_name(name: str) -> tuple[str, ...]:
    """Return what a name says, the same for all ways to write it: its words in order, singular."""
    spread = name.translate(_GREEK).lower().replace("-negative", " negative")
    spread = re.sub(r"-(?=\s|$)", " negative", spread)  # as in CD16- NK
    words = re.findall(r"[a-z0-9]+", spread)
    singular = (word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words)
    return tuple(sorted(word for word in singular if word not in _EMPTY))
