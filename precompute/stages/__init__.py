"""The stages between cells and store: each computes arrays and a record from those before it."""
