"""Geneformer (Theodoris et al. 2023): BERT over genes in the order of their rank in the cell."""

from precompute.models.geneformer.model import (
    GeneformerModel,
    GeneformerOptions,
    load_geneformer,
)

__all__ = ["GeneformerModel", "GeneformerOptions", "load_geneformer"]
