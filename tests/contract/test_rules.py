"""Rules of the house that a linter does not know; each test lists every place that breaks it."""

import ast

from tests.conftest import ROOT
from tests.contract.source import CODE, called_names, find_files, imported_modules, parse

MOST_LINES = 400
BANNED_WORDS = ("TO" + "DO", "FIX" + "ME")
REGISTERS = {"callback", "clientside_callback", "route", "add_url_rule", "register_blueprint"}
MAY_REGISTER = ("scconcepts_app/server.py", "scconcepts_app/pages", "scconcepts_app/api")
GLOBAL = ("callback", "clientside_callback", "register_page")
MAKERS = {"Dash", "Flask", "create_app", "ConceptStore", "open"}
APP = find_files("scconcepts_app")


def test_no_assert_outside_the_tests():
    found = [
        f"{path}:{node.lineno}"
        for path in find_files(*CODE)
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Assert)
    ]
    assert found == []


def test_callbacks_and_pages_are_never_global():
    """Two apps of one process would answer with each other's callbacks."""
    imported = [
        f"{path}: {module}"
        for path in APP
        for module in imported_modules(path)
        if module in {f"dash.{name}" for name in GLOBAL}
    ]
    used = [
        f"{path}:{node.lineno}"
        for path in APP
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Attribute)
        and node.attr in GLOBAL
        and isinstance(node.value, ast.Name)
        and node.value.id == "dash"
    ]
    assert imported + used == []


def test_only_pages_api_and_server_register():
    found = [
        f"{path}: {name}"
        for path in APP
        if not path.as_posix().startswith(MAY_REGISTER)
        for name in REGISTERS & set(called_names(parse(path)))
    ]
    assert found == []


def test_no_app_or_store_at_module_level():
    found = [
        f"{path}:{node.lineno} makes {name}"
        for path in APP
        for node in parse(path).body
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr)
        for name in MAKERS & set(called_names(node))
    ]
    assert found == []


def test_a_gene_or_a_latent_is_not_called_a_feature():
    found = [
        f"{path}:{node.lineno} {name}"
        for path in find_files(*CODE)
        for node in ast.walk(parse(path))
        for name in (getattr(node, "name", None), getattr(node, "arg", None))
        if isinstance(name, str) and "feature" in name.lower()
    ]
    assert found == []


def count_lines(path) -> int:
    return len((ROOT / path).read_text(encoding="utf-8").splitlines())


def test_no_file_is_long():
    files = find_files(*CODE, "assets", "tests", ends=(".py", ".js"))
    ours = [path for path in files if "vendor" not in path.parts]
    assert [(str(p), n) for p in ours if (n := count_lines(p)) > MOST_LINES] == []


def test_no_banned_words():
    places = (*CODE, "assets", "tests", "examples", "docs", "README.md", "CHANGELOG.md")
    endings = (".py", ".js", ".css", ".md", ".toml", ".sh")
    found = [
        f"{path}:{number}"
        for path in find_files(*(p for p in places if (ROOT / p).exists()), ends=endings)
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1)
        if any(word in line for word in BANNED_WORDS)
    ]
    assert found == []
