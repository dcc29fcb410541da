"""From cells to concepts: the model's embeddings and the consensus dictionary."""

from __future__ import annotations

from pathlib import Path

from precompute.config import DictionaryConfig
from precompute.device import threads_for
from precompute.dictionary import (
    Settings,
    dead_latents,
    explained_variance,
    find_consensus,
    mean_active,
    train_dictionaries,
)
from precompute.errors import fault
from precompute.models.choose import make_model
from precompute.progress import progress_bar
from precompute.run import Arrays, Record, Run


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
    return {"embeddings": embeddings}, record


def count_latents(config: DictionaryConfig, d_embedding: int) -> int:
    """Return the size of the autoencoders.

    Raises
    ------
    InputError
        Fewer latents than a cell may activate.
    """
    n_latents = round(config.expansion * d_embedding)
    if n_latents < config.k:
        raise fault(
            "dictionary",
            f"k = {config.k} with {n_latents} latents "
            f"(expansion {config.expansion:g} x d_embedding {d_embedding})",
            "at least k latents",
            "Lower `dictionary.k`, or raise `dictionary.expansion`.",
        )
    return n_latents


def run_dictionary(run: Run, folder: Path) -> tuple[Arrays, Record]:
    """Train the seeds, keep what recurs as concepts, and activate them in every cell."""
    config, embeddings = run.config.dictionary, run.embeddings
    n_latents = count_latents(config, embeddings.shape[1])
    seeds = [run.config.seed * config.n_seeds + i for i in range(config.n_seeds)]
    settings = Settings(
        n_latents,
        config.k,
        config.epochs,
        config.variant,
        learning_rate=config.learning_rate,
        resample=config.resample,
        auxk=config.auxk,
        multi_topk=config.multi_topk,
    )
    with progress_bar("dictionary") as progress:
        trained = train_dictionaries(
            embeddings,
            settings,
            seeds,
            str(run.device),
            progress,
            state=run.parts.folder / "training.safetensors" if run.parts else None,
        ).dictionaries
    consensus = find_consensus(trained, embeddings, config.min_share, config.cut)
    concepts = consensus.dictionary
    indices, values = concepts.activate(embeddings)
    singles = [d.activate(embeddings) for d in trained]
    record = {
        "scale": float(concepts.scale),
        "k": int(concepts.k),
        "n_concepts": int(concepts.n_latents),
        "n_latents": n_latents,
        "n_seeds": config.n_seeds,
        "seeds": seeds,
        "explained_variance": explained_variance(embeddings, concepts.reconstruct(indices, values)),
        "explained_variance_of_seeds": [
            explained_variance(embeddings, d.reconstruct(*pair))
            for d, pair in zip(trained, singles, strict=True)
        ],
        "mean_active": mean_active(indices),
        "dead_latents": [len(dead_latents(pair[0], n_latents)) for pair in singles],
        "latents_not_recurring": consensus.n_not_recurring,
        "mean_stability": float(consensus.stability.mean()),
    }
    arrays = {
        "encoder": concepts.encoder,
        "encoder_bias": concepts.encoder_bias,
        "decoder": concepts.decoder,
        "center": concepts.center,
        "indices": indices,
        "values": values,
        "stability": consensus.stability,
        "n_seeds": consensus.n_seeds,
    }
    return arrays, record
