"""Which arrays a manifest obliges a store to have, and of what dtype and shape."""

from __future__ import annotations

from collections.abc import Iterator

from scconcepts_app.store.manifest import Manifest
from scconcepts_app.store.schema import (
    ARRAYS,
    ATTRIBUTION_COLUMNS,
    DIFFERENTIAL_COLUMNS,
    ENRICHMENT_COLUMNS,
    check_shape,
    find_spec,
)


def required_arrays(manifest: Manifest) -> Iterator[str]:
    """Yield the name of every array that a store with this manifest must hold."""
    yield from (spec.name for spec in ARRAYS if spec.required)
    for column in manifest.obs:
        yield f"obs/{column.key}/{'codes' if column.kind == 'categorical' else 'values'}"
    for info in manifest.maps:
        yield from (f"maps/{info.key}/xy", f"maps/{info.key}/quantised")
    families = (
        ("attribution", manifest.attributions, ATTRIBUTION_COLUMNS),
        ("differential", manifest.differentials, DIFFERENTIAL_COLUMNS),
        ("enrichment", manifest.enrichments, ENRICHMENT_COLUMNS),
    )
    for family, entries, columns in families:
        for entry in entries:
            yield from (f"{family}/{entry.key}/{name}" for name in ("offsets", *columns))
    for enrichment in manifest.enrichments:
        yield f"enrichment/{enrichment.key}/leading_offsets"
        yield f"enrichment/{enrichment.key}/leading_gene"


def find_array_faults(manifest: Manifest) -> list[str]:
    """Return every way in which the manifest's arrays break the schema; empty when none."""
    faults = [f"{n}: missing" for n in required_arrays(manifest) if n not in manifest.arrays]
    for name, info in manifest.arrays.items():
        spec = find_spec(name)
        if spec is None:
            faults.append(f"{name}: not in the schema")
            continue
        if info.dtype != spec.dtype:
            faults.append(f"{name}: dtype {info.dtype}, expected {spec.dtype}")
        fault = check_shape(spec, tuple(info.shape), manifest.counts)
        if fault:
            faults.append(f"{name}: {fault}")
    return faults
