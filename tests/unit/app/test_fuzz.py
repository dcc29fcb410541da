"""Whatever an address says, the answer is a page, a message in it, or a status below 500."""

import logging
import random
import re

import pytest

from scconcepts_app.annotations import AnnotationService
from scconcepts_app.library import Library
from scconcepts_app.pages.registry import PAGES
from scconcepts_app.server import create_app
from scconcepts_app.settings import Settings
from tests.conftest import ROOT
from tests.mangled import draw_address, draw_choices, draw_value, fill_rule

N_ADDRESSES, N_ROUTES, N_PAGES, N_PANELS = 100, 100, 100, 150
METHODS = ("GET", "GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
FAILED = ("This page could not be shown", "This panel could not be filled")


@pytest.fixture(scope="module")
def app(store, old_store, plain_store, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    settings = Settings(annotations_url=f"sqlite:///{folder / 'l.db'}", cache_dir=folder)
    stores = [("fixture", store), ("old", old_store), ("plain", plain_store)]
    made = create_app(Library(stores), settings)
    made.server.test_client().get("/_dash-dependencies")  # fills the table of callbacks
    digest = store.manifest.digest
    AnnotationService(settings.annotations_url).latest_for_store(digest)
    return made


@pytest.fixture(scope="module")
def names():
    """Names of choices that pages read, from their source, and one that none reads."""
    text = "".join(p.read_text() for p in (ROOT / "scconcepts_app/pages").rglob("*.py"))
    read = re.findall(r"""choices(?:\.get\(|\[)\s*["'](\w+)""", text)
    bound = re.findall(r"""ids\.[A-Z_]+: "(\w+)",""", text)
    found = sorted({*read, *bound, "color", "nonsense"})
    assert {"q", "map", "tab"} <= set(found)
    return found


@pytest.fixture(autouse=True)
def _no_failure_is_logged(caplog):
    caplog.set_level(logging.ERROR)
    yield
    assert [r.getMessage() for r in caplog.get_records("call") if r.exc_info] == []


def check(answer, what):
    assert answer.status_code < 500, what
    if not answer.is_streamed:
        assert b"Traceback" not in answer.data, what


def test_addresses(app, names):
    rng, client = random.Random(1), app.server.test_client()
    for _ in range(N_ADDRESSES):
        address = draw_address(rng, list(PAGES), names)
        answer = client.get(address)
        check(answer, address)
        if not address.startswith(("/api", "/export")):
            assert b"_dash-renderer" in answer.data or answer.status_code >= 300, address


def test_routes(app, api, names):
    rng, client = random.Random(2), app.server.test_client()
    _, _, key, digest = api.split("/")
    right = {"key": key, "digest": digest, "concept_id": "c0001", "table": "genes", "ending": "csv"}
    right |= {"index": "3", "name": "cell_type"}
    rules = [
        rule.rule
        for rule in app.server.url_map.iter_rules()
        if rule.arguments and not rule.rule.startswith("/_dash")
    ]
    assert len(rules) >= 10
    reached = set()
    for number in range(N_ROUTES):
        rule = rules[number % len(rules)]
        path = "".join(fill_rule(rng, rule, right))
        query = {name: draw_value(rng) for name in rng.sample(names, 2)}
        method = rng.choice(METHODS)
        answer = client.open(path, method=method, query_string=query)
        check(answer, f"{method} {path} {query}")
        reached.add(answer.status_code)
        # No route takes a line break or an empty part: the server itself answers those.
        is_data = path.startswith(("/api/", "/export/")) and not re.search("//|%0[AD]", path)
        if is_data and method == "GET" and answer.status_code >= 400:
            assert answer.get_json(silent=True) and "error" in answer.json, path
    assert {200, 404, 405} <= reached  # else the routes themselves were never run


def draw_selection(rng, page):
    good = rng.random() < 0.7
    return {
        "page": page,
        "store": rng.choice(["fixture", "old", "plain"]) if good else draw_value(rng),
        "concept": rng.choice([None, "c0001", "c0004", draw_value(rng)]),
    }


def ask(client, app, key, values):
    """Run a callback as the browser does; `values` gives each input and state by "id.property"."""
    entry = app.callback_map[key]

    def fill(dependencies):
        return [{**one, "value": values(one["id"], one["property"])} for one in dependencies]

    pairs = re.findall(r"([^.]+)\.(\w+)(?:@\w+)?", key.strip(".").replace("...", " "))
    outputs = [{"id": i.strip(), "property": p} for i, p in pairs]
    several = key.startswith("..")
    body = {
        "output": key,
        "outputs": outputs if several else outputs[0],
        "inputs": fill(entry["inputs"]),
        "state": fill(entry["state"]),
        "changedPropIds": [f"{entry['inputs'][0]['id']}.{entry['inputs'][0]['property']}"],
    }
    return client.post("/_dash-update-component", json=body)


def page_callback(app):
    return next(key for key in app.callback_map if "page.children" in key)


def find_values(node, found):
    """Collect "id.property" -> value from the JSON of a page."""
    if isinstance(node, dict):
        props = node.get("props", {})
        if isinstance(props.get("id"), str):
            found |= {f"{props['id']}.{name}": value for name, value in props.items()}
        for value in node.values():
            find_values(value, found)
    elif isinstance(node, list):
        for one in node:
            find_values(one, found)
    return found


def build(client, app, selection, choices):
    """Return the answer with the page of a selection, and the values in it."""
    page, store = selection["page"], selection["store"]
    route = {"page": page, "store": store, "path": f"/{page}"}
    known = {"route": route, "selection": selection, "choices": choices}
    answer = ask(client, app, page_callback(app), lambda name, _: known.get(name))
    assert answer.status_code == 200, (selection, choices)
    body = answer.json["response"]["page"]["children"]
    assert body, (selection, choices)
    assert not any(words in answer.text for words in FAILED), (selection, choices)
    return find_values(body, {})


@pytest.mark.parametrize("page", [*PAGES, "stores", "nonsense"])
def test_pages_of_mangled_addresses_are_built(app, names, page):
    rng, client = random.Random(f"page {page}"), app.server.test_client()
    for _ in range(N_PAGES // len(PAGES)):
        build(client, app, draw_selection(rng, page), draw_choices(rng, names))


def find_panels(app):
    """Callbacks that run by themselves when the address changes, or while something is typed."""
    triggers = {"selection", "choices"}
    return [
        key
        for key, entry in app.callback_map.items()
        if "callback" in entry
        and not entry.get("background")
        and any(
            i["id"] in triggers or i["id"].startswith("shown-") or i["property"] == "search_value"
            for i in entry["inputs"]
        )
    ]


@pytest.mark.parametrize("page", list(PAGES))
def test_panels_of_mangled_addresses_are_filled(app, names, page):
    rng, client = random.Random(f"panels {page}"), app.server.test_client()
    panels = find_panels(app)
    assert len(panels) > 20
    filled = set()
    for _ in range(max(2, N_PANELS // (len(PAGES) * 8))):
        selection, choices = draw_selection(rng, page), draw_choices(rng, names)
        there = build(client, app, selection, choices)
        shown = {
            **selection,
            "theme": "light",
            "tab": there.get("tab.value"),
            **{
                name: there.get(f"{name}.value")
                for name in ("attribution", "differential", "statistic")
            },
        }

        def read(name, prop, there=there, shown=shown, selection=selection, choices=choices):
            known = {"selection": selection, "choices": choices, "theme": "light"}
            if name.startswith("shown-"):
                return shown
            if prop == "search_value":
                return draw_value(rng)
            return known.get(name, there.get(f"{name}.{prop}"))

        for key in panels:
            answer = ask(client, app, key, read)
            check(answer, (key, selection, choices))
            filled |= {key} if answer.status_code == 200 else set()
            assert not any(words in answer.text for words in FAILED), (key, selection, choices)
    assert len(filled) >= (1 if page in ("methods", "pathways") else 3)  # else nothing was run
