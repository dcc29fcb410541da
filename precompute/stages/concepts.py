"""From cells to concepts: the model's embeddings and the consensus dictionary."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from precompute.config import DictionaryConfig
from precompute.device import threads_for
from precompute.dictionary import (
    Dictionary,
    Settings,
    activation_matrix,
    choose_size,
    dead_latents,
    explained_variance,
    find_parents,
    leftover_activations,
    mean_active,
)
from precompute.dictionary.size import LARGEST
from precompute.errors import fault
from precompute.models.choose import make_model
from precompute.models.surrogate import SurrogateModel
from precompute.progress import progress_bar
from precompute.run import Arrays, Record, Run
from precompute.stages.learning import Learned, learn_concepts, make_settings


def run_model(run: Run, folder: Path) -> tuple[Arrays, Record]:
    """Embed the cells, training the model first when none was given."""
    config = run.config.model
    with progress_bar("model") as progress:
        model = make_model(config, run.cells, run.config.seed, folder, run.device, progress)
    run.model = model
    with threads_for(model.n_weights):
        embeddings = model.embed(run.cells.model_counts(), run.covariates, run.cells.cell_ids)
    record = {
        "name": model.name,
        "d_embedding": model.d_embedding,
        "unit": model.unit,
        "differentiable": model.differentiable,
        "n_genes": len(model.genes),
    }
    if isinstance(model, SurrogateModel):
        record["surrogate"] = asdict(model.quality)
    return {"embeddings": embeddings}, record


def count_latents(config: DictionaryConfig, d_embedding: int) -> int:
    """Return the size of the autoencoders, the largest on offer where none is given.

    Raises
    ------
    InputError
        Fewer latents than a cell may activate.
    """
    expansion = LARGEST if config.expansion is None else config.expansion
    n_latents = round(expansion * d_embedding)
    if n_latents < config.k:
        raise fault(
            "dictionary",
            f"k = {config.k} with {n_latents} latents "
            f"(expansion {expansion:g} x d_embedding {d_embedding})",
            "at least k latents",
            "Lower `dictionary.k`, or raise `dictionary.expansion`.",
        )
    return n_latents


def run_dictionary(run: Run, folder: Path) -> tuple[Arrays, Record]:
    """Train the seeds, keep what recurs as concepts, and activate them in every cell."""
    config, embeddings = run.config.dictionary, run.embeddings
    seeds = [run.config.seed * config.n_seeds + i for i in range(config.n_seeds)]
    state = run.parts.folder if run.parts else None
    learned = learn_concepts(run, embeddings, _settings(run), seeds, state=state)
    consensus, concepts = learned.consensus, learned.consensus.dictionary
    indices, values = concepts.activate(embeddings)
    arrays = {
        "encoder": concepts.encoder,
        "encoder_bias": concepts.encoder_bias,
        "decoder": concepts.decoder,
        "center": concepts.center,
        "indices": indices,
        "values": values,
        "stability": consensus.stability,
        "stability_low": consensus.stability_low,
        "stability_high": consensus.stability_high,
        "n_seeds": consensus.n_seeds,
        "parent": find_parents(activation_matrix(indices, values, concepts.n_latents)),
        "curves": np.array(learned.training.curves, np.float32),
    }
    if config.keep_latents:
        arrays |= _leftover_arrays(learned, embeddings)
    return arrays, _describe(learned, embeddings, seeds)


def _describe(learned: Learned, embeddings: np.ndarray, seeds: list[int]) -> Record:
    training, consensus = learned.training, learned.consensus
    concepts, trained = consensus.dictionary, training.dictionaries
    chosen = [d.activate(embeddings)[0] for d in trained]
    record = {
        "scale": float(concepts.scale),
        "k": int(concepts.k),
        "n_concepts": int(concepts.n_latents),
        "n_latents": trained[0].n_latents,
        "n_seeds": len(seeds),
        "min_seeds": consensus.needed,
        "seeds": seeds,
        "explained_variance": _explained(concepts, embeddings),
        "explained_variance_of_seeds": [_explained(d, embeddings) for d in trained],
        "mean_active": mean_active(concepts.activate(embeddings)[0]),
        "dead_latents": [
            len(dead_latents(found, d.n_latents)) for found, d in zip(chosen, trained, strict=True)
        ],
        "latents_not_recurring": consensus.n_not_recurring,
        "mean_stability": float(consensus.stability.mean()),
        "learning_rate": training.learning_rate,
    }
    if concepts.n_general is not None:
        record |= {
            "n_general": concepts.n_general,
            "k_detail": concepts.k_detail,
            "detail_latents": learned.n_detail,
            "explained_variance_of_general": _explained(learned.general, embeddings),
        }
    return record


def _explained(dictionary: Dictionary, embeddings: np.ndarray) -> float:
    return explained_variance(embeddings, dictionary.reconstruct(*dictionary.activate(embeddings)))


def _settings(run: Run) -> Settings:
    """Return the settings of the autoencoders; their size is chosen where none is given."""
    config, embeddings = run.config.dictionary, run.embeddings
    settings = make_settings(config, count_latents(config, embeddings.shape[1]))
    if config.expansion is not None:
        return settings

    def choose() -> Arrays:
        with progress_bar("size") as progress:
            size = choose_size(embeddings, settings, str(run.device), progress)
        return {"n_latents": np.array(size)}

    chosen = run.parts.once("size", choose) if run.parts else choose()
    return replace(settings, n_latents=int(chosen["n_latents"]))


def _leftover_arrays(learned: Learned, embeddings: np.ndarray) -> Arrays:
    """Return the latents that belong to no concept, and in which cells they are active."""
    left = learned.consensus.leftovers
    active = leftover_activations(learned.dictionaries, left.owners, embeddings)
    active.sort_indices()
    return {
        "latents.seed": np.array(learned.seeds, np.int32)[left.owners[:, 0]],
        "latents.position": left.owners[:, 0],
        "latents.index": left.owners[:, 1],
        "latents.decoder": left.decoder,
        "latents.n_seeds": left.n_seeds,
        "latents.closest": left.closest,
        "latents.similarity": left.similarity,
        "latents.offsets": active.indptr.astype(np.int64),
        "latents.cell": active.indices.astype(np.int32),
        "latents.value": active.data,
    }
