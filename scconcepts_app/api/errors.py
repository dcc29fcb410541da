"""Faults of a request: each ends as a status code and a JSON message, never as a traceback."""

from __future__ import annotations

import numpy as np
from flask import Blueprint, Response, jsonify

from scconcepts_app.library import Library, OpenedStore


class ApiError(Exception):
    """A request that cannot be answered; the message says what was asked and what is there."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def answer_errors(blueprint: Blueprint) -> None:
    """Turn every `ApiError` of the blueprint's routes into JSON, ``{"error": message}``."""

    @blueprint.errorhandler(ApiError)
    def answer(error: ApiError) -> Response:
        response = jsonify(error=str(error))
        response.status_code = error.status
        response.headers["Cache-Control"] = "no-store"
        return response


def find_store(library: Library, key: str) -> OpenedStore:
    """Return the store of a key.

    Raises
    ------
    ApiError
        404: there is none.
    """
    entry = library.get(key)
    if entry is None:
        known = ", ".join(opened.key for opened in library)
        raise ApiError(404, f"no store '{key}' is open here. Open: {known}.")
    return entry


def find_activations(entry: OpenedStore, name: str) -> np.ndarray:
    """Return the payload of a concept's activations, or of a latent's that became none.

    Raises
    ------
    ApiError
        404: the store has neither.
    """
    latent = entry.store.find_latent(name)
    if latent is not None:
        return entry.store.payload("latents", latent)
    return entry.store.payload("activations", find_concept(entry, name))


def find_concept(entry: OpenedStore, concept_id: str) -> int:
    """Return the index of a concept.

    Raises
    ------
    ApiError
        404: the store has no such concept.
    """
    concept = entry.store.find_concept(concept_id)
    if concept is None:
        raise ApiError(404, f"store '{entry.key}' has no concept '{concept_id}'.")
    return concept
