"""Labels and notes of experts on concepts: kept for ever, in a database, never in a cache."""

from scconcepts_app.annotations.errors import AnnotationError, ConflictError
from scconcepts_app.annotations.record import Annotation
from scconcepts_app.annotations.service import AnnotationService

__all__ = ["Annotation", "AnnotationError", "AnnotationService", "ConflictError"]
