"""One saved label and note, as plain data: pages never see a database row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Annotation:
    """What one person said about one concept at one time; never changed after it was saved.

    Attributes
    ----------
    id : number of the save in its database.
    store_digest : the concept store, 64 hexadecimal digits.
    concept_id : the concept within the store.
    revision : 1 for the first save on a concept, then 2, 3, ... without gaps.
    label : short text; empty when the label was taken back.
    note : longer text, may have several lines.
    author : who saved it; may be empty.
    created_at : when it was saved, UTC, timezone-aware.
    """

    id: int
    store_digest: str
    concept_id: str
    revision: int
    label: str
    note: str
    author: str
    created_at: datetime

    @property
    def who_and_when(self) -> str:
        """Author and time for a sentence: ``Ada Lovelace, 2026-03-02 14:05 UTC``."""
        return f"{self.author or 'someone without a name'}, {self.created_at:%Y-%m-%d %H:%M} UTC"
