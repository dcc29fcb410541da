"""The cell map drawn by the server: colours, order, thresholds, and answers to odd requests."""

import io
import re
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from scconcepts_app.store.manifest import ObsColumn
from scconcepts_app.store.payload import encode_payload
from scconcepts_app.views import ramps
from scconcepts_app.views.raster import (
    draw_cells,
    layer_of_column,
    layer_of_difference,
    layer_of_obs,
)
from tests.conftest import ROOT

# Four cells in the corners of the grid, a fifth on the place of the first.
CORNERS = np.array([[0, 0], [65535, 0], [0, 65535], [65535, 65535], [0, 0]], np.uint16)
AT = {0: (81, 18), 1: (81, 82), 2: (17, 18), 3: (17, 82)}  # row and column at 100 x 100 pixels


def store_of(**arrays):
    found = {"maps/umap/quantised": CORNERS, **arrays}
    return SimpleNamespace(array=found.__getitem__, n_cells=len(CORNERS))


def draw(layer, theme="light"):
    return draw_cells(store_of(), "umap", layer, theme, 100, 100)


def column(cells, values):
    return encode_payload(np.array(cells), np.array(values, float))


def test_cells_lie_where_the_map_has_them_and_up_is_up():
    picture = draw(None)
    grey, ground = ramps.rgb(ramps.CELL["light"]), ramps.rgb(ramps.GROUND["light"])
    assert [tuple(picture[place]) for place in AT.values()] == [grey] * 4
    assert tuple(picture[50, 50]) == ground
    # Six pixels across at most, so a disc reaches three from its middle and no further.
    assert (picture != ground).any(axis=2).sum() < 4 * 7 * 7


def test_the_highest_value_lies_on_top():
    ramp = ramps.sequential("dark")
    for values in ([4.0, 1.0], [1.0, 4.0]):  # cells 0 and 4 share a place
        picture = draw(layer_of_column(column([0, 4], values), "dark", None), "dark")
        assert tuple(picture[AT[0]]) == tuple(ramp[255])
        assert tuple(picture[AT[3]]) == ramps.rgb(ramps.CELL["dark"])


def test_thresholds_leave_the_others_grey():
    layer = layer_of_column(column([0, 1, 2], [1.0, 2.0, 4.0]), "light", (1.5, 3.0))
    picture = draw(layer)
    assert layer.cells.tolist() == [1]
    assert tuple(picture[AT[2]]) == ramps.rgb(ramps.CELL["light"])


def test_a_difference_has_its_signs_and_its_grey_middle():
    # 3 - 0, 1 - 1, 0 - 3: the levels 254, 127 and 0 of the diverging ramp.
    first, second = column([0, 1], [3.0, 1.0]), column([1, 2], [1.0, 3.0])
    layer = layer_of_difference(first, second, 5, "light", None)
    assert dict(zip(layer.cells.tolist(), layer.levels.tolist(), strict=True)) == {
        0: 254,
        1: 127,
        2: 0,
    }
    assert tuple(ramps.diverging("light")[127]) == ramps.rgb(ramps.CELL["light"])
    picture = draw(layer)
    assert tuple(picture[AT[2]]) == ramps.rgb("#08315f")


def test_missing_values_of_a_column_are_grey():
    number = ObsColumn("depth", "Depth", "numeric")
    values = np.array([0.0, np.nan, 5.0, 10.0, np.nan], np.float32)
    layer = layer_of_obs(store_of(**{"obs/depth/values": values}), number, "light", None)
    assert layer.cells.tolist() == [0, 2, 3] and layer.levels.tolist() == [0, 127, 254]
    kept = layer_of_obs(store_of(**{"obs/depth/values": values}), number, "light", (4.9, 5.1))
    assert kept.cells.tolist() == [2]
    kind = ObsColumn("kind", "Kind", "categorical", categories=["a", "b"])
    codes = np.array([1, 0, -1, 1, 0], np.int32)
    layer = layer_of_obs(store_of(**{"obs/kind/codes": codes}), kind, "light", None)
    assert layer.cells.tolist() == [0, 1, 3, 4] and layer.levels.tolist() == [1, 0, 1, 0]
    # The last of two cells on one place is seen: cell 4, the first category.
    assert tuple(draw(layer)[AT[0]]) == tuple(ramps.categories(2)[0])


def test_the_colours_are_those_of_the_browser():
    script = (ROOT / "assets/map/ramps.js").read_text(encoding="utf-8")

    def colors_after(name):
        body = script.partition(f"const {name} = ")[2].partition(";")[0]
        return re.findall(r"#[0-9a-f]{6}", body)

    assert colors_after("PLASMA") == ramps.PLASMA
    assert colors_after("CATEGORIES") == ramps.CATEGORIES
    assert colors_after("POLES") == [*ramps.POLES["light"], *ramps.POLES["dark"]]
    assert "light: [0.86, 0], dark: [0.28, 1]" in script
    tokens = (ROOT / "assets/tokens.css").read_text(encoding="utf-8")
    assert re.findall(r"--sc-bg: (#\w+)", tokens) == list(ramps.GROUND.values())
    assert re.findall(r"--sc-cell: (#\w+)", tokens) == list(ramps.CELL.values())


SIZE = "width=120&height=80"


@pytest.mark.parametrize(
    "color", ["none", "concept:c0001", "diff:c0001,c0002", "gene:CD79A", "obs:cell_type"]
)
def test_the_route_answers_with_a_picture_of_the_size(client, api, color):
    answer = client.get(f"{api}/raster/umap.png?color={color}&{SIZE}&theme=dark")
    assert answer.status_code == 200 and answer.mimetype == "image/png"
    assert "immutable" in answer.headers["Cache-Control"]
    pixels = np.asarray(Image.open(io.BytesIO(answer.data)))
    assert pixels.shape == (80, 120, 3)
    assert tuple(pixels[0, 0]) == ramps.rgb(ramps.GROUND["dark"])
    colors = {tuple(color) for color in np.unique(pixels.reshape(-1, 3), axis=0).tolist()}
    greys = {ramps.rgb(found["dark"]) for found in (ramps.GROUND, ramps.CELL)}
    assert greys <= colors or color == "obs:cell_type"
    assert (colors == greys) == (color == "none")


def test_another_colour_is_another_picture(client, api):
    answers = [client.get(f"{api}/raster/umap.png?color=concept:c000{n}&{SIZE}") for n in (1, 2, 2)]
    tags = [answer.headers["ETag"] for answer in answers]
    assert tags[0] != tags[1] == tags[2] and answers[0].data != answers[1].data


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (f"color=concept:nope&{SIZE}", 404),
        (f"color=gene:NOPE&{SIZE}", 404),
        (f"color=obs:nope&{SIZE}", 404),
        (f"color=diff:c0001&{SIZE}", 400),
        (f"color=diff:c0001,../x&{SIZE}", 404),
        (f"color=%00&{SIZE}", 400),
        (f"color=none&theme=blue&{SIZE}", 400),
        ("color=none", 400),
        ("color=none&width=120&height=99999999999", 400),
        ("color=none&width=-5&height=80", 400),
        ("color=none&width=²&height=80", 400),
        (f"color=none&range=nan,inf&{SIZE}", 200),
        (f"color=concept:c0001&range=,,,&{SIZE}", 200),
    ],
)
def test_garbage_is_refused_in_words(client, api, query, status):
    answer = client.get(f"{api}/raster/umap.png?{query}")
    assert answer.status_code == status
    if status != 200:
        assert answer.get_json()["error"]


def test_an_unknown_map(client, api):
    answer = client.get(f"{api}/raster/nope.png?color=none&{SIZE}")
    assert answer.status_code == 404 and "no map 'nope'" in answer.get_json()["error"]
