"""What can be wrong with a concept store, one class a kind, so that callers can tell them apart."""

from __future__ import annotations


class StoreError(Exception):
    """Base of every store fault; the message says where, what was found and what to do."""


class NotAStoreError(StoreError):
    """The folder is absent or holds no readable manifest."""


class SchemaVersionError(StoreError):
    """The store was written in a schema version that this code does not read."""


class InvalidManifestError(StoreError):
    """The manifest can be read, and breaks rules of FORMAT.md; all faults in one message."""


class MissingArrayError(StoreError):
    """An array that the manifest lists has no file."""


class TruncatedArrayError(StoreError):
    """An array file differs in size, dtype or shape from what the manifest says."""


class ChecksumError(StoreError):
    """The bytes of a file are not those that were written."""


class StoreExistsError(StoreError):
    """The target of a write is already there; a store is never changed after it is written."""


class StoreWriteError(StoreError):
    """A store could not be written; nothing was left behind."""
