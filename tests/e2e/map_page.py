"""A tiny site for the map's tests: the assets, synthetic cells, and answers that fail or wait."""

from __future__ import annotations

import json
import logging
import struct
import threading
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from flask import Flask, Response, abort, request
from werkzeug.serving import make_server

ASSETS = Path(__file__).resolve().parents[2] / "assets"
CLUSTERS = np.array(
    [[0.25, 0.7], [0.75, 0.75], [0.5, 0.45], [0.78, 0.3], [0.3, 0.25], [0.55, 0.82]]
)
CLUSTER_NAMES = ["B cells", "T cells", "NK cells", "Monocytes", "Dendritic cells", "Platelets"]
COLORS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"]


def encode_sparse(cells: np.ndarray, values: np.ndarray) -> bytes:
    """The payload of a sparse column, written byte by byte from its description."""
    largest = float(np.float32(values.max())) if len(values) else 0.0
    gaps, position = bytearray(), -1
    for cell in cells.tolist():
        gap = cell - position
        while gap >= 255:
            gaps.append(255)
            gap -= 255
        gaps.append(gap)
        position = cell
    levels = np.clip(np.rint(values / (largest or 1.0) * 255), 1, 255).astype(np.uint8)
    return struct.pack("<IIf", len(cells), len(gaps), largest) + bytes(gaps) + levels.tobytes()


def morton_order(coordinates: np.ndarray) -> np.ndarray:
    """Order of uint16 points (n_cells, 2) along a Z-shaped curve."""
    code = np.zeros(len(coordinates), dtype=np.uint64)
    for bit in range(16):
        for axis in (0, 1):
            there = (coordinates[:, axis].astype(np.uint64) >> np.uint64(bit)) & np.uint64(1)
            code |= there << np.uint64(2 * bit + axis)
    return np.argsort(code, kind="stable")


@dataclass
class Cells:
    """Synthetic cells in clusters: a concept is active in one cluster, strongest at its middle."""

    n_cells: int
    coordinates: np.ndarray = field(init=False)  # (n_cells, 2) uint16
    cluster: np.ndarray = field(init=False)  # (n_cells,) uint8, 255 missing

    def __post_init__(self) -> None:
        rng = np.random.default_rng(7)
        shares = [0.24, 0.26, 0.18, 0.17, 0.12, 0.03]
        cluster = rng.choice(len(CLUSTERS), size=self.n_cells, p=shares).astype(np.uint8)
        spread = np.array([0.055, 0.06, 0.045, 0.05, 0.04, 0.012])[cluster][:, None]
        place = CLUSTERS[cluster] + rng.normal(size=(self.n_cells, 2)) * spread
        place[:, 1] += 0.18 * np.sin(7 * place[:, 0])
        low, high = place.min(axis=0), place.max(axis=0)
        scaled = (place - (low + high) / 2) / (high - low).max() + 0.5
        points = np.clip(np.rint(scaled * 65535), 0, 65535).astype(np.uint16)
        order = morton_order(points)
        self.coordinates, self.cluster = points[order], cluster[order]

    def concept(self, cluster: int) -> tuple[np.ndarray, np.ndarray]:
        """Active cells and activations of the concept of a cluster."""
        cells = np.flatnonzero(self.cluster == cluster)
        place = self.coordinates[cells].astype(float) / 65535
        distance = np.linalg.norm(place - np.median(place, axis=0), axis=1)
        values = 3.4 * np.exp(-((distance / 0.09) ** 2)) + 0.02
        return cells, values

    def number(self) -> np.ndarray:
        """A numeric column: 0..254 from left to right, missing in the last cluster."""
        levels = np.rint(self.coordinates[:, 0] / 65535 * 254).astype(np.uint8)
        levels[self.cluster == len(CLUSTERS) - 1] = 255
        return levels


PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Map</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/assets/map.css">
<link rel="stylesheet" href="/assets/map-legend.css">{scripts}
<style>body {{ margin: 0; font-family: system-ui, sans-serif; }}
html[data-theme=dark] body {{ background: #11151b; }}
#map {{ width: 100%; height: 100vh; }}</style></head><body><div id="map"></div></body></html>"""


class MapPage:
    """Serves on a free loopback port from its own thread; one set of cells a size."""

    def __init__(self) -> None:
        self.cells: dict[int, Cells] = {}
        self.failing: set[str] = set()
        self.gate = threading.Event()  # what /slow waits for
        self.asked: list[str] = []
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of_size(self, n_cells: int) -> Cells:
        """The cells of a size, made once."""
        if n_cells not in self.cells:
            self.cells[n_cells] = Cells(n_cells)
        return self.cells[n_cells]

    def payload(self, n_cells: int, name: str) -> bytes:
        """The bytes of a named payload."""
        cells = self.of_size(n_cells)
        kind, _, rest = name.partition("-")
        if kind == "coordinates":
            return cells.coordinates.astype("<u2").tobytes()
        if kind == "concept":
            return encode_sparse(*cells.concept(int(rest)))
        if kind == "stack":  # in the crowd of a small cluster every eighth cell stands out
            crowd = np.flatnonzero(cells.cluster == len(CLUSTERS) - 1)
            return encode_sparse(crowd, np.where(np.arange(len(crowd)) % 8, 0.1, 3.0))
        if kind == "parity":  # two categories through each other
            return (np.arange(n_cells) % 2).astype(np.uint8).tobytes()
        if kind == "clusters":
            wide = np.where(cells.cluster == 255, 65535, cells.cluster)
            return (wide.astype("<u2") if rest == "wide" else cells.cluster).tobytes()
        if kind == "number":
            return cells.number().tobytes()
        if kind == "silent":
            return encode_sparse(np.array([], int), np.array([], float))
        if kind == "short":
            return b"\x01\x02"
        return abort(404)

    def _app(self) -> Flask:
        app = Flask(__name__, static_folder=str(ASSETS), static_url_path="/assets")

        @app.get("/")
        def page() -> str:
            names = sorted(path.name for path in (ASSETS / "map").glob("*.js"))
            tags = "".join(f'<script src="/assets/map/{name}"></script>' for name in names)
            return PAGE.format(scripts=tags)

        @app.get("/payload/<int:n_cells>/<name>")
        @app.get("/slow/<int:n_cells>/<name>")
        def payload(n_cells: int, name: str) -> Response:
            self.asked.append(request.path)
            if request.path.startswith("/slow"):
                self.gate.wait(10)
            if name in self.failing:
                abort(503)
            return Response(self.payload(n_cells, name), mimetype="application/octet-stream")

        @app.get("/cell/<int:n_cells>/<int:cell>")
        def cell(n_cells: int, cell: int) -> Response:
            name = CLUSTER_NAMES[self.of_size(n_cells).cluster[cell]]
            lines = [["Cell", f"AAAC-{cell}"], ["Cell type", name]]
            return Response(json.dumps(lines), mimetype="application/json")

        @app.get("/raster.svg")
        def raster() -> Response:
            circle = '<circle cx="200" cy="150" r="90" fill="#888"/>'
            svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="400" height="300">{circle}</svg>'
            return Response(svg, mimetype="image/svg+xml")

        return app

    def close(self) -> None:
        """Stop serving."""
        self.gate.set()
        self.server.shutdown()
