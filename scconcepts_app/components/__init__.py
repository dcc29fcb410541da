"""Dumb Dash components: plain data in, layout out. Never sees the store, holds no callbacks."""
