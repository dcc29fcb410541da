"""The online half: serves concept stores in the browser. Never imports torch or precompute."""
