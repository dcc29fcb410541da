"""The maps of the cells. A stage of its own, so that another choice of maps trains nothing."""

from __future__ import annotations

from pathlib import Path

from precompute.maps import choose_maps, make_maps
from precompute.run import Arrays, Record, Run


def run_maps(run: Run, folder: Path) -> tuple[Arrays, Record]:
    """Make the maps that the config asks for; the record lists them in the app's order."""
    config = run.config
    names = choose_maps(run.cells, config.maps, config.data.umap)
    maps = make_maps(run.cells, names, lambda: run.embeddings, config.seed)
    listed = [{"key": each.key, "title": each.title} for each in maps]
    return {each.key: each.xy for each in maps}, {"maps": listed}
