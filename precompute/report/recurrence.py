"""Which concepts of one store come back in another: by genes, by cells, by its own encoder."""

from __future__ import annotations

from typing import Any

import numpy as np

from precompute.dictionary import Dictionary, activation_correlation, activation_matrix
from precompute.report.gene_profiles import compare_genes
from precompute.report.sources import Section, Source, missing

LEAST_CORRELATION = 0.7  # of activations, as between seeds
_LEAST_CELLS = 50


def compare(a: Source, b: Source) -> Section:
    """Return what of the concepts of `a` comes back in `b`, in three ways."""
    return {
        "first": a.name,
        "second": b.name,
        "genes": compare_genes(a, b),
        "encoder": compare_encoders(a, b),
        "cells": compare_cells(a, b),
    }


def compare_cells(a: Source, b: Source) -> Section:
    """Match concepts by the correlation of their activations over the cells of one name."""
    rows = _shared_cells(a, b)
    if len(rows[0]) < _LEAST_CELLS:
        return missing(f"They share {len(rows[0])} cells by name, {_LEAST_CELLS} are needed.")
    found = activation_correlation(a.activations[rows[0]], b.activations[rows[1]])
    return {"n_cells": len(rows[0]), **_match_by_activation(a, b, found)}


def compare_encoders(a: Source, b: Source) -> Section:
    """Apply the encoder of `a` to the embeddings of `b`, where one model gave both."""
    reason = _why_not_transferred(a, b)
    if reason:
        return missing(reason)
    dictionary = _dictionary_of(a)
    pairs = dictionary.activate(np.array(b.store.array("embeddings")))
    moved = activation_matrix(*pairs, dictionary.n_latents)
    found = activation_correlation(moved, b.activations)
    return {"n_cells": b.store.n_cells, **_match_by_activation(a, b, found)}


def _dictionary_of(source: Source) -> Dictionary:
    store = source.store
    encoder, bias, decoder, center, scale = (
        np.array(store.array(f"dictionary/{name}"))
        for name in ("encoder", "encoder_bias", "decoder", "center", "scale")
    )
    said = store.manifest.dictionary
    k_detail = int(said.get("k_detail", 0))
    return Dictionary(
        encoder,
        bias,
        decoder,
        center,
        float(scale[0]),
        store.manifest.counts["k"] - k_detail,
        n_general=said.get("n_general"),
        k_detail=k_detail,
    )


def _match_by_activation(a: Source, b: Source, found: np.ndarray) -> Section:
    found = np.nan_to_num(np.asarray(found), nan=-1.0)
    best, partner = found.max(axis=1), found.argmax(axis=1)
    return {
        "n_concepts": len(found),
        "recur": int((best >= LEAST_CORRELATION).sum()),
        "least": LEAST_CORRELATION,
        "matches": [
            {
                "concept": a.labels[i],
                "partner": b.labels[partner[i]],
                "correlation": float(best[i]),
            }
            for i in np.argsort(-best, kind="stable")
        ],
    }


def _why_not_transferred(a: Source, b: Source) -> str:
    models = [
        source.store.manifest.provenance.get("config", {}).get("model", {}) for source in (a, b)
    ]
    if _model_of(models[0]) != _model_of(models[1]):
        return "Two different models gave their embeddings."
    if not any(models[0].get(name) for name in ("path", "factory")):
        return "Each model was trained on its own cells, so neither encoder fits the other's."
    widths = {source.store.manifest.counts["d_embedding"] for source in (a, b)}
    return "" if len(widths) == 1 else "Their embeddings differ in length."


def _model_of(model: dict[str, Any]) -> dict[str, Any]:
    names = ("kind", "path", "factory", "pooling", "hidden_layer")
    return {name: model.get(name) for name in names}


def _shared_cells(a: Source, b: Source) -> tuple[np.ndarray, np.ndarray]:
    names = (np.array(list(source.store.strings("cells/id"))) for source in (a, b))
    _, first, second = np.intersect1d(next(names), next(names), return_indices=True)
    return first, second
