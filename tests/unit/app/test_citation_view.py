"""The citation: digest, permalink, version; safe in BibTeX."""

from dataclasses import replace

from scconcepts_app.store import ConceptStore
from scconcepts_app.views.citation import cite


def test_text_and_bibtex_name_content_place_and_version(store):
    found = cite(store, "/concepts/?store=fixture", "1.2.3")
    digest = store.manifest.digest
    assert found.plain == (
        f"Fixture. Concept store, 2026-01-01, sha256 {digest}. scConcepts 1.2.3. "
        "{origin}/concepts/?store=fixture"
    )
    assert found.bibtex.startswith(f"@misc{{scconcepts_{digest[:12]},\n  title = {{{{Fixture}}}},")
    assert "  year = {2026},\n" in found.bibtex
    assert "  url = {{origin}/concepts/?store=fixture}\n}" in found.bibtex


def test_titles_cannot_break_bibtex(store):
    odd = ConceptStore(store.path, replace(store.manifest, title=r"50% of T_cells {a} & \b~"))
    title = cite(odd, "/", "1").bibtex.splitlines()[1]
    assert title == (r"  title = {{50\% of T\_cells \{a\} \& \textbackslash{}b\textasciitilde{}}},")
