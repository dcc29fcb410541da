"""scGPT (Cui et al. 2024): official checkpoints in an encoder of our own, strict and repeatable."""

from precompute.models.scgpt.model import ScgptModel, ScgptOptions, load_scgpt

__all__ = ["ScgptModel", "ScgptOptions", "load_scgpt"]
