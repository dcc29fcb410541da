"""scVI and scANVI: trained in a run, or loaded as scvi-tools saved them."""

from precompute.models.scvi.loading import know_scvi_genes, load_scvi
from precompute.models.scvi.model import ScviModel
from precompute.models.scvi.saved import read_saved_genes
from precompute.models.scvi.training import train_scvi

__all__ = ["ScviModel", "know_scvi_genes", "load_scvi", "read_saved_genes", "train_scvi"]
