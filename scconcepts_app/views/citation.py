"""How to cite what a store shows: title, digest, place and version, as text and as BibTeX."""

from __future__ import annotations

from dataclasses import dataclass

from scconcepts_app.store import ConceptStore

# Stands for what only the browser knows: the address under which readers reach this server.
ORIGIN = "{origin}"
_SPECIAL = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


@dataclass(frozen=True)
class Citation:
    """A citation; both texts hold `ORIGIN` before the permalink."""

    plain: str
    bibtex: str


def cite(store: ConceptStore, link: str, version: str) -> Citation:
    """Return how to cite a store.

    Parameters
    ----------
    link : address of the store on this server, with a slash at its beginning.
    version : of the software.
    """
    manifest = store.manifest
    year, digest = manifest.created[:4], manifest.digest
    url = f"{ORIGIN}{link}"
    plain = (
        f"{manifest.title}. Concept store, {manifest.created[:10]}, sha256 {digest}. "
        f"scConcepts {version}. {url}"
    )
    fields = {
        "title": f"{{{_escape(manifest.title)}}}",
        "year": year,
        "note": f"Concept store of {manifest.created[:10]}, sha256 {digest}",
        "howpublished": f"scConcepts {version}",
        "url": url,
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return Citation(plain, f"@misc{{scconcepts_{digest[:12]},\n{lines}\n}}\n")


def _escape(text: str) -> str:
    return "".join(_SPECIAL.get(c, c) for c in text)
