"""Settings: every variable read, every fault told at once, nothing secret repeated."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from scconcepts_app.settings import Settings, SettingsError, default_cache_dir, settings_table

FULL = {
    "SCCONCEPTS_STORES": os.pathsep.join(["/data/a.store", "", "b.store"]),
    "SCCONCEPTS_HOST": "0.0.0.0",
    "SCCONCEPTS_PORT": "9000",
    "SCCONCEPTS_ANNOTATIONS_URL": "postgresql://ada:secret@db/labels",
    "SCCONCEPTS_CACHE_DIR": "/somewhere/cache",
    "SCCONCEPTS_CACHE_URL": "redis://:secret@cache:6379/0",
    "SCCONCEPTS_MAX_JOBS": "3",
    "SCCONCEPTS_DEFAULT_AUTHOR": "Ada Lovelace",
    "SCCONCEPTS_URL_PREFIX": "/concepts/",
    "SCCONCEPTS_LOG_LEVEL": "DEBUG",
}


def test_defaults_need_no_environment() -> None:
    settings = Settings.from_environment({"HOME": "/home/ada", "PATH": "/bin"})
    assert (settings.stores, settings.host, settings.port) == ((), "127.0.0.1", 8050)
    assert settings.annotations_url == "sqlite:///scconcepts-annotations.sqlite3"
    assert settings.url_prefix == "/" and settings.log_level == "info"
    assert settings.cache_dir.name == "scconcepts"
    with pytest.raises(FrozenInstanceError):
        settings.port = 1  # type: ignore[misc]


def test_every_variable_is_read() -> None:
    settings = Settings.from_environment(FULL)
    assert settings.stores == (Path("/data/a.store"), Path("b.store"))
    assert settings.port == 9000 and settings.host == "0.0.0.0"
    assert settings.annotations_url == FULL["SCCONCEPTS_ANNOTATIONS_URL"]
    assert settings.cache_dir == Path("/somewhere/cache") and settings.log_level == "debug"
    assert settings.max_jobs == 3
    assert settings.default_author == "Ada Lovelace" and settings.url_prefix == "/concepts/"
    assert len(FULL) == len(fields(Settings))


def test_an_empty_variable_is_not_set() -> None:
    empty = dict.fromkeys(FULL, " ") | {"HOME": "/home/ada"}
    assert Settings.from_environment(empty) == Settings.from_environment({"HOME": "/home/ada"})


def test_all_faults_come_in_one_error() -> None:
    faulty = {
        "SCCONCEPTS_PORT": "70000",
        "SCCONCEPTS_URL_PREFIX": "concepts",
        "SCCONCEPTS_LOG_LEVEL": "loud",
        "SCCONCEPTS_HOST": "http://here",
        "SCCONCEPTS_STORE": "a.store",
        "SCCONCEPTS_CACHE_URL": "memcached://x",
    }
    with pytest.raises(SettingsError) as error:
        Settings.from_environment(faulty)
    lines = str(error.value).splitlines()
    assert sorted(line.split(":")[0] for line in lines) == sorted(faulty)
    assert "Did you mean SCCONCEPTS_STORES?" in str(error.value)
    assert "found '70000', expected a number from 1 to 65535" in str(error.value)


@pytest.mark.parametrize("port", ["0", "-1", "8050.0", "²", "1e3", "port"])
def test_ports_that_are_none(port: str) -> None:
    with pytest.raises(SettingsError, match="SCCONCEPTS_PORT"):
        Settings.from_environment({"SCCONCEPTS_PORT": port})


@pytest.mark.parametrize("jobs", ["0", "65", "-1", "many"])
def test_numbers_of_jobs_that_are_none(jobs: str) -> None:
    with pytest.raises(SettingsError, match=f"MAX_JOBS: found '{jobs}', expected .* from 1 to 64"):
        Settings.from_environment({"SCCONCEPTS_MAX_JOBS": jobs})


@pytest.mark.parametrize("prefix", ["/a", "a/", "//", "/a b/", "https://x/"])
def test_prefixes_that_are_none(prefix: str) -> None:
    with pytest.raises(SettingsError, match="SCCONCEPTS_URL_PREFIX"):
        Settings.from_environment({"SCCONCEPTS_URL_PREFIX": prefix})


def test_passwords_are_not_repeated() -> None:
    assert "secret" not in repr(Settings.from_environment(FULL))
    with pytest.raises(SettingsError) as error:
        Settings.from_environment({"SCCONCEPTS_ANNOTATIONS_URL": "mysql://ada:secret@db/x"})
    assert "secret" not in str(error.value) and "found mysql" in str(error.value)


def test_every_setting_is_documented_in_one_line() -> None:
    table = settings_table()
    assert [row[0] for row in table] == list(FULL)
    for variable, default, help_line in table:
        assert help_line.endswith(".") and "\n" not in help_line, variable
        assert str(Path.home()) not in default


def test_a_user_without_a_home_gets_a_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", staticmethod(no_home))
    assert default_cache_dir({}).is_absolute()


def test_reading_settings_loads_no_framework() -> None:
    code = "import sys, scconcepts_app.settings; print([m for m in %r if m in sys.modules])"
    heavy = ("dash", "flask", "torch", "sqlalchemy", "numpy")
    done = subprocess.run([sys.executable, "-c", code % (heavy,)], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
