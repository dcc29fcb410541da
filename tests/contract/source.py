"""The project's files, and what their syntax trees say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.conftest import ROOT

CODE = ("app.py", "scconcepts_app", "precompute")


def find_files(*places: str, ends: tuple[str, ...] = (".py",)) -> list[Path]:
    """Files of these endings at or below the places, as paths relative to the project."""
    found = []
    for place in places:
        path = ROOT / place
        below = [path] if path.is_file() else path.rglob("*")
        found += [p.relative_to(ROOT) for p in below if p.is_file() and p.suffix in ends]
    assert found, f"no files of {ends} at {places}"
    return sorted(found)


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def imported_modules(path: Path) -> Iterator[str]:
    """Absolute names of the modules that a file imports, wherever in it."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def called_names(node: ast.AST) -> Iterator[str]:
    """Last part of the name of everything that is called or decorates below a node."""
    for inner in ast.walk(node):
        calls = [inner.func] if isinstance(inner, ast.Call) else []
        calls += getattr(inner, "decorator_list", [])
        for call in calls:
            if isinstance(call, ast.Attribute):
                yield call.attr
            elif isinstance(call, ast.Name):
                yield call.id
