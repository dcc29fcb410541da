"""Loads the weights of an scGPT checkpoint, and says what is missing or left over.

The official loader takes what fits and skips the rest in silence, which gives embeddings of an
untrained network when a name or a shape is off.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping
from pathlib import Path

import torch

from precompute.errors import InputError, fault
from precompute.models.scgpt.arguments import WEIGHTS, Arguments
from precompute.models.scgpt.encoder import ScgptEncoder, Sizes

# Heads of the training objectives, and the batch table that only they read.
_UNUSED = (
    "decoder.",
    "cls_decoder.",
    "mvc_decoder.",
    "flag_encoder.",
    "batch_encoder.",
    "sim.",
    "creterion_cce.",
    "grad_reverse_discriminator.",
)
_NORMALISATION = ("dsbn.", "bn.")
_LAYER = re.compile(r"transformer_encoder\.layers\.(\d+)\.")
_SHOWN = 8


def load_encoder(folder: Path, arguments: Arguments, vocabulary: Mapping[str, int]) -> ScgptEncoder:
    """Return the encoder with the weights of ``best_model.pt``, in evaluation and float32.

    Raises
    ------
    InputError
        The file is missing, damaged or holds more than weights; names or shapes do not fit
        ``args.json`` and ``vocab.json``; weights are NaN or infinite. Lists what is wrong.
    """
    path = folder / WEIGHTS
    weights = rename(read_weights(path))
    _refuse_normalisation(path, weights)
    _refuse_layers(path, weights, arguments.nlayers)
    n_categories = 0
    if arguments.value_style == "category":
        table = weights.get("value_encoder.embedding.weight")
        n_categories = 1 if table is None else len(table)
        _check_categories(path, arguments, n_categories)
    encoder = ScgptEncoder(
        Sizes(
            n_tokens=_count_tokens(weights, vocabulary),
            d_model=arguments.embsize,
            n_heads=arguments.nheads,
            d_hidden=arguments.d_hid,
            n_layers=arguments.nlayers,
            value_style=arguments.value_style,
            n_categories=n_categories,
        )
    )
    needed = encoder.state_dict()
    used = {name: w for name, w in weights.items() if not name.startswith(_UNUSED)}
    _refuse_misfit(path, needed, used)
    encoder.load_state_dict({name: weight.float() for name, weight in used.items()})
    return encoder.eval().requires_grad_(False)


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of a file of weights, by name; nothing in it is executed.

    Raises
    ------
    InputError
        No file, a damaged one, or one that holds other objects.
    """
    if not path.is_file():
        raise fault(path.parent, f"no {path.name}", "the weights of a model", "Check the path.")
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise fault(
            path,
            "it holds objects besides tensors, which could run code; nothing of it was loaded",
            "a state dict, as torch.save(model.state_dict(), ...) writes it",
            "Save the state dict alone, or get the file from its authors.",
        ) from error
    except Exception as error:  # zip and pickle raise whatever the damaged bytes lead to
        raise fault(
            path, f"cannot be read ({type(error).__name__})", "weights", "Get the file again."
        ) from error
    if not isinstance(found, Mapping) or not all(torch.is_tensor(w) for w in found.values()):
        raise fault(
            path,
            f"holds a {type(found).__name__} that is no state dict",
            "names and tensors",
            "Save model.state_dict().",
        )
    return dict(found)


def rename(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the weights under one naming.

    The joint projection of attention is ``self_attn.Wqkv.*`` in released checkpoints,
    ``self_attn._impl.Wqkv.*`` in those of scGPT 0.2.5 with flash attention, and
    ``self_attn.in_proj_*`` in those without; all three hold query, key and value in this order.
    """
    renamed = {}
    for name, weight in weights.items():
        short = name.removeprefix("module.").replace("self_attn._impl.", "self_attn.")
        renamed[short.replace("self_attn.Wqkv.", "self_attn.in_proj_")] = weight
    return renamed


def _count_tokens(weights: Mapping[str, torch.Tensor], vocabulary: Mapping[str, int]) -> int:
    """Return the rows that the table of tokens must have.

    scGPT appends ``<eoc>`` to a vocabulary that lacks it when it trains, so that the table of such
    a model has one row more. The embedding never reads it.
    """
    n_tokens = max(vocabulary.values()) + 1
    table = weights.get("encoder.embedding.weight")
    appended = "<eoc>" not in vocabulary and table is not None and len(table) == n_tokens + 1
    return n_tokens + 1 if appended else n_tokens


def _refuse_normalisation(path: Path, weights: Mapping[str, torch.Tensor]) -> None:
    found = [name for name in weights if name.startswith(_NORMALISATION)]
    if found:
        raise fault(
            path,
            f"{len(found)} weights of a batch normalisation (first: {found[0]})",
            "none: which of them applies is known for the training batches only, and the official "
            "embedding skips them in silence",
            "Use a checkpoint trained without domain-specific batch normalisation.",
        )


def _refuse_layers(path: Path, weights: Mapping[str, torch.Tensor], n_layers: int) -> None:
    present = {int(match[1]) for name in weights if (match := _LAYER.match(name))}
    if present != set(range(n_layers)):
        raise fault(
            path,
            f"weights of {len(present)} layers ({_span(present)})",
            f"{n_layers}, as nlayers in args.json says",
            "Use the args.json that came with the weights.",
        )


def _span(numbers: set[int]) -> str:
    return f"{min(numbers)} to {max(numbers)}" if numbers else "none"


def _check_categories(path: Path, arguments: Arguments, n_categories: int) -> None:
    value, most = arguments.pad_value, max(arguments.n_bins - 1, arguments.pad_value)
    if value < 0 or value != int(value) or most >= n_categories:
        raise fault(
            path,
            f"a table of {n_categories} values for bins up to {arguments.n_bins - 1} and "
            f"pad_value {value:g}",
            "a row for each bin and for pad_value",
            "Use the args.json that came with the weights.",
        )


def _refuse_misfit(
    path: Path, needed: Mapping[str, torch.Tensor], found: Mapping[str, torch.Tensor]
) -> None:
    faults = _list(
        "missing", [f"{name} {tuple(needed[name].shape)}" for name in needed if name not in found]
    )
    faults += _list(
        "left over", [f"{name} {tuple(found[name].shape)}" for name in found if name not in needed]
    )
    both = [name for name in needed if name in found]
    faults += _list(
        "of another shape than args.json and vocab.json say",
        [
            f"{name}: found {tuple(found[name].shape)}, expected {tuple(needed[name].shape)}"
            for name in both
            if found[name].shape != needed[name].shape
        ],
    )
    faults += _list(
        "with NaN or infinite weights",
        [name for name in both if not torch.isfinite(found[name].float()).all()],
    )
    if faults:
        lines = "\n  ".join(faults)
        raise InputError(
            f"{path}: the weights do not fit.\n  {lines}\n"
            "Expected all weights of the encoder and no others. Use args.json, vocab.json and "
            "best_model.pt of one release."
        )


def _list(what: str, names: list[str]) -> list[str]:
    if not names:
        return []
    more = [f"and {len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return [f"{len(names)} {what}: " + "; ".join([*names[:_SHOWN], *more])]
