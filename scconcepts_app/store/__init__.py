"""The concept store: the only thing that crosses from precompute to the app (see FORMAT.md)."""

from scconcepts_app.store.errors import StoreError
from scconcepts_app.store.manifest import Manifest
from scconcepts_app.store.reader import ConceptStore
from scconcepts_app.store.verify import verify_store

__all__ = ["ConceptStore", "Manifest", "StoreError", "verify_store"]
