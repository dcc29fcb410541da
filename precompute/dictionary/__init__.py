"""Dictionaries of embeddings: trained from several seeds, merged into concepts."""

from precompute.dictionary.checkpoint import load_dictionary, save_dictionary
from precompute.dictionary.consensus import Consensus, NothingRecursError, find_consensus
from precompute.dictionary.detail import add_detail
from precompute.dictionary.kinship import find_parents
from precompute.dictionary.leftovers import Leftovers, leftover_activations
from precompute.dictionary.metrics import (
    active_cells,
    dead_latents,
    explained_variance,
    mean_active,
)
from precompute.dictionary.model import Dictionary
from precompute.dictionary.polish import polish
from precompute.dictionary.settings import VARIANTS, Settings
from precompute.dictionary.similarity import (
    activation_correlation,
    activation_matrix,
    partner_share,
)
from precompute.dictionary.size import choose_size, offer_sizes
from precompute.dictionary.train import Training, train, train_dictionaries, train_seeds

__all__ = [
    "VARIANTS",
    "Consensus",
    "Dictionary",
    "Leftovers",
    "NothingRecursError",
    "Settings",
    "Training",
    "activation_correlation",
    "activation_matrix",
    "active_cells",
    "add_detail",
    "choose_size",
    "dead_latents",
    "explained_variance",
    "find_consensus",
    "find_parents",
    "leftover_activations",
    "load_dictionary",
    "mean_active",
    "offer_sizes",
    "partner_share",
    "polish",
    "save_dictionary",
    "train",
    "train_dictionaries",
    "train_seeds",
]
