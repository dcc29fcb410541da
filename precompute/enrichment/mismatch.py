"""Says why gene sets and data may share no genes: other species, ids against symbols."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from precompute.enrichment.gene_lookup import GeneLookup

_ENSEMBL = re.compile(r"ENS([A-Z]*)G\d{11}(\.\d+)?")
_N_EXAMPLES = 3
_N_SAMPLED = 500


def describe_mismatch(set_genes: Collection[str], lookup: GeneLookup) -> str:
    """Return examples of both sides and what may be wrong with them, in sentences.

    Parameters
    ----------
    set_genes : different names of genes in the sets.
    lookup : the genes of the data.
    """
    names = sorted(set_genes)
    examples = f"The sets name genes as {_quote(names)}; the data as {_quote(lookup.symbols)}"
    if lookup.ids != lookup.symbols:
        examples += f" (ids: {_quote(lookup.ids)})"
    return f"{examples}. " + _find_reason(names, lookup)


def _find_reason(set_genes: Sequence[str], lookup: GeneLookup) -> str:
    in_sets, in_data = _kind(set_genes), _kind(lookup.symbols)
    if in_sets != in_data:
        help_text = (
            "name the var column of the others in data.gene_symbols, or give a table of "
            "names (enrichment.aliases, --aliases). "
        )
        return f"The sets hold {in_sets}, the data {in_data}: {help_text}"
    capitals = {name.upper() for name in lookup.symbols}
    n_capitals = len({name.upper() for name in set_genes} & capitals)
    n_alike = len(set(set_genes) & set(lookup.symbols))
    if n_capitals <= 2 * n_alike:
        return ""
    mice = "the sets" if _is_mouse(set_genes) else "the data" if _is_mouse(lookup.symbols) else ""
    told = f"{n_capitals:,} of the sets' {len(set_genes):,} genes would match in capitals"
    if not mice:
        return f"{told}: the two differ in upper and lower case. "
    others = "the data" if mice == "the sets" else "the sets"
    return (
        f"{told}: {mice} look like mouse symbols (Cd3d), {others} like human ones (CD3D). Use gene "
        "sets of the species of the data; capitals alone are no map of orthologues. "
    )


def _kind(names: Sequence[str]) -> str:
    sample = _sample(names)
    if _most(bool(_ENSEMBL.fullmatch(name)) for name in sample):
        return "Ensembl ids"
    if _most(name.isdecimal() for name in sample):
        return "numbers, such as Entrez ids"
    return "symbols"


def _is_mouse(names: Sequence[str]) -> bool:
    """Say whether most names are a capital and then small letters: Cd3d, not CD3D."""
    lettered = [name for name in _sample(names) if sum(map(str.isalpha, name)) > 1]
    return _most(name[1:] == name[1:].lower() and name[:1].isupper() for name in lettered)


def _most(answers: Iterable[bool]) -> bool:
    given = list(answers)
    return sum(given) > len(given) / 2


def _sample(names: Sequence[str]) -> list[str]:
    return list(names[:: max(1, len(names) // _N_SAMPLED)])


def _quote(names: Sequence[str]) -> str:
    return ", ".join(f"'{name[:30]}'" for name in names[:_N_EXAMPLES]) or "nothing"
