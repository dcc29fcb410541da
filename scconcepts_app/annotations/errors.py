"""What can be wrong with a label or its database; every message says what to do."""

from __future__ import annotations

from scconcepts_app.annotations.record import Annotation


class AnnotationError(Exception):
    """A label could not be saved or read; the message is fit for the reader's eyes."""


class ConflictError(AnnotationError):
    """Somebody else saved a newer revision than the one that was edited; nothing was lost.

    Attributes
    ----------
    newest : the revision that is in the way, or None when none was ever saved.
    """

    def __init__(self, concept_id: str, expected: int, newest: Annotation | None) -> None:
        self.newest = newest
        if newest is None:
            found = f"revision {expected} was expected, and none was ever saved"
        else:
            found = (
                f"revision {newest.revision}, '{newest.label}', was saved by "
                f"{newest.who_and_when}, after the revision that was edited ({expected})"
            )
        super().__init__(
            f"Concept {concept_id}: {found}. Your text was not saved and the other one is kept. "
            "Compare the two and save again."
        )
