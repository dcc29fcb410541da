"""Gene-set libraries by name, over the network through gseapy; kept, and checked on reuse."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from precompute.cache import cache_folder
from precompute.enrichment.gmt import format_gmt, parse_gmt
from precompute.enrichment.library import GeneSet, Library
from precompute.errors import InputError, cut, fault
from precompute.whole_file import write_whole

log = logging.getLogger("precompute")

MSIGDB_VERSION = "2024.1.Hs"
_NAME = re.compile(r"[\w.() +-]{1,120}")
_ALL_SIZES = 10**9
_MOST_WORDS = 150


@dataclass(frozen=True)
class _Wanted:
    """A library on the network: its origin, its name there, its version where it has several."""

    origin: str
    name: str
    version: str = ""

    @property
    def key(self) -> str:
        version = f"@{self.version}" if self.version else ""
        return f"{self.origin}:{self.name}{version}"


def fetch_library(source: str) -> Library:
    """Return a library by its name; it is downloaded once and then read from the user's cache.

    Parameters
    ----------
    source : ``enrichr:NAME`` or NAME alone, or ``msigdb:COLLECTION`` such as ``msigdb:h.all``,
        with ``@VERSION`` (default `MSIGDB_VERSION`).

    Raises
    ------
    InputError
        No network, no such library, or a kept file that has changed since its download.
    """
    wanted = _parse(source)
    # A path is never built from the user's words.
    stem = hashlib.sha256(wanted.key.encode()).hexdigest()[:16]
    path = cache_folder() / "gene_sets" / f"{wanted.origin}-{stem}.gmt"
    if not path.is_file():
        _keep(path, wanted, _download(wanted))
    return _read_kept(path, wanted)


def _parse(source: str) -> _Wanted:
    origin, colon, rest = source.partition(":")
    origin, name = (origin.lower(), rest) if colon else ("enrichr", source)
    name, _, version = name.partition("@")
    if origin not in ("enrichr", "msigdb") or not _NAME.fullmatch(name):
        raise _cannot(source, "is no name of a library")
    if version and (origin != "msigdb" or not _NAME.fullmatch(version)):
        raise _cannot(source, "names a version, which only MSigDB has")
    return _Wanted(origin, name, (version or MSIGDB_VERSION) if origin == "msigdb" else "")


def _download(wanted: _Wanted) -> tuple[GeneSet, ...]:
    import gseapy

    log.info("downloading the gene sets %s", wanted.key)
    try:
        table: Mapping[str, Sequence[str]] | None
        with _silent_retries():
            if wanted.origin == "enrichr":
                table = gseapy.get_library(wanted.name, max_size=_ALL_SIZES)
            else:
                table = gseapy.Msigdb.get_gmt(category=wanted.name, dbver=wanted.version)
    except Exception as error:  # gseapy raises bare exceptions of the HTTP layer
        words = ": ".join(part for part in (type(error).__name__, _plain(str(error))) if part)
        found = f"could not be fetched ({cut(words, _MOST_WORDS)})"
        raise _cannot(wanted.key, found) from error
    if not table:
        raise _cannot(wanted.key, "could not be fetched: there is no such library")
    return tuple(
        GeneSet(_plain(term), "", tuple(dict.fromkeys(_plain(gene) for gene in genes)))
        for term, genes in table.items()
    )


@contextmanager
def _silent_retries() -> Iterator[None]:
    """Keep back the line that the HTTP layer logs for each of its attempts: one message says it."""
    http = logging.getLogger("urllib3")
    level = http.level
    http.setLevel(logging.ERROR)
    try:
        yield
    finally:
        http.setLevel(level)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _keep(path: Path, wanted: _Wanted, gene_sets: tuple[GeneSet, ...]) -> None:
    """Write the sets and, beside them, what they are; each whole or not at all."""
    text = format_gmt(gene_sets)
    parse_gmt(text, wanted.key)  # what cannot be read again is not kept
    record = {
        "library": wanted.key,
        "fetched": datetime.now(UTC).date().isoformat(),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    for target, content in (
        (path.with_suffix(".json"), json.dumps(record, indent=1) + "\n"),
        (path, text),
    ):
        with write_whole(target) as unfinished:
            unfinished.write_text(content, encoding="utf-8", newline="")


def _read_kept(path: Path, wanted: _Wanted) -> Library:
    raw = path.read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    record: dict[str, Any] = {}
    with suppress(OSError, ValueError):
        record = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    if not isinstance(record, dict) or record.get("sha256") != digest:
        raise fault(
            path,
            f"the kept copy of {wanted.key} has another sha256 than its download had",
            "the file as it was downloaded",
            "Remove it; it will be fetched again.",
        )
    parsed = parse_gmt(raw.decode("utf-8"), str(path))
    source = f"{wanted.key}, fetched {record.get('fetched', '')}"
    return Library(wanted.name, source, parsed.gene_sets, digest, parsed.notices)


def _cannot(source: str, found: str) -> InputError:
    return fault(
        f"gene sets '{source}'",
        found,
        "the path of a GMT file, or enrichr:NAME or msigdb:COLLECTION and a network",
        "Download the GMT file and give its path: maayanlab.cloud/Enrichr/#libraries, or "
        "gsea-msigdb.org/gsea/msigdb (Downloads).",
    )
