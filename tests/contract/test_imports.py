"""Who may import what: the two halves and the layers of the app stay apart."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.contract.source import CODE, find_files, imported_modules

# Folder or file -> what it may import besides the standard library and itself. The longest
# name that fits a file counts.
ALLOWED = {
    "app.py": {"flask", "werkzeug", "scconcepts_app"},
    "scconcepts_app/__init__.py": set(),
    "scconcepts_app/settings.py": set(),
    "scconcepts_app/security.py": {"flask", "dash"},
    "scconcepts_app/library.py": {"scconcepts_app.store", "scconcepts_app.views"},
    "scconcepts_app/caching.py": {
        "flask",
        "flask_caching",
        "scconcepts_app.__version__",
        "scconcepts_app.own_folder",
        "scconcepts_app.settings",
    },
    "scconcepts_app/own_folder.py": {"scconcepts_app.settings"},
    "scconcepts_app/slots.py": {"scconcepts_app.settings"},
    "scconcepts_app/jobs.py": {
        "dash",
        "diskcache",
        "multiprocess",
        "psutil",
        "scconcepts_app.__version__",
        "scconcepts_app.own_folder",
        "scconcepts_app.settings",
        "scconcepts_app.slots",
        "scconcepts_app.views",
    },
    # The only place of the app that loads anndata, and only when a file is asked for.
    "scconcepts_app/h5ad.py": {
        "anndata",
        "h5py",
        "numpy",
        "pandas",
        "scipy",
        "scconcepts_app.__version__",
        "scconcepts_app.store",
        "scconcepts_app.views",
    },
    "scconcepts_app": {"dash", "flask", "scconcepts_app"},
    "scconcepts_app/store": {"numpy"},
    "scconcepts_app/annotations": {"sqlalchemy"},
    "scconcepts_app/views": {"numpy", "scconcepts_app.store"},
    "scconcepts_app/figures": {"plotly", "scconcepts_app.views"},
    "scconcepts_app/components": {
        "dash",
        "dash_ag_grid",
        "scconcepts_app.annotations",
        "scconcepts_app.views",
    },
    "scconcepts_app/pages": {
        "dash",
        "plotly",
        "scconcepts_app.__version__",
        "scconcepts_app.annotations",
        "scconcepts_app.caching",
        "scconcepts_app.components",
        "scconcepts_app.figures",
        "scconcepts_app.jobs",
        "scconcepts_app.labels",
        "scconcepts_app.library",
        "scconcepts_app.set_expression",
        "scconcepts_app.views",
    },
    "scconcepts_app/api": {
        "PIL",
        "flask",
        "numpy",
        "scconcepts_app.annotations",
        "scconcepts_app.caching",
        "scconcepts_app.h5ad",
        "scconcepts_app.jobs",
        "scconcepts_app.labels",
        "scconcepts_app.library",
        "scconcepts_app.slots",
        "scconcepts_app.store.payload",
        "scconcepts_app.views",
    },
    "precompute": {
        "anndata",
        "numpy",
        "pandas",
        "pynndescent",
        "scanpy",
        "scconcepts_app.store",
        "scipy",
        "torch",
        "tqdm",
    },
    "precompute/dictionary": {
        "numba",
        "numpy",
        "precompute",
        "safetensors",
        "scipy",
        "threadpoolctl",
        "torch",
    },
    # Arrays in, arrays out: it knows no run, no config and no stage.
    "precompute/attribution": {
        "numpy",
        "pandas",
        "precompute.device",
        "precompute.dictionary",
        "precompute.errors",
        "precompute.models",
        "precompute.parts",
        "scipy",
        "torch",
    },
    # Arrays in, arrays out, as attribution.
    "precompute/evaluation": {"numpy", "precompute.dictionary", "scipy", "sklearn"},
    "precompute/nulls": {"numpy", "scipy", "scconcepts_app.store"},
    # It reads stores alone: no run, no cells.
    "precompute/report": {
        "numpy",
        "precompute.dictionary",
        "precompute.errors",
        "precompute.evaluation",
        "precompute.html",
        "precompute.nulls",
        "precompute.whole_file",
        "scconcepts_app.store",
        "scipy",
        "sklearn",
    },
    "precompute/sweep": {"numpy", "precompute", "scipy"},
    "precompute/enrichment": {"gseapy", "numba", "numpy", "pandas", "precompute", "scipy"},
    "precompute/parts.py": {"numpy"},
    "precompute/stages": {"numpy", "precompute", "scipy"},
    # A store without a run behind it; it shares the tables' rules with precompute, and no model.
    "precompute/synthetic/big_store": {
        "numpy",
        "precompute.association",
        "precompute.enrichment",
        "precompute.errors",
        "precompute.grid",
        "precompute.naming",
        "precompute.obs",
        "scconcepts_app.store",
        "scipy",
    },
    "precompute/synthetic": {"anndata", "numpy", "pandas", "precompute.errors", "scipy"},
    "precompute/models": {
        "anndata",
        "lightning",
        "numpy",
        "pandas",
        "precompute",
        "safetensors",
        "scipy",
        "scvi",
        "torch",
        "transformers",
    },
}


def rule_of(path: Path) -> str:
    places = [path.as_posix(), *(parent.as_posix() for parent in path.parents)]
    return next(place for place in places if place in ALLOWED)


def is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def find_strange_imports(path: Path) -> list[str]:
    rule = rule_of(path)
    own = rule.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")
    allowed = {*ALLOWED[rule], own, *sys.stdlib_module_names}
    return [
        f"{path}, under the rule of {rule}, imports {module}"
        for module in imported_modules(path)
        if not any(is_within(module, package) for package in allowed)
    ]


def test_direct_imports_are_allowed():
    assert [fault for path in find_files(*CODE) for fault in find_strange_imports(path)] == []


def test_every_rule_is_of_use():
    used = {rule_of(path) for path in find_files(*CODE)}
    assert set(ALLOWED) == used


def test_only_pack_writes_stores():
    writers = {
        path.as_posix()
        for path in find_files(*CODE)
        if any(module.endswith(".StoreWriter") for module in imported_modules(path))
    }
    synthetic = "precompute/synthetic/big_store"  # not from a run, and it says so
    assert writers == {
        "precompute/pack.py",
        "precompute/pack_latents.py",
        "precompute/pack_evaluation.py",
        "precompute/pack_tables.py",
        f"{synthetic}/write.py",
        f"{synthetic}/write_tables.py",
    }


def loaded_by(statement: str) -> set[str]:
    """Top-level names of what a fresh interpreter has loaded after a statement."""
    script = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


HEAVY = {"torch", "scanpy", "anndata", "scvi", "gseapy", "precompute"}
WEB = {"dash", "plotly", "flask", "sqlalchemy", "dash_ag_grid"}


@pytest.mark.parametrize(
    ("statement", "forbidden"),
    [
        ("import scconcepts_app.server", HEAVY | {"pandas", "scipy"}),
        ("import scconcepts_app.store", HEAVY | WEB | {"pandas", "scipy"}),
        ("import scconcepts_app.views.concepts", HEAVY | WEB),
        ("import scconcepts_app.settings", HEAVY | WEB | {"numpy"}),
        ("import precompute.cli", HEAVY | WEB),
        ("import precompute.config", HEAVY | WEB),
        ("import precompute.sweep.result", HEAVY | WEB),
        ("import precompute.workspace", HEAVY | WEB | {"pandas", "scipy"}),
        ("import precompute.synthetic.big_store", WEB | {"scanpy", "scvi", "torch", "gseapy"}),
        ("import precompute.synthetic", WEB | {"scanpy", "scvi", "torch"}),
        ("import precompute.pipeline", WEB | {"scvi"}),
    ],
)
def test_what_an_import_does_not_load(statement, forbidden):
    own = statement.split()[1].partition(".")[0]
    loaded = loaded_by(statement)
    assert own in loaded
    assert not loaded & (forbidden - {own})


def test_the_store_loads_numpy_and_the_standard_library_only():
    before = loaded_by("import numpy")
    extra = loaded_by("import scconcepts_app.store") - before - set(sys.stdlib_module_names)
    assert extra == {"scconcepts_app"}


def test_help_loads_no_torch():
    statement = (
        "from contextlib import suppress\nfrom precompute.cli import main\nimport io, sys\n"
        "sys.stdout = io.StringIO()\n"
        "with suppress(SystemExit): main(['--help'])\nsys.stdout = sys.__stdout__"
    )
    assert not loaded_by(statement) & (HEAVY - {"precompute"})
