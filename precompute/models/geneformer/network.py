"""The BERT of a Geneformer folder, loaded with `transformers`, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from precompute.errors import InputError, fault
from precompute.models.gated_attention import attend

CONFIG, WEIGHTS = "config.json", "model.safetensors"
# Heads of the training objective and of fine-tuned classifiers.
_UNUSED = ("cls.", "classifier.", "bert.pooler.", "pooler.")
_SHOWN = 5
_ATTENTION = "scconcepts_gated"


def find_network(folder: Path) -> Path:
    """Return the folder with ``config.json``: the one given, or its only sub-folder with one.

    Raises
    ------
    InputError
        There is none, or more than one.
    """
    if (folder / CONFIG).is_file():
        return folder
    found = sorted(path.parent for path in folder.glob(f"*/{CONFIG}"))
    if len(found) == 1:
        return found[0]
    listed = f" ({', '.join(path.name for path in found)})" if found else ""
    raise fault(
        folder,
        f"{len(found)} models in it{listed}",
        f"a folder with {CONFIG} and {WEIGHTS}, as Hugging Face stores Geneformer",
        "Give the folder of one model.",
    )


def read_config(folder: Path) -> dict[str, Any]:
    """Return ``config.json`` of a BERT model.

    Raises
    ------
    InputError
        It is damaged or describes another kind of network.
    """
    path = folder / CONFIG
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        kind = config["model_type"]
        sizes = [config[name] for name in ("vocab_size", "num_hidden_layers", "hidden_size")]
        sizes.append(config["max_position_embeddings"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise fault(
            path,
            f"cannot be read ({type(error).__name__}: {error})",
            "the settings of a BERT model",
            "Get the file again.",
        ) from error
    if kind != "bert" or not all(type(size) is int and size > 0 for size in sizes):
        raise fault(path, f"a model of type '{kind}'", "'bert', as Geneformer is", "Check it.")
    return config


def load_network(folder: Path) -> Any:
    """Return the ``BertModel`` of a folder, in evaluation, frozen and in float32.

    Raises
    ------
    InputError
        `transformers` is not installed, or weights are missing, left over or misshapen.
    """
    transformers = _import_transformers()
    if not (folder / WEIGHTS).is_file():
        raise fault(
            folder,
            f"no {WEIGHTS}",
            "weights that cannot execute code",
            "Get that file, or convert pytorch_model.bin with safetensors.",
        )
    import torch

    transformers.AttentionInterface.register(_ATTENTION, _attend)
    try:
        with _quiet(transformers):
            network, report = transformers.BertModel.from_pretrained(
                str(folder),
                add_pooling_layer=False,
                attn_implementation=_ATTENTION,
                dtype=torch.float32,
                local_files_only=True,
                use_safetensors=True,
                ignore_mismatched_sizes=False,
                output_loading_info=True,
            )
    except Exception as error:  # transformers raises whatever damaged or misfit files lead to
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise fault(
            folder,
            f"transformers refused it ({reason[:200]})",
            "a BERT model as Hugging Face stores it",
            "Get config.json and model.safetensors of one release.",
        ) from error
    _refuse_misfit(folder, report)
    return network.eval().requires_grad_(False)


def _attend(
    module: Any, query: Any, key: Any, value: Any, attention_mask: Any, **_: Any
) -> tuple[Any, None]:
    """Attend as `transformers` asks for; all rows of the mask hold the same bias of each key."""
    bias = None if attention_mask is None else attention_mask[:, 0, 0, :]
    return attend(query, key, value, bias).transpose(1, 2), None


def _refuse_misfit(folder: Path, report: dict[str, Any]) -> None:
    missing = sorted(map(str, report.get("missing_keys", ())))
    left = [k for k in sorted(map(str, report.get("unexpected_keys", ()))) if not _is_unused(k)]
    shapes = sorted(map(str, report.get("mismatched_keys", ())))
    found = [
        f"{len(names)} {what}: {'; '.join(names[:_SHOWN])}"
        for what, names in (("missing", missing), ("left over", left), ("misshapen", shapes))
        if names
    ]
    if found:
        raise fault(
            folder / WEIGHTS,
            f"weights {', '.join(found)}",
            "all weights of the network in config.json and no others",
            "Get config.json and model.safetensors of one release.",
        )


def _is_unused(name: str) -> bool:
    return name.startswith(_UNUSED)


def _import_transformers() -> Any:
    try:
        import transformers
    except ImportError as error:
        raise InputError(
            "transformers is not installed. Expected it for model.kind = 'geneformer'. "
            "Run: pip install 'scconcepts[geneformer]'"
        ) from error
    return transformers


class _quiet:  # noqa: N801
    """Silences the log and the bars of `transformers` inside the block."""

    def __init__(self, transformers: Any) -> None:
        self._logging = transformers.utils.logging

    def __enter__(self) -> None:
        self._before = self._logging.get_verbosity()
        self._bars = self._logging.is_progress_bar_enabled()
        self._logging.set_verbosity_error()
        self._logging.disable_progress_bar()

    def __exit__(self, *_: object) -> None:
        self._logging.set_verbosity(self._before)
        if self._bars:
            self._logging.enable_progress_bar()
