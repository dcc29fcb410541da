"""Single-cell models that turn expression into embeddings, behind one protocol."""
