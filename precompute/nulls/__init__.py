"""What gene sets find where there is nothing to find: random sets, and shuffled cells."""

from precompute.nulls.random_sets import bin_genes, relabel_sets
from precompute.nulls.share import SIGNIFICANT, count_found, list_nulls
from precompute.nulls.shuffle import shuffle_genes
from scconcepts_app.store.shares import Share, difference_interval

__all__ = [
    "SIGNIFICANT",
    "Share",
    "bin_genes",
    "count_found",
    "difference_interval",
    "list_nulls",
    "relabel_sets",
    "shuffle_genes",
]
