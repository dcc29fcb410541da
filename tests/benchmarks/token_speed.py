"""Cells a second through an scGPT of any size, forward and with slopes for concepts.

python -m tests.benchmarks.token_speed [--width 512 --layers 12 --tokens 1200] [--entering 400]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from precompute.models.scgpt import ScgptModel, ScgptOptions
from precompute.models.scgpt.arguments import read_arguments
from precompute.models.scgpt.encoder import ScgptEncoder, Sizes
from tests.scgpt_case import write_checkpoint


def make_model(width: int, layers: int, tokens: int, device: torch.device) -> ScgptModel:
    """Return a model with random weights that reads `tokens` genes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        write_checkpoint(path, nlayers=layers, embsize=width, nheads=8, d_hid=width)
        arguments = read_arguments(path)
    torch.manual_seed(0)
    encoder = ScgptEncoder(Sizes(tokens + 1, width, 8, width, layers)).eval().requires_grad_(False)
    for weight in encoder.parameters():
        torch.nn.init.normal_(weight, std=0.02)
    genes = np.array([f"G{i}" for i in range(tokens)])
    return ScgptModel(
        encoder, arguments, 0, genes, np.arange(1, tokens + 1), ScgptOptions(), device
    )


def measure(work: Callable[[], object], device: torch.device) -> float:
    """Return the seconds of one run."""
    started = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


def main() -> None:
    """Print cells a second and the cost of slopes in units of a forward pass."""
    parser = argparse.ArgumentParser()
    for name, default in (("width", 512), ("layers", 12), ("tokens", 1200), ("cells", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--concepts", type=int, default=1, help="concepts that are timed")
    parser.add_argument("--entering", type=int, default=0, help="genes of the counterfactual alone")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    device = torch.device(options.device)
    n_genes = options.tokens + options.entering
    model = make_model(options.width, options.layers, n_genes, device)
    bins = np.random.default_rng(0).integers(1, 51, (options.cells, n_genes))
    expression = torch.from_numpy(bins.astype(np.float32)).to(device)
    others = expression.clone()
    expression[:, options.tokens :] = 0
    reader = torch.randn(options.cells, options.width, device=device)

    def with_slopes() -> None:
        for _ in range(options.concepts):
            model.embed_with_gradient(expression, None, reader, others)

    forward = measure(lambda: model.embed_expression(expression, None), device)
    slopes = measure(with_slopes, device) / options.concepts
    print(f"{options.tokens} tokens, width {options.width}, {options.layers} layers, {device}")
    print(f"forward: {options.cells / forward:.2f} cells/s")
    print(f"slopes of one concept: {slopes / forward:.2f} forwards")
    print(f"cells/s with 32 concepts: {options.cells / (forward + 32 * slopes):.3f}")


if __name__ == "__main__":
    main()
