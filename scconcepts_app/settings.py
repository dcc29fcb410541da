"""Settings of the app, read once from SCCONCEPTS_* environment variables. Imports no framework."""

from __future__ import annotations

import difflib
import os
import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

PREFIX = "SCCONCEPTS_"
LOG_LEVELS = ("debug", "info", "warning", "error")


class SettingsError(Exception):
    """Every fault of the environment variables, one line each."""


def _setting(default: Any, help_line: str, **more: Any) -> Any:
    """Return a dataclass field; a callable default is called for each new Settings."""
    metadata = {"help": help_line, "shown": more.pop("shown", str(default))}
    kind = "default_factory" if callable(default) else "default"
    return field(metadata=metadata, **{kind: default}, **more)


def default_cache_dir(environ: Mapping[str, str] | None = None) -> Path:
    """Return the folder for derived data below the user's cache folder of this system."""
    environ = os.environ if environ is None else environ
    try:
        home = Path(environ.get("HOME") or Path.home())
    except RuntimeError:  # a container's user without a home
        home = Path(tempfile.gettempdir())
    if sys.platform == "darwin":
        base = home / "Library" / "Caches"
    elif sys.platform == "win32":
        base = Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    else:
        base = Path(environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "scconcepts"


@dataclass(frozen=True)
class Settings:
    """What a run of the app can be told; each field's help line is its documentation."""

    stores: tuple[Path, ...] = _setting(
        (), f"Folders of concept stores to open, separated by '{os.pathsep}'.", shown=""
    )
    host: str = _setting(
        "127.0.0.1", "Address to listen on; 0.0.0.0 lets other machines in (Docker sets it)."
    )
    port: int = _setting(8050, "Port to listen on, 1 to 65535.")
    annotations_url: str = _setting(
        "sqlite:///scconcepts-annotations.sqlite3",
        "Database of labels and notes: sqlite:///FILE (a relative FILE lies in the working "
        "directory; Docker sets a file on a volume) or postgresql://USER:PASSWORD@HOST/DATABASE.",
        repr=False,  # may hold a password
    )
    cache_dir: Path = _setting(
        default_cache_dir,
        "Folder for tables derived from stores, and for jobs; safe to delete.",
        shown="scconcepts in the user's cache folder",
    )
    cache_url: str = _setting(
        "",
        "Redis to use in place of the cache folder when several machines serve the app: "
        "redis://HOST:PORT/NUMBER.",
        repr=False,  # may hold a password
    )
    max_jobs: int = _setting(
        2, "Most background jobs and h5ad files made at once, by all workers together, 1 to 64."
    )
    default_author: str = _setting("", "Name that is filled in as the author of labels.")
    url_prefix: str = _setting("/", "Path the app lives under behind a proxy, as in /concepts/.")
    log_level: str = _setting("info", f"How much to log: {', '.join(LOG_LEVELS)}.")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings; an empty variable counts as not set.

        Parameters
        ----------
        environ : the environment; the process's own when None.

        Raises
        ------
        SettingsError
            A value cannot be used or a variable is unknown; the message lists all faults.
        """
        environ = os.environ if environ is None else environ
        known = {_variable(each): each for each in fields(cls)}
        faults = [_unknown(name, known) for name in sorted(environ) if _is_stray(name, known)]
        values: dict[str, Any] = {"cache_dir": default_cache_dir(environ)}
        for variable, each in known.items():
            if not (text := environ.get(variable, "").strip()):
                continue
            try:
                values[each.name] = _PARSERS[each.name](text)
            except ValueError as error:
                faults.append(f"{variable}: {error}")
        if faults:
            raise SettingsError("\n".join(faults))
        return cls(**values)


def settings_table() -> list[tuple[str, str, str]]:
    """Return (variable, default, help line) of every setting, for the documentation."""
    return [
        (_variable(each), each.metadata["shown"], each.metadata["help"])
        for each in fields(Settings)
    ]


def _variable(each: Field[Any]) -> str:
    return PREFIX + each.name.upper()


def _is_stray(name: str, known: Mapping[str, object]) -> bool:
    return name.startswith(PREFIX) and name not in known


def _unknown(name: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {close[0]}?" if close else f"Known: {', '.join(sorted(known))}."
    return f"{name}: unknown setting. {hint}"


def _stores(text: str) -> tuple[Path, ...]:
    return tuple(Path(part).expanduser() for part in text.split(os.pathsep) if part)


def _number(text: str, most: int) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise ValueError(f"found '{text}', expected a number from 1 to {most}.")
    return int(text)


def _host(text: str) -> str:
    if re.search(r"[\s/]", text):
        raise ValueError(f"found '{text}', expected an address such as 127.0.0.1 or 0.0.0.0.")
    return text


def _one_of_schemes(text: str, schemes: tuple[str, ...], example: str) -> str:
    if not text.startswith(schemes):  # the value may hold a password, so it is not repeated
        scheme = text.split(":", 1)[0] if ":" in text else "no scheme"
        raise ValueError(f"found {scheme}, expected {example}.")
    return text


def _annotations_url(text: str) -> str:
    schemes = ("sqlite:", "postgres:", "postgresql:", "postgresql+")
    return _one_of_schemes(text, schemes, "sqlite:///FILE or postgresql://HOST/DATABASE")


def _cache_url(text: str) -> str:
    return _one_of_schemes(text, ("redis:", "rediss:", "unix:"), "redis://HOST:PORT/NUMBER")


def _url_prefix(text: str) -> str:
    if not re.fullmatch(r"/([\w.~-]+/)*", text, re.ASCII):
        raise ValueError(f"found '{text}', expected a path that starts and ends with '/'.")
    return text


def _log_level(text: str) -> str:
    if text.lower() not in LOG_LEVELS:
        raise ValueError(f"found '{text}', expected one of {', '.join(LOG_LEVELS)}.")
    return text.lower()


def _author(text: str) -> str:
    if len(text) > 100 or not text.isprintable():
        raise ValueError("expected one line of at most 100 characters.")
    return text


_PARSERS: dict[str, Callable[[str], Any]] = {
    "stores": _stores,
    "host": _host,
    "port": lambda text: _number(text, 65535),
    "annotations_url": _annotations_url,
    "cache_dir": lambda text: Path(text).expanduser(),
    "cache_url": _cache_url,
    "max_jobs": lambda text: _number(text, 64),
    "default_author": _author,
    "url_prefix": _url_prefix,
    "log_level": _log_level,
}
