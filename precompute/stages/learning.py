"""Dictionaries and concepts of some embeddings, by the rules of a run's config."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from precompute.config import DictionaryConfig
from precompute.dictionary import (
    Consensus,
    Dictionary,
    NothingRecursError,
    Settings,
    Training,
    add_detail,
    find_consensus,
    polish,
    train_dictionaries,
)
from precompute.progress import progress_bar
from precompute.run import Run

_DETAIL_SEEDS = 1000


@dataclass(frozen=True, eq=False)
class Learned:
    """Concepts, and the autoencoders they come from.

    Attributes
    ----------
    consensus : the concepts, of both levels where there are two.
    training : of the first level.
    dictionaries : of both levels; positions of members count over them.
    seeds : the number of each. Those of the second level are others, so that a latent has one id.
    general : the concepts of the first level before finer ones joined them.
    n_detail : latents of each autoencoder of the second level; 0 where there is none.
    """

    consensus: Consensus
    training: Training
    dictionaries: list[Dictionary]
    seeds: list[int]
    general: Dictionary
    n_detail: int


def make_settings(config: DictionaryConfig, n_latents: int) -> Settings:
    """Return the settings of autoencoders of a size, as the config has them."""
    return Settings(
        n_latents,
        config.k,
        config.epochs,
        config.variant,
        learning_rate=config.learning_rate,
        resample=config.resample,
        auxk=config.auxk,
        multi_topk=config.multi_topk,
    )


def learn_concepts(
    run: Run,
    embeddings: np.ndarray,
    settings: Settings,
    seeds: list[int],
    title: str = "dictionary",
    state: Path | None = None,
) -> Learned:
    """Train the seeds and return what recurs, with the finer level where the config asks for it.

    Where nothing recurs on the finer level, or it would not be larger than the first, there is one.

    Parameters
    ----------
    embeddings : (n_cells, d_embedding), of the run or others of its model.
    settings : of the first level.
    state : a folder in which a killed training goes on.

    Raises
    ------
    NothingRecursError
        The seeds agree on nothing.
    """
    config, device = run.config.dictionary, str(run.device)

    def train(settings: Settings, seeds: list[int], name: str) -> Training:
        path = state / f"{name}.safetensors" if state else None
        with progress_bar(title) as bar:
            return train_dictionaries(embeddings, settings, seeds, device, bar, state=path)

    training = train(settings, seeds, "training")
    first = training.dictionaries
    # In larger dictionaries than the cells support it costs recurrence.
    is_polished = config.expansion is None if config.polish is None else config.polish

    def finish(concepts: Dictionary) -> Dictionary:
        return polish(concepts, embeddings, settings, device)

    rules = (config.min_share, config.cut)
    consensus = find_consensus(first, embeddings, *rules, finish if is_polished else None)
    one_level = Learned(consensus, training, first, seeds, consensus.dictionary, 0)
    n_detail = min(round(config.detail * embeddings.shape[1]), len(embeddings))
    if n_detail <= settings.n_latents:
        return one_level
    finer_seeds = [_DETAIL_SEEDS + seed for seed in seeds]
    second = train(replace(settings, n_latents=n_detail), finer_seeds, "detail").dictionaries
    try:
        fine = find_consensus(second, embeddings, *rules)
    except NothingRecursError:
        return one_level
    return replace(
        one_level,
        consensus=add_detail(consensus, fine, (first, second), embeddings, config.cut),
        dictionaries=[*first, *second],
        seeds=[*seeds, *finer_seeds],
        n_detail=n_detail,
    )
