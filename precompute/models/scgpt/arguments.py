"""What ``args.json`` and ``vocab.json`` of an scGPT checkpoint say, checked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from precompute.errors import InputError, fault
from precompute.models.scgpt.encoder import VALUE_STYLES

ARGUMENTS, VOCABULARY, WEIGHTS = "args.json", "vocab.json", "best_model.pt"
CLS = "<cls>"
# What the official embedding does where args.json is silent; it has 51 bins whatever that says.
_N_BINS, _MAX_TOKENS = 51, 1200
_SIZES = ("embsize", "nheads", "d_hid", "nlayers")


@dataclass(frozen=True)
class Arguments:
    """Settings of a checkpoint that bear on its embeddings.

    Attributes
    ----------
    embsize, nheads, d_hid, nlayers : shape of the encoder.
    n_bins : bins of expression, bin 0 for none included.
    max_tokens : most tokens of a cell, ``<cls>`` included.
    pad_token : name of the padding token.
    pad_value : the value that ``<cls>`` carries.
    value_style : ``input_emb_style``.
    cell_style : ``cell_emb_style``, what the checkpoint calls the embedding of a cell.
    """

    embsize: int
    nheads: int
    d_hid: int
    nlayers: int
    n_bins: int
    max_tokens: int
    pad_token: str
    pad_value: float
    value_style: str
    cell_style: str


def read_arguments(folder: Path) -> Arguments:
    """Read ``args.json``.

    Raises
    ------
    InputError
        The file is missing or damaged, or asks for what the official embedding does not do
        either; all faults in one message.
    """
    raw = _read_json(folder / ARGUMENTS)
    given = {name: value for name, value in raw.items() if value is not None}
    faults: list[str] = []
    sizes = {name: _whole(given, name, None, 1, faults) for name in _SIZES}
    n_bins = _whole(given, "n_bins", _N_BINS, 3, faults)
    max_tokens = _whole(given, "max_seq_len", _MAX_TOKENS, 2, faults)
    pad_value = given.get("pad_value")
    if isinstance(pad_value, bool) or not isinstance(pad_value, int | float):
        faults.append(f"pad_value: found {pad_value!r}, expected a number")
    pad_token = given.get("pad_token", "<pad>")
    if not isinstance(pad_token, str):
        faults.append(f"pad_token: found {pad_token!r}, expected a text")
    if sizes["nheads"] and sizes["embsize"] % sizes["nheads"]:
        faults.append(f"nheads: {sizes['nheads']} does not divide embsize {sizes['embsize']}")
    faults += _list_refusals(given)
    if faults:
        listed = "\n  - ".join(faults)
        raise InputError(f"{folder / ARGUMENTS}: {len(faults)} fault(s):\n  - {listed}")
    return Arguments(
        **sizes,
        n_bins=n_bins,
        max_tokens=max_tokens,
        pad_token=str(pad_token),
        pad_value=float(pad_value),  # type: ignore[arg-type]
        value_style=given.get("input_emb_style", "continuous"),
        cell_style=given.get("cell_emb_style", "cls"),
    )


def read_vocabulary(folder: Path, pad_token: str) -> dict[str, int]:
    """Read ``vocab.json``, the number of each gene and special token.

    Raises
    ------
    InputError
        The file is missing or damaged, numbers are not unique, or a special token is missing.
    """
    path = folder / VOCABULARY
    tokens = _read_json(path)
    wrong = [name for name, number in tokens.items() if type(number) is not int or number < 0]
    if wrong or len(set(tokens.values())) < len(tokens):
        shown = f"{wrong[0]!r} has {tokens[wrong[0]]!r}" if wrong else "two tokens share a number"
        raise fault(path, shown, "a whole number for each token, none twice", "Get the file again.")
    # The official loader appends what is missing at the end, with weights nobody has trained.
    missing = [name for name in (pad_token, CLS) if name not in tokens]
    if missing:
        raise fault(
            path,
            f"no token {' and '.join(missing)} among {len(tokens):,}",
            f"the tokens {pad_token} and {CLS}, with which the model was trained",
            "Use the vocab.json that came with the weights.",
        )
    return tokens


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise fault(
            path.parent,
            f"no {path.name}",
            f"a folder with {ARGUMENTS}, {VOCABULARY} and {WEIGHTS}, as scGPT releases them",
            "Check the path of the model.",
        )
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise fault(path, f"cannot be read ({error})", "JSON", "Get the file again.") from error
    if not isinstance(found, dict):
        raise fault(path, f"holds a {type(found).__name__}", "names and values", "Check the file.")
    return found


def _whole(
    given: dict[str, Any], name: str, default: int | None, least: int, faults: list[str]
) -> int:
    value = given.get(name, default)
    if type(value) is not int or value < least:
        faults.append(f"{name}: found {value!r}, expected a whole number from {least}")
        return 0
    return value


def _list_refusals(given: dict[str, Any]) -> list[str]:
    """Return what the checkpoint asks for beyond what the official embedding computes."""
    refused = []
    style = given.get("input_emb_style", "continuous")
    if style not in VALUE_STYLES:
        refused.append(f"input_emb_style: found {style!r}, expected one of {VALUE_STYLES}")
    if given.get("input_style", "binned") != "binned":
        refused.append(
            f"input_style: found {given['input_style']!r}, expected 'binned': the official "
            "embedding bins every input, so a model trained on other values would read noise"
        )
    if given.get("pre_norm", False) or given.get("norm_scheme", "post") != "post":
        refused.append("pre_norm / norm_scheme: found pre-norm, expected post-norm blocks")
    if given.get("activation", "relu") != "relu":
        refused.append(f"activation: found {given['activation']!r}, expected 'relu'")
    refused += [
        f"{name}: found {given[name]!r}, expected false: the normalisation of one batch would be "
        "needed for each cell, and the official embedding leaves it out"
        for name in ("domain_spec_batchnorm", "DSBN", "dsbn")
        if given.get(name)
    ]
    return refused
