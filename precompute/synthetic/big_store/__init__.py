"""A concept store of any size without data or model, to measure the app with."""

from precompute.synthetic.big_store.design import StoreDesign
from precompute.synthetic.big_store.write import write_synthetic_store

__all__ = ["StoreDesign", "write_synthetic_store"]
