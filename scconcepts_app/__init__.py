"""The online half: serves concept stores in the browser. Never imports torch or precompute."""

__version__ = "0.1.0"
