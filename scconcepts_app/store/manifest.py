"""manifest.json as typed, checked data. Reads no arrays."""

from __future__ import annotations

import hashlib
import json
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any

from scconcepts_app.store.errors import InvalidManifestError, SchemaVersionError
from scconcepts_app.store.schema import (
    AXES,
    FORMAT,
    OBS_ROLES,
    OPTIONAL_AXES,
    READABLE_VERSIONS,
    SCHEMA_VERSION,
    find_spec,
)


@dataclass(frozen=True)
class ObsColumn:
    """One column of obs. `categories` is empty for a number; a code of -1 is a missing value."""

    key: str
    name: str
    kind: str
    role: str = "other"
    categories: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class MapInfo:
    """A map of the cells in two dimensions; `bounds`: x_min, y_min, side of its square."""

    key: str
    title: str
    bounds: list[float]


@dataclass(frozen=True)
class AttributionInfo:
    """One attribution: which counterfactual and method, in words a reader can follow."""

    key: str
    title: str
    counterfactual: str
    method: str
    description: str
    default: bool = False


@dataclass(frozen=True)
class DifferentialInfo:
    """One differential expression: what was compared with what."""

    key: str
    title: str
    description: str


@dataclass(frozen=True)
class EnrichmentInfo:
    """One enrichment: `test` is prerank or overrepresentation, `ranking` what was tested."""

    key: str
    title: str
    test: str
    ranking: str
    statistic: str
    default: bool = False


@dataclass(frozen=True)
class FaithfulnessInfo:
    """One set of faithfulness cards; `key` is that of its attribution.

    `rankings` names the curves in their order, and `rule` says in words what the grades mean.
    """

    key: str
    rankings: list[str]
    rule: str


@dataclass(frozen=True)
class CellEffectsInfo:
    """Effects of genes in single cells, for the top cells; `key` is that of its attribution."""

    key: str


@dataclass(frozen=True)
class SetSwapInfo:
    """One set swap: gene sets replaced whole.

    `key` is that of its attribution; `differential` is the key of the enrichment that says what
    is differential, for the quadrants.
    """

    key: str
    title: str
    description: str
    differential: str


@dataclass(frozen=True)
class EvaluationInfo:
    """One comparison of the concepts with as many other units.

    `methods` names the kinds of units in the order of the arrays, the concepts first, and
    `meanings` says what each is; `kinds` names the divisions of the cells and `groups` the groups,
    division after division. `held_out` is donors or cells; `n_cells` took part.
    """

    key: str
    methods: list[str]
    meanings: list[str]
    kinds: list[str]
    groups: list[str]
    held_out: str
    n_folds: int
    n_cells: int


@dataclass(frozen=True)
class SweepInfo:
    """One sweep over sizes of the dictionary, on the same cells.

    `variants` names the codes of the column of that name; `chosen` is the recommended setting, -1
    for none; `reached` says whether it comes back as surely as the rule asks, and `reason` why it
    was chosen. `kind` is the division of the cells that F1 is of, empty without labels.
    """

    key: str
    variants: list[str]
    chosen: int
    reached: bool
    reason: str
    kind: str
    held_out: str
    n_cells: int
    n_seeds: int


@dataclass(frozen=True)
class NullInfo:
    """What an enrichment finds by chance; `key` is that of the enrichment.

    `kinds` names the kinds of random gene sets in the order of the array, each drawn `n_draws`
    times; `n_cells` cells had their genes shuffled, or `reason` says why none. Counted were sets
    of q below `q` and a statistic above 0.
    """

    key: str
    kinds: list[str]
    n_draws: int
    n_cells: int
    reason: str
    q: float


@dataclass(frozen=True)
class GeneSetLibrary:
    """Where a group of gene sets comes from."""

    name: str
    source: str


@dataclass(frozen=True)
class ArrayInfo:
    """An array file: dtype and shape as numpy writes them, size in bytes, sha256 of the file."""

    dtype: str
    shape: list[int]
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """Everything about a store that is not an array.

    `digest` names the content (sha256 over the arrays' digests): two runs that computed the
    same arrays share it. `dictionary`, `model` and `provenance` are open records of numbers
    and words that the methods page prints.
    """

    title: str
    description: str
    created: str
    counts: dict[str, int]
    obs: list[ObsColumn]
    maps: list[MapInfo]
    attributions: list[AttributionInfo]
    differentials: list[DifferentialInfo]
    enrichments: list[EnrichmentInfo]
    gene_set_libraries: list[GeneSetLibrary]
    concept_flags: list[str]
    dictionary: dict[str, Any]
    model: dict[str, Any]
    provenance: dict[str, Any]
    arrays: dict[str, ArrayInfo]
    digest: str
    faithfulness: list[FaithfulnessInfo] = field(default_factory=list)
    cell_effects: list[CellEffectsInfo] = field(default_factory=list)
    set_swaps: list[SetSwapInfo] = field(default_factory=list)
    evaluations: list[EvaluationInfo] = field(default_factory=list)
    sweeps: list[SweepInfo] = field(default_factory=list)
    nulls: list[NullInfo] = field(default_factory=list)

    def to_json(self) -> str:
        """Return the text of manifest.json, with a checksum of itself."""
        body = {"format": FORMAT, "schema_version": SCHEMA_VERSION, **asdict(self)}
        return json.dumps({**body, "checksum": manifest_checksum(body)}, indent=1) + "\n"


_RECORDS = {
    "obs": ObsColumn,
    "maps": MapInfo,
    "attributions": AttributionInfo,
    "differentials": DifferentialInfo,
    "enrichments": EnrichmentInfo,
    "gene_set_libraries": GeneSetLibrary,
    "faithfulness": FaithfulnessInfo,
    "cell_effects": CellEffectsInfo,
    "set_swaps": SetSwapInfo,
    "evaluations": EvaluationInfo,
    "sweeps": SweepInfo,
    "nulls": NullInfo,
}
_OPTIONAL = ("evaluations", "sweeps", "nulls")
_SINCE_VERSION_2 = ("faithfulness", "cell_effects", "set_swaps")
_TYPES = {"str": str, "int": int, "bool": bool, "float": (int, float)}


def manifest_checksum(body: dict[str, Any]) -> str:
    """Return the sha256 of a manifest's JSON in canonical form, without its own checksum."""
    bare = {name: value for name, value in body.items() if name != "checksum"}
    text = json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def content_digest(arrays: dict[str, ArrayInfo]) -> str:
    """Return the sha256 that names the content of a store."""
    lines = "".join(f"{name} {arrays[name].sha256}\n" for name in sorted(arrays))
    return hashlib.sha256(lines.encode()).hexdigest()


def parse_manifest(data: Any, where: str) -> Manifest:
    """Check the JSON value of a manifest and return it typed.

    Raises
    ------
    SchemaVersionError
        Written in another schema version.
    InvalidManifestError
        Any other fault; the message lists all of them.
    """
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise InvalidManifestError(
            f"{where}: 'format' is not '{FORMAT}'. This folder is not a concept store."
        )
    version = data.get("schema_version")
    if version not in READABLE_VERSIONS:
        raise SchemaVersionError(
            f"{where}: written in schema version {version!r}, this program reads versions "
            f"{READABLE_VERSIONS[0]} to {READABLE_VERSIONS[-1]}. Build the store again, or use "
            "the release that wrote it."
        )
    faults: list[str] = []
    body = {name: value for name, value in data.items() if name not in _ENVELOPE}
    if version == 1:
        body = {**dict.fromkeys(_SINCE_VERSION_2, []), **body}
    if isinstance(body.get("counts"), dict):
        body["counts"] = {**dict.fromkeys(OPTIONAL_AXES, 0), **body["counts"]}
    body = {**dict.fromkeys(_OPTIONAL, []), **body}
    for name, record in _RECORDS.items():
        body[name] = _parse_list(record, body.get(name), name, faults)
    body["arrays"] = _parse_arrays(body.get("arrays"), faults)
    manifest = _parse_record(Manifest, body, "manifest", faults)
    if manifest is not None and not faults:
        _check_rules(manifest, faults)
    if manifest is None or faults:
        listed = "\n  - ".join(faults)
        raise InvalidManifestError(f"{where}: {len(faults)} faults:\n  - {listed}")
    return manifest


_ENVELOPE = ("format", "schema_version", "checksum")


def _parse_list(record: type, value: Any, where: str, faults: list[str]) -> list[Any]:
    if not isinstance(value, list):
        faults.append(f"{where}: expected a list, found {type(value).__name__}")
        return []
    parsed = [_parse_record(record, item, f"{where}[{i}]", faults) for i, item in enumerate(value)]
    return [item for item in parsed if item is not None]


def _parse_arrays(value: Any, faults: list[str]) -> dict[str, ArrayInfo]:
    if not isinstance(value, dict):
        faults.append(f"arrays: expected an object, found {type(value).__name__}")
        return {}
    parsed = {
        name: _parse_record(ArrayInfo, item, f"arrays['{name}']", faults)
        for name, item in value.items()
    }
    return {name: info for name, info in parsed.items() if info is not None}


def _parse_record(record: type, value: Any, where: str, faults: list[str]) -> Any:
    if not isinstance(value, dict):
        faults.append(f"{where}: expected an object, found {type(value).__name__}")
        return None
    known = {entry.name: entry for entry in fields(record)}
    before = len(faults)
    faults += [f"{where}: unknown key '{name}'" for name in value if name not in known]
    for name, entry in known.items():
        optional = entry.default is not MISSING or entry.default_factory is not MISSING
        if name not in value:
            if not optional:
                faults.append(f"{where}: missing key '{name}'")
        elif not isinstance(value[name], _expected_type(str(entry.type))):
            faults.append(f"{where}.{name}: expected {entry.type}, found {value[name]!r:.80}")
    return record(**value) if len(faults) == before else None


def _expected_type(annotation: str) -> Any:
    return _TYPES.get(annotation) or (dict if annotation.startswith("dict") else list)


def _check_rules(manifest: Manifest, faults: list[str]) -> None:
    counts = manifest.counts
    faults += [
        f"counts.{axis}: expected a count, found {counts.get(axis)!r}"
        for axis in (*AXES, *OPTIONAL_AXES)
        if not isinstance(counts.get(axis), int) or counts[axis] < 0
    ]
    for column in manifest.obs:
        if column.kind not in {"categorical", "numeric"}:
            faults.append(f"obs '{column.key}': unknown kind '{column.kind}'")
        if column.role not in OBS_ROLES:
            faults.append(f"obs '{column.key}': unknown role '{column.role}'")
        if not all(isinstance(name, str) for name in column.categories):
            faults.append(f"obs '{column.key}': categories are not all texts")
    for info in manifest.maps:
        if [type(bound) in (int, float) for bound in info.bounds] != [True] * 3:
            faults.append(f"maps '{info.key}': bounds are not three numbers")
    faults += [f"arrays['{n}']: not in the schema" for n in manifest.arrays if not find_spec(n)]
    if not manifest.maps:
        faults.append("maps: empty, a store has at least one map")
    if content_digest(manifest.arrays) != manifest.digest:
        faults.append("digest: does not follow from the digests of the arrays")
