"""The command `train-dictionary`: a file of embeddings in, one dictionary a seed out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from precompute.dictionary import Settings, Training, save_dictionary, train_dictionaries
from precompute.errors import InputError, fault
from precompute.progress import progress_bar

RECORD = "training.json"
STATE = "stopped.safetensors"


def run_train_dictionary(
    path: Path,
    out: Path,
    settings: Settings,
    seeds: Sequence[int],
    device: str = "auto",
    donors: Path | None = None,
) -> Training:
    """Train dictionaries on an npy file and write them into a folder.

    The file is mapped, not loaded. The folder gets ``seed_S.safetensors`` for each seed and at
    last ``training.json``: settings, learning rate and curves. A training that was killed goes
    on from what it left in the folder, to the same result.

    Parameters
    ----------
    path : (n_cells, d_embedding) of numbers.
    out : a new or empty folder, or one where the same training was stopped.
    donors : npy of (n_cells,) labels, to hold out cells of whole donors.

    Raises
    ------
    InputError
        A file that cannot be read, a folder that holds a training, or what
        `train_dictionaries` refuses.
    """
    embeddings = open_array(path, "embeddings (n_cells, d_embedding)")
    labels = None if donors is None else open_array(donors, "donors (n_cells,)")
    if (out / RECORD).exists():
        raise fault(out, "holds a finished training", "another folder", "Change --out.")
    out.mkdir(parents=True, exist_ok=True)
    with progress_bar("dictionary") as progress:
        training = train_dictionaries(
            embeddings, settings, seeds, device, progress, labels, out / STATE
        )
    for seed, dictionary in zip(seeds, training.dictionaries, strict=True):
        save_dictionary(dictionary, out / f"seed_{seed}.safetensors")
    record = {
        "embeddings": str(path),
        "shape": list(embeddings.shape),
        "settings": settings.to_dict(),
        "seeds": list(seeds),
        "learning_rate": training.learning_rate,
        "explained_variance": training.curves,
        "held_out_explained_variance": training.held_out,
    }
    (out / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
    return training


def open_array(path: Path, expected: str) -> np.ndarray:
    """Return the array of an npy file as a memory map.

    Raises
    ------
    InputError
        No such file, or no npy file of numbers or text.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"{path}: cannot be read ({reason}). Expected an npy file of {expected}. "
            "Write it with numpy.save."
        ) from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise fault(path, "an archive of arrays", f"an npy file of {expected}", "Unpack it.")
    return array
