"""Labels and notes: every save is kept, faults are told in words, old and new databases open."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.exc import StatementError

from scconcepts_app.annotations import AnnotationError, AnnotationService, ConflictError
from scconcepts_app.annotations.engine import open_engine
from scconcepts_app.annotations.migrations import UPGRADES, upgrade
from scconcepts_app.annotations.models import Base

STORE, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'labels.sqlite3'}"


@pytest.fixture
def service(url: str) -> Iterator[AnnotationService]:
    service = AnnotationService(url)
    yield service
    service.close()


def test_a_save_can_be_read_again_also_by_another_service(
    service: AnnotationService, url: str
) -> None:
    before = datetime.now(UTC)
    saved = service.save(STORE, "c7", "T cells", "CD3D, CD3E\nsee figure 2", "Ada")
    assert (saved.revision, saved.label, saved.author) == (1, "T cells", "Ada")
    assert saved.note == "CD3D, CD3E\nsee figure 2"
    assert before <= saved.created_at <= datetime.now(UTC)
    again = AnnotationService(url).latest(STORE, "c7")
    assert again == saved and again.created_at.tzinfo is UTC
    with pytest.raises(dataclasses.FrozenInstanceError):
        saved.label = "B cells"  # type: ignore[misc]


def test_nothing_saved_is_none_and_empty(service: AnnotationService) -> None:
    assert service.latest(STORE, "c7") is None
    assert service.latest_for_store(STORE) == {}
    assert service.history(STORE, "c7") == [] and service.export_rows(STORE) == []


def test_saves_add_revisions_and_keep_the_old_ones(service: AnnotationService) -> None:
    for label in ("T", "T cells", ""):
        service.save(STORE, "c7", label, "", "Ada")
    service.save(STORE, "c8", "B cells", "", "Bob")
    service.save(OTHER, "c7", "Monocytes", "", "Bob")
    history = service.history(STORE, "c7")
    assert [(a.revision, a.label) for a in history] == [(3, ""), (2, "T cells"), (1, "T")]
    newest = service.latest_for_store(STORE)
    assert {key: a.label for key, a in newest.items()} == {"c7": "", "c8": "B cells"}
    rows = service.export_rows(STORE)
    assert [(r["concept_id"], r["revision"], r["is_newest"]) for r in rows] == [
        ("c7", 1, False), ("c7", 2, False), ("c7", 3, True), ("c8", 1, True),
    ]  # fmt: skip
    assert datetime.fromisoformat(rows[0]["created_at"]).utcoffset() == timedelta(0)


def test_times_of_other_zones_are_stored_in_utc(url: str) -> None:
    noon = datetime(2026, 3, 2, 12, 0, tzinfo=timezone(timedelta(hours=5)))
    service = AnnotationService(url, clock=lambda: noon)
    service.save(STORE, "c1", "x", "", "")
    found = service.latest(STORE, "c1")
    assert found is not None and found.created_at == noon and found.created_at.hour == 7
    naive = AnnotationService(url, clock=lambda: noon.replace(tzinfo=None))
    with pytest.raises(StatementError, match="without a zone"):
        naive.save(STORE, "c1", "x", "", "")


# Two people on one concept


def test_the_expected_revision_goes_through(service: AnnotationService) -> None:
    first = service.save(STORE, "c7", "T", "", "Ada", expected_revision=0)
    second = service.save(STORE, "c7", "T cells", "", "Bob", expected_revision=first.revision)
    assert second.revision == 2


def test_a_conflict_tells_who_saved_what_and_loses_nothing(url: str) -> None:
    clock = lambda: datetime(2026, 3, 2, 14, 5, tzinfo=UTC)  # noqa: E731
    service = AnnotationService(url, clock=clock)
    service.save(STORE, "c7", "T", "", "Ada")
    service.save(STORE, "c7", "T cells", "", "Bob")
    with pytest.raises(ConflictError) as error:
        service.save(STORE, "c7", "Lymphocytes", "", "Cyd", expected_revision=1)
    said = str(error.value)
    assert "revision 2, 'T cells', was saved by Bob, 2026-03-02 14:05 UTC" in said
    assert error.value.newest == service.latest(STORE, "c7")
    assert [a.label for a in service.history(STORE, "c7")] == ["T cells", "T"]


def test_a_conflict_with_nothing(service: AnnotationService) -> None:
    with pytest.raises(ConflictError, match="none was ever saved") as error:
        service.save(STORE, "c7", "T", "", "Ada", expected_revision=4)
    assert error.value.newest is None


# What people type


def test_texts_are_cleaned_and_otherwise_kept(service: AnnotationService) -> None:
    saved = service.save(
        STORE, "c7", "  T\tcells\x00\n (\u202eCD8\u202c) ", "a\r\nb\x07\tc\n", "Žoë O'Hara; --"
    )
    assert saved.label == "T cells (CD8)"
    assert saved.note == "a\nb\tc"
    assert saved.author == "Žoë O'Hara; --"
    emoji = service.save(STORE, "c7", "👩‍🔬 می‌خواهم <b>&amp;", "", "")
    found = service.latest(STORE, "c7")
    assert found is not None and found.label == emoji.label == "👩‍🔬 می‌خواهم <b>&amp;"


@pytest.mark.parametrize(
    ("label", "note", "author", "said"),
    [
        ("x" * 201, "", "", "label: found 201 characters, at most 200 fit"),
        ("", "x" * 10_001, "", "note: found 10,001 characters, at most 10,000 fit"),
        ("", "", "x" * 101, "author: found 101 characters, at most 100 fit"),
        ("\ud800", "", "", "label: character 1 is half of a pair"),
        (None, "", "", "label: found NoneType, expected text"),
    ],
)
def test_texts_that_do_not_fit(
    service: AnnotationService, label: str, note: str, author: str, said: str
) -> None:
    with pytest.raises(AnnotationError, match=said):
        service.save(STORE, "c7", label, note, author)
    assert service.history(STORE, "c7") == []


def test_texts_that_just_fit(service: AnnotationService) -> None:
    saved = service.save(STORE, "c" * 200, "x" * 200, "y" * 10_000, "z" * 100)
    assert service.latest(STORE, "c" * 200) == saved


@pytest.mark.parametrize("digest", ["", "a" * 63, "A" * 64, "../" + "a" * 61, "a" * 64 + "\n"])
def test_digests_that_are_none(service: AnnotationService, digest: str) -> None:
    with pytest.raises(AnnotationError, match="store digest: found"):
        service.save(digest, "c7", "T", "", "")


@pytest.mark.parametrize("concept_id", ["", "c" * 201, "c\n1", "c\x00"])
def test_concept_ids_that_are_none(service: AnnotationService, concept_id: str) -> None:
    with pytest.raises(AnnotationError, match="concept id: found"):
        service.save(STORE, concept_id, "T", "", "")


# Databases that do not work


def test_a_folder_that_is_absent(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError) as error:
        AnnotationService(f"sqlite:///{tmp_path}/none/labels.sqlite3")
    said = str(error.value)
    assert f"{tmp_path}/none/labels.sqlite3: the annotation database could not be opened" in said
    assert "folder must exist and be writable" in said


def test_a_file_that_is_something_else(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite3"
    path.write_bytes(b"PK\x03\x04 this is a zip archive, not a database" * 40)
    with pytest.raises(AnnotationError, match="choose another file name"):
        AnnotationService(f"sqlite:///{path}")
    assert path.read_bytes().startswith(b"PK")


def test_a_read_only_database_can_be_read_and_says_why_not_written(
    service: AnnotationService, tmp_path: Path
) -> None:
    service.save(STORE, "c7", "T", "", "Ada")
    service.close()
    url = f"sqlite:///file:{tmp_path / 'labels.sqlite3'}?mode=ro&uri=true"
    readonly = AnnotationService(url)
    assert readonly.latest_for_store(STORE)["c7"].label == "T"
    with pytest.raises(AnnotationError, match="could not be saved .*readonly.* writable for the"):
        readonly.save(STORE, "c7", "T cells", "", "Ada")


def test_a_full_disk(service: AnnotationService) -> None:
    service.save(STORE, "c7", "T", "", "Ada")

    @event.listens_for(service._engine, "connect")
    def leave_no_room(connection: sqlite3.Connection, _: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(AnnotationError, match="could not be saved .*full.* Free space"):
        for _ in range(10):
            service.save(STORE, "c7", "T", "x" * 9000, "Ada")
    kept = service.history(STORE, "c7")
    assert kept[-1].label == "T" and [a.revision for a in kept] == [*range(len(kept), 0, -1)]


def test_a_database_that_vanishes_is_told_by_check(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite3"
    service = AnnotationService(f"sqlite:///{path}")
    service.check()
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE annotation")
    with pytest.raises(AnnotationError, match="labels could not be read"):
        service.check()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("mysql://ada:secret@host/labels", "found 'mysql'"),
        ("labels.sqlite3", "cannot be read as an address"),
        ("", "cannot be read as an address"),
    ],
)
def test_addresses_that_cannot_be(url: str, said: str) -> None:
    with pytest.raises(AnnotationError, match=said) as error:
        AnnotationService(url)
    assert "secret" not in str(error.value)


def test_a_relative_file_stays_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    service = AnnotationService("sqlite:///labels.sqlite3")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    service.save(STORE, "c7", "T", "", "")
    assert service.where == str(tmp_path / "labels.sqlite3")
    assert not list((tmp_path / "elsewhere").iterdir())


def test_sqlite_is_set_up_to_lose_nothing(service: AnnotationService) -> None:
    found = {}
    with service._engine.connect() as connection:
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout"):
            found[name] = connection.exec_driver_sql(f"PRAGMA {name}").scalar()
    assert found == {
        "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 15000,
    }  # fmt: skip


# Schema versions


def test_the_steps_lead_to_the_models(service: AnnotationService) -> None:
    found = inspect(service._engine)
    table = Base.metadata.tables["annotation"]
    assert set(found.get_table_names()) == {"annotation", "annotation_schema"}
    columns = {c["name"]: (str(c["type"]), c["nullable"]) for c in found.get_columns("annotation")}
    dialect = service._engine.dialect
    assert columns == {c.name: (c.type.compile(dialect), c.nullable) for c in table.columns}
    assert [u["name"] for u in found.get_unique_constraints("annotation")] == ["one_next_revision"]


def test_a_newer_schema_is_refused_and_left_alone(service: AnnotationService, url: str) -> None:
    service.save(STORE, "c7", "T", "", "Ada")
    with service._engine.begin() as connection:
        connection.execute(text("INSERT INTO annotation_schema VALUES (99, '2030-01-01')"))
    with pytest.raises(AnnotationError, match="schema version 99, this release .* reads up to 1"):
        AnnotationService(url)
    assert service.latest(STORE, "c7") is not None


def add_colour(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE annotation ADD COLUMN colour TEXT DEFAULT ''"))


def test_a_later_step_runs_once_and_keeps_the_rows(service: AnnotationService, url: str) -> None:
    service.save(STORE, "c7", "T", "", "Ada")
    engine = open_engine(url)
    assert upgrade(engine, (*UPGRADES, add_colour)) == 2
    assert upgrade(engine, (*UPGRADES, add_colour)) == 2
    assert "colour" in {column["name"] for column in inspect(engine).get_columns("annotation")}
    assert [a.label for a in service.history(STORE, "c7")] == ["T"]


def test_a_step_that_fails_leaves_nothing_behind(service: AnnotationService, url: str) -> None:
    def fail(connection: Connection) -> None:
        add_colour(connection)
        raise RuntimeError("half way")

    engine = open_engine(url)
    with pytest.raises(RuntimeError, match="half way"):
        upgrade(engine, (*UPGRADES, fail))
    assert upgrade(engine) == 1
    assert "colour" not in {column["name"] for column in inspect(engine).get_columns("annotation")}
