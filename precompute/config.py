"""One TOML file as frozen dataclasses; every fault of the file is reported at once."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from precompute.conditions import EXPECTED, parse_condition
from precompute.config_sections import (
    AttributionConfig,
    DataConfig,
    DictionaryConfig,
    EnrichmentConfig,
    EvaluationConfig,
    MapsConfig,
    ModelConfig,
    NullsConfig,
    PackConfig,
)
from precompute.enrichment.sources import is_file
from precompute.errors import InputError
from precompute.records import parse_record


@dataclass(frozen=True)
class Config:
    """A whole run. `out` is the store; the workspace stands beside it."""

    title: str = ""
    description: str = ""
    out: str = ""
    device: str = "auto"
    seed: int = 0
    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    dictionary: DictionaryConfig = field(default_factory=DictionaryConfig)
    attribution: AttributionConfig = field(default_factory=AttributionConfig)
    enrichment: EnrichmentConfig = field(default_factory=EnrichmentConfig)
    maps: MapsConfig = field(default_factory=MapsConfig)
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)
    nulls: NullsConfig = field(default_factory=NullsConfig)
    pack: PackConfig = field(default_factory=PackConfig)

    def to_dict(self) -> dict[str, Any]:
        """Return the config as plain values, for fingerprints and provenance."""
        return asdict(self)


# The names of `precompute.attribution`, which would load torch here.
COUNTERFACTUALS = (
    "neighbours",
    "nearest",
    "random_matched",
    "mean_inactive",
    "zero",
    "permuted",
)
# What counterfactual cells can be matched on; also the roles of obs columns.
MATCH = ("donor", "batch", "tissue", "cell_type")
METHODS = ("exact_swap", "gradient", "integrated_gradients")
# The names of `precompute.dictionary`, which would load torch here.
VARIANTS = ("topk", "batch_topk", "matryoshka")
_CHOICES = {
    "dictionary.variant": VARIANTS,
    "attribution.method": METHODS,
    "model.kind": ("scvi", "scgpt", "geneformer", "module", "embedding"),
    "model.ties": ("midpoint", "random"),
    "model.pooling": ("", "cls", "mean"),
    "model.precision": ("fp32", "bf16"),
    "pack.expression": ("all", "model"),
}
# Models that read tokens are compared with whole cells, not with means, which would have thousands
# of tokens; they are differentiated by token; and a swap costs a run of the model.
TOKEN_MODELS = ("scgpt", "geneformer")
_TOKEN_ATTRIBUTION: dict[str, Any] = {
    "counterfactuals": ("nearest", "random_matched"),
    "method": "gradient",
    "max_cells": 50,
    "n_verify": 20,
    "set_swap_cells": 8,
}
_LEAST_EXPANSION = 0.1
_AT_LEAST = {
    "data.n_top_genes": 10,
    "model.batch_size": 1,
    "model.n_latent": 2,
    "model.n_hidden": 1,
    "model.n_layers": 1,
    "model.max_epochs": 1,
    "model.n_epochs_kl_warmup": 1,
    "model.early_stopping_patience": 1,
    "dictionary.k": 1,
    "dictionary.n_seeds": 2,
    "dictionary.epochs": 1,
    "dictionary.auxk": 0.0,
    "dictionary.multi_topk": 0.0,
    "dictionary.detail": 0.0,
    "attribution.max_cells": 2,
    "attribution.n_verify": 0,
    "attribution.set_swap_cells": 0,
    "maps.most_cells": 0,
    "evaluation.max_cells": 100,
    "nulls.draws": 0,
    "nulls.cells": 0,
    "enrichment.min_size": 2,
    "enrichment.max_size": 2,
    "enrichment.n_top_genes": 5,
    "pack.max_gene_sets": 1,
}


def read_config(path: Path) -> Config:
    """Read a TOML file. Relative paths in it are relative to the file.

    Raises
    ------
    InputError
        The file is missing or is not TOML, or it breaks rules: all faults in one message.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}). Give a TOML file.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is not valid TOML ({error}). Mend that line.") from error
    return anchor_paths(parse_config(raw, str(path)), path.parent)


def override(
    config: Config,
    *,
    data: str | None = None,
    out: str | None = None,
    device: str | None = None,
    gene_sets: Sequence[str] | None = None,
) -> Config:
    """Return the config with what the command line says instead; None changes nothing."""
    if data:
        config = replace(config, data=replace(config.data, path=data))
    if gene_sets:
        settings = replace(config.enrichment, gene_sets=tuple(gene_sets))
        config = replace(config, enrichment=settings)
    return replace(config, out=out or config.out, device=device or config.device)


def parse_config(raw: dict[str, Any], where: str) -> Config:
    """Return the config of a parsed TOML document.

    Raises
    ------
    InputError
        Unknown keys, wrong types or values out of range, all listed.
    """
    faults: list[str] = []
    config = parse_record(Config, raw, "", faults)
    if not faults:
        config = _suit_model(config, raw)
        _check_values(config, faults)
    if faults:
        listed = "\n  - ".join(faults)
        raise InputError(f"{where}: {len(faults)} fault(s):\n  - {listed}")
    return config


def anchor_paths(config: Config, folder: Path) -> Config:
    """Return the config with its relative paths joined to `folder`."""

    def anchor(text: str) -> str:
        if not text or Path(text).is_absolute():
            return text
        return os.path.normpath(folder / text)

    sets = tuple(anchor(s) if is_file(s, folder) else s for s in config.enrichment.gene_sets)
    return replace(
        config,
        out=anchor(config.out),
        data=replace(config.data, path=anchor(config.data.path)),
        model=replace(
            config.model,
            path=anchor(config.model.path),
            token_dictionary=anchor(config.model.token_dictionary),
            median_dictionary=anchor(config.model.median_dictionary),
        ),
        enrichment=replace(
            config.enrichment, gene_sets=sets, aliases=anchor(config.enrichment.aliases)
        ),
        evaluation=replace(config.evaluation, sweep=anchor(config.evaluation.sweep)),
    )


def _suit_model(config: Config, raw: dict[str, Any]) -> Config:
    """Return the config with what is usual for its kind of model where nothing is said."""
    if config.model.kind not in TOKEN_MODELS:
        return config
    given = raw.get("attribution", {})
    usual = {name: value for name, value in _TOKEN_ATTRIBUTION.items() if name not in given}
    return replace(config, attribution=replace(config.attribution, **usual))


def _look_up(config: Config, where: str) -> Any:
    section, _, name = where.partition(".")
    return getattr(getattr(config, section), name)


def _check_values(config: Config, faults: list[str]) -> None:
    faults += [
        f"{where}: found '{_look_up(config, where)}', expected one of {choices}"
        for where, choices in _CHOICES.items()
        if _look_up(config, where) not in choices
    ]
    faults += [
        f"{where}: found {_look_up(config, where)}, expected at least {least}"
        for where, least in _AT_LEAST.items()
        if _look_up(config, where) < least
    ]
    faults += [
        f"{where}: found {_look_up(config, where)}, expected above 0 and at most 1"
        for where in ("dictionary.min_share", "dictionary.cut")
        if not 0 < _look_up(config, where) <= 1
    ]
    faults += [
        f"data.keep: found '{text}', expected {EXPECTED}"
        for text in config.data.keep
        if parse_condition(text) is None
    ]
    _check_relations(config, faults)


def _check_relations(config: Config, faults: list[str]) -> None:
    rate, expansion = config.dictionary.learning_rate, config.dictionary.expansion
    if expansion is not None and expansion < _LEAST_EXPANSION:
        faults.append(
            f"dictionary.expansion: found {expansion}, expected at least {_LEAST_EXPANSION}"
        )
    detail = config.dictionary.detail
    if expansion is not None and 0 < detail <= expansion:
        faults.append(
            f"dictionary.detail: found {detail}, expected above dictionary.expansion = {expansion} "
            "(or 0 for no detail)"
        )
    if rate is not None and rate <= 0:
        faults.append(f"dictionary.learning_rate: found {rate}, expected above 0")
    if config.enrichment.min_size > config.enrichment.max_size:
        faults.append("enrichment: min_size is above max_size")
    if not 0 <= config.seed < 2**32:
        faults.append(f"seed: found {config.seed}, expected 0 to 2^32 - 1")
    names = config.attribution.counterfactuals
    if not names or len(set(names)) < len(names) or not set(names) <= set(COUNTERFACTUALS):
        faults.append(
            f"attribution.counterfactuals: found {list(names)}, expected one or more of "
            f"{COUNTERFACTUALS}, each once"
        )
    match = config.attribution.match
    if len(set(match)) < len(match) or not set(match) <= set(MATCH):
        faults.append(f"attribution.match: found {list(match)}, expected any of {MATCH}, each once")
    maps = config.maps.make
    if len(set(maps)) < len(maps):
        faults.append(f"maps.make: found {list(maps)}, expected each map once")
    _check_model(config.model, config.attribution.method, faults)


def _check_model(model: ModelConfig, method: str, faults: list[str]) -> None:
    if model.kind == "embedding" and not model.obsm:
        faults.append("model.obsm: expected the name of an obsm matrix for kind = 'embedding'")
    if model.surrogate and model.kind != "embedding":
        faults.append(
            f"model.surrogate: found true for kind = '{model.kind}', which is a model itself; "
            "expected it with kind = 'embedding' alone"
        )
    if model.kind in TOKEN_MODELS and not model.path:
        faults.append(f"model.path: expected the folder of the model for kind = '{model.kind}'")
    if model.kind in TOKEN_MODELS and method == "integrated_gradients":
        faults.append(
            f"attribution.method: '{model.kind}' reads tokens, so there is no line to follow from "
            "one cell to another; expected 'gradient' or 'exact_swap'"
        )
    if model.kind == "module" and bool(model.path) == bool(model.factory):
        faults.append(
            "model: expected either factory = 'package.module:function' or the path of a file for "
            "kind = 'module'"
        )
