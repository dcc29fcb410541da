"""Labels from a file: what is taken, skipped, in conflict, at fault; and all or nothing."""

from __future__ import annotations

import pytest

from scconcepts_app.annotations import AnnotationError, AnnotationService, ConflictError
from scconcepts_app.annotations.importing import NewLabel, plan_import
from scconcepts_app.views.exports import label_rows, write_csv, write_table

DIGEST = "a" * 64
IDS = {"c0001", "c0002", "c0003"}


@pytest.fixture
def service(tmp_path) -> AnnotationService:
    return AnnotationService(f"sqlite:///{tmp_path / 'labels.sqlite3'}")


def plan(service, text: str | bytes):
    data = text if isinstance(text, bytes) else text.encode()
    return plan_import(data, DIGEST, IDS, service.latest_for_store(DIGEST))


def table(service, ending: str = "csv") -> str:
    return write_table(label_rows(service.export_rows(DIGEST)), ending)


def test_a_table_by_hand(service):
    found = plan(service, "concept_id,label,note\r\nc0001, B  cells ,why\r\nc0002,T,\r\n")
    assert found.taken == [NewLabel("c0001", "B cells", "why", 0), NewLabel("c0002", "T", "", 0)]
    assert not found.skipped + found.conflicting + found.faults


@pytest.mark.parametrize("ending", ["csv", "tsv"])
def test_what_was_downloaded_is_there_already(service, ending):
    service.save(DIGEST, "c0001", "Old", "", "Ada")
    service.save(DIGEST, "c0001", "=1+1", "two\nlines, and a comma", "Ada")
    found = plan(service, table(service, ending))
    assert not found.taken + found.conflicting + found.faults
    assert [row.reason for row in found.skipped] == ["an older revision", "it is there already"]


def test_an_edited_download_goes_on_from_the_label_it_knows(service):
    service.save(DIGEST, "c0001", "First", "", "Ada")
    text = table(service)
    edited = text + f"{DIGEST},c0001,2,True,Better,because,,\r\n"
    edited = edited.replace("1,True,First", "1,False,First")
    found = plan(service, edited)
    assert found.taken == [NewLabel("c0001", "Better", "because", 1)]


def test_a_label_that_the_file_does_not_know_is_a_conflict(service):
    service.save(DIGEST, "c0001", "Theirs", "", "Grace")
    found = plan(service, "concept_id,label\nc0001,Mine\nc0002,Other\n")
    assert [new.concept_id for new in found.taken] == ["c0002"]
    assert found.conflicting[0].line == 2
    assert "“Theirs” by Grace" in found.conflicting[0].reason
    assert found.overruling == [NewLabel("c0001", "Mine", "", 1)]


def test_rows_of_another_store_are_skipped(service):
    found = plan(service, f"store_digest,concept_id,label\n{'b' * 64},zzz,X\n,c0001,Y\n")
    assert [row.reason for row in found.skipped] == ["of another store"]
    assert [new.label for new in found.taken] == ["Y"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column concept_id and label"),
        ("concept,label\nc0001,x\n", "no column concept_id. Its first line holds: concept, label"),
        (b"\xff\xfe\x00c", "not UTF-8"),
        ("concept_id,label\nc9999,x\n", "Line 2: this store has no concept “c9999”."),
        ("concept_id,label\nc0001,x\nc0001,y\n", "Line 3: c0001 has a label in line 2 already."),
        ("concept_id,label\nc0001," + "x" * 201 + "\n", "Line 2: label: found 201 characters"),
    ],
)
def test_faults_are_said_with_their_line(service, text, words):
    found = plan(service, text)
    assert words in found.faults[0]


def test_short_rows_and_a_byte_order_mark_are_read(service):
    found = plan(service, "\ufeffconcept_id,label,note\nc0001,x\n")
    assert found.taken == [NewLabel("c0001", "x", "", 0)]


def test_formulas_come_back_as_they_were(service):
    found = plan(service, write_csv([["concept_id", "label"], ["c0001", "=HYPERLINK(1)"]]))
    assert found.taken[0].label == "=HYPERLINK(1)"


def test_all_are_saved_in_the_uploaders_name(service):
    new = [NewLabel("c0001", "A", "", 0), NewLabel("c0002", "B", "n", 0)]
    saved = service.save_all(DIGEST, new, " Rosalind ")
    assert [(r.concept_id, r.revision, r.author) for r in saved] == [
        ("c0001", 1, "Rosalind"),
        ("c0002", 1, "Rosalind"),
    ]
    assert service.latest(DIGEST, "c0002").note == "n"


def test_a_conflict_in_the_last_saves_none(service):
    service.save(DIGEST, "c0002", "Meanwhile", "", "Grace")
    new = [NewLabel("c0001", "A", "", 0), NewLabel("c0002", "B", "", 0)]
    with pytest.raises(ConflictError, match="Grace"):
        service.save_all(DIGEST, new, "Ada")
    assert service.latest(DIGEST, "c0001") is None
    with pytest.raises(AnnotationError, match="201 characters"):
        service.save_all(DIGEST, [new[0], NewLabel("c0003", "x" * 201, "", 0)], "Ada")
    assert service.latest(DIGEST, "c0001") is None


def test_revisions_of_a_store_are_newest_first(service):
    for concept, label in (("c0002", "one"), ("c0001", "two"), ("c0002", "three")):
        service.save(DIGEST, concept, label, "", "Ada")
    service.save("b" * 64, "c0001", "elsewhere", "", "Ada")
    assert [r.label for r in service.all_revisions(DIGEST)] == ["three", "two", "one"]


def test_a_first_line_that_is_no_header_is_a_fault(service):
    found = plan(service, "concept_id,label," + "x" * 200_000 + "\nc0001,T,\n")
    assert not found.taken
    assert found.faults == ["Line 1: not a table (field larger than field limit (131072))."]
