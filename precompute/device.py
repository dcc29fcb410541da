"""Chooses where torch computes, and with how many threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from precompute.errors import fault


def resolve_device(name: str) -> torch.device:
    """Return the torch device for ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.

    ``auto`` takes the GPU when torch sees one, else the CPU.

    Raises
    ------
    InputError
        `name` is none of these, or asks for a GPU that torch does not see.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type not in {"cpu", "cuda"}:
        raise fault("device", f"found '{name}'", "auto, cpu, cuda or cuda:N", "Change `device`.")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise fault(
            "device",
            f"'{name}' was asked for, torch sees {torch.cuda.device_count()} CUDA devices",
            "a visible GPU and a CUDA build of torch",
            "Use device = \"auto\", or install the CUDA build (README, 'GPU').",
        )
    return device


# Up to this many weights a network is small: its layers take microseconds, and threads spend
# longer waiting for each other than computing. An scVI of 2,000 genes has 1.3 million.
SMALL_NETWORK = 20_000_000


@contextmanager
def threads_for(n_weights: int) -> Iterator[None]:
    """Compute with one CPU thread inside the block when the network is small.

    On a busy machine two threads made an epoch of scVI (batches of 128 cells, 765 genes) 17
    times slower than one thread, and the held-out tests of a concept (2,000 genes) 200 times.
    Libraries that read the cells set the threads of the process too, whatever OMP_NUM_THREADS
    says, so the block sets them itself.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1 if n_weights <= SMALL_NETWORK else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
