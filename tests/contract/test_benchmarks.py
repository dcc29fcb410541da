"""Benchmarks are run by hand, months apart: what they import of ours must still be there."""

import ast
import importlib

from tests.contract.source import find_files, parse

OURS = ("precompute", "scconcepts_app", "tests")


def test_benchmarks_import_names_that_exist():
    missing = [
        f"{path}:{node.lineno}: {node.module}.{alias.name}"
        for path in find_files("tests/benchmarks")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.ImportFrom)
        and node.module.partition(".")[0] in OURS
        # What needs a peer's package to be imported is not ours to check.
        and not _needs_a_peer(node.module)
        for alias in node.names
        if not _has(node.module, alias.name)
    ]
    assert missing == []


def _has(module: str, name: str) -> bool:
    if hasattr(importlib.import_module(module), name):
        return True
    try:
        importlib.import_module(f"{module}.{name}")
    except ModuleNotFoundError:
        return False
    return True


def _needs_a_peer(module: str) -> bool:
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        return (error.name or "").partition(".")[0] not in OURS
    return False
