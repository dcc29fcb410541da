"""The token and median dictionaries of Geneformer: found beside the model, read and checked."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any, NamedTuple

from precompute.errors import InputError, fault
from precompute.models.plain_pickle import read_plain_pickle

PAD, CLS, EOS = "<pad>", "<cls>", "<eos>"
_PATTERNS = {"token": "*token_dictionary*.pkl", "median": "*gene_median_dictionary*.pkl"}
_RELEASE = re.compile(r"gc\d+M", re.IGNORECASE)
# Medians may know a few genes more than the tokens; those of another release know thousands more.
_MOST_SURPLUS = 0.05


class Dictionaries(NamedTuple):
    """What turns counts into ranked tokens.

    Attributes
    ----------
    tokens : Ensembl id or special token to its number.
    medians : Ensembl id to its median of non-zero counts in the training cells.
    """

    tokens: dict[str, int]
    medians: dict[str, float]

    @property
    def genes(self) -> dict[str, int]:
        """The tokens of genes."""
        return {name: number for name, number in self.tokens.items() if not name.startswith("<")}


def read_dictionaries(
    folder: Path, n_tokens: int, token_path: str = "", median_path: str = ""
) -> Dictionaries:
    """Read both dictionaries and check that they belong to each other and to the model.

    Parameters
    ----------
    folder : of the model; files are looked for in it and in the folder that holds it.
    n_tokens : rows of the model's table of tokens.
    token_path, median_path : the files, where they are elsewhere.

    Raises
    ------
    InputError
        A file is missing, ambiguous, damaged, executes code, or is of another version.
    """
    paths = {
        kind: Path(given) if given else _find(folder, kind)
        for kind, given in (("token", token_path), ("median", median_path))
    }
    _refuse_two_releases(paths["token"], paths["median"])
    tokens = read_plain_pickle(paths["token"])
    medians = read_plain_pickle(paths["median"])
    _check_tokens(paths["token"], tokens, n_tokens)
    _check_medians(paths["median"], medians, tokens)
    return Dictionaries(tokens, {name: float(value) for name, value in medians.items()})


def _find(folder: Path, kind: str) -> Path:
    """Return the only file of its kind in the folder, or in the one that holds it."""
    for place in (folder, folder.parent):
        found = sorted(place.glob(_PATTERNS[kind]))
        if len(found) > 1:
            raise fault(
                place,
                f"{len(found)} files match {_PATTERNS[kind]}: "
                + ", ".join(path.name for path in found),
                "one",
                f"Name the one of this model in model.{kind}_dictionary.",
            )
        if found:
            return found[0]
    raise fault(
        folder,
        f"no {_PATTERNS[kind]} in it, nor in the folder that holds it",
        "the dictionaries that came with the model",
        f"Copy the file there, or name it in model.{kind}_dictionary.",
    )


def _refuse_two_releases(token_path: Path, median_path: Path) -> None:
    found = [_RELEASE.findall(path.name) for path in (token_path, median_path)]
    if all(found) and found[0][-1].lower() != found[1][-1].lower():
        raise fault(
            token_path.parent,
            f"tokens of {found[0][-1]} and medians of {found[1][-1]}",
            "dictionaries of one version",
            "Use those that came with the model.",
        )


def _check_tokens(path: Path, tokens: dict[str, Any], n_tokens: int) -> None:
    numbers = list(tokens.values())
    if not all(type(number) is int for number in numbers):
        raise fault(path, "tokens that are no whole numbers", "whole numbers", _ANOTHER)
    if sorted(numbers) != list(range(n_tokens)):
        raise fault(
            path,
            f"{len(numbers):,} tokens numbered {min(numbers, default=0)} to "
            f"{max(numbers, default=0):,}",
            f"each number from 0 to {n_tokens - 1:,} once, as the model has {n_tokens:,} tokens: "
            "this is the dictionary of another version",
            _ANOTHER,
        )
    if PAD not in tokens or (CLS in tokens) != (EOS in tokens):
        special = ", ".join(name for name in tokens if name.startswith("<")) or "none"
        raise fault(
            path,
            f"the special tokens {special}",
            f"{PAD}, and both or neither of {CLS} and {EOS}",
            _ANOTHER,
        )


def _check_medians(path: Path, medians: dict[str, Any], tokens: dict[str, int]) -> None:
    wrong = [
        name
        for name, value in medians.items()
        if not isinstance(value, int | float) or not math.isfinite(value) or value <= 0
    ]
    if wrong:
        raise fault(
            path,
            f"{len(wrong):,} medians that are not above 0 (first: {wrong[0]})",
            "numbers above 0",
            _ANOTHER,
        )
    genes = [name for name in tokens if not name.startswith("<")]
    missing = [name for name in genes if name not in medians]
    surplus = len(medians) - (len(genes) - len(missing))
    if missing or surplus > _MOST_SURPLUS * len(genes):
        raise _other_medians(path, missing, surplus)


def _other_medians(path: Path, missing: list[str], surplus: int) -> InputError:
    first = f" (first: {missing[0]})" if missing else ""
    return fault(
        path,
        f"no median for {len(missing):,} genes that have a token{first}, and {surplus:,} medians "
        "of genes without one",
        "the genes of the token dictionary: these are medians of another version",
        _ANOTHER,
    )


_ANOTHER = "Use the dictionaries that came with the model."
