"""Which arrays a manifest obliges a store to have, and of what dtype and shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from scconcepts_app.store.manifest import Manifest
from scconcepts_app.store.schema import (
    ARRAYS,
    ATTRIBUTION_COLUMNS,
    CELL_EFFECT_CELLS,
    CELL_EFFECT_GENES,
    DIFFERENTIAL_COLUMNS,
    ENRICHMENT_COLUMNS,
    EVALUATION_GROUPS,
    EVALUATION_MEASURES,
    EVALUATION_METHODS,
    FAITHFULNESS_CURVES,
    FAITHFULNESS_MEASURES,
    LATENT_COLUMNS,
    SET_SWAP_COLUMNS,
    SWEEP_MEASURES,
    SWEEP_SETTINGS,
    check_shape,
    find_spec,
)

_FAITHFULNESS = (
    "n_replaced",
    *FAITHFULNESS_CURVES,
    *FAITHFULNESS_MEASURES,
    "reason/offsets",
    "reason/utf8",
)
_LATENTS = (
    *(f"latents/{column}" for column in (*LATENT_COLUMNS, "decoder", "best_code", "best_f1")),
    "payloads/latents/offsets",
    "payloads/latents/bytes",
)
_EVALUATION = (*EVALUATION_METHODS, *EVALUATION_GROUPS, *EVALUATION_MEASURES, "f1_error")


class _Keyed(Protocol):
    @property
    def key(self) -> str: ...


def required_arrays(manifest: Manifest) -> Iterator[str]:
    """Yield the name of every array that a store with this manifest must hold."""
    yield from (spec.name for spec in ARRAYS if spec.required)
    for column in manifest.obs:
        yield f"obs/{column.key}/{'codes' if column.kind == 'categorical' else 'values'}"
    for info in manifest.maps:
        yield from (f"maps/{info.key}/xy", f"maps/{info.key}/quantised")
    if manifest.counts.get("n_latents"):
        yield from _LATENTS
    families: tuple[tuple[str, Sequence[_Keyed], Iterable[str]], ...] = (
        ("attribution", manifest.attributions, ("offsets", *ATTRIBUTION_COLUMNS)),
        ("differential", manifest.differentials, ("offsets", *DIFFERENTIAL_COLUMNS)),
        ("enrichment", manifest.enrichments, ("offsets", *ENRICHMENT_COLUMNS)),
        ("set_swap", manifest.set_swaps, ("offsets", *SET_SWAP_COLUMNS)),
        ("cell_effects", manifest.cell_effects, (*CELL_EFFECT_CELLS, *CELL_EFFECT_GENES)),
        ("faithfulness", manifest.faithfulness, _FAITHFULNESS),
        ("evaluation", manifest.evaluations, _EVALUATION),
        ("sweep", manifest.sweeps, (*SWEEP_SETTINGS, *SWEEP_MEASURES)),
    )
    for family, entries, names in families:
        for entry in entries:
            yield from (f"{family}/{entry.key}/{name}" for name in names)
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
