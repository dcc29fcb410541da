"""Anyone's own model: a module that a function makes, a TorchScript or a torch.export file.

The module takes log1p counts (n, n_genes) and returns embeddings (n, d_embedding). A function runs
as code of yours, and a TorchScript file can run code too: load only what you trust.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from precompute.errors import InputError, fault
from precompute.models.base import CellModel
from precompute.models.contract import list_breaches
from precompute.models.expression import ExpressionModel

EXPORT = ".pt2"
FILES = (".pt", ".ts", EXPORT)
GENES_FILE = "genes.txt"


class TorchModuleModel(ExpressionModel):
    """A module of log1p counts as a `CellModel`.

    Parameters
    ----------
    module : takes (n, n_genes), returns (n, d_embedding), rows apart from each other.
    genes : names of the genes, symbols or ids, in the order of its input.
    d_embedding : length of an embedding.
    """

    name = "module"

    def __init__(
        self, module: nn.Module, genes: Iterable[str], d_embedding: int, device: torch.device
    ) -> None:
        self.module = module
        self.genes = np.array([str(gene) for gene in genes])
        self.d_embedding = d_embedding
        self.n_weights = sum(weight.numel() for weight in module.parameters())
        self.device = device

    def embed_log1p(
        self, log_counts: torch.Tensor, covariates: torch.Tensor | None
    ) -> torch.Tensor:
        """Return embeddings (n, d_embedding) of log1p counts, with gradients."""
        return self.module(log_counts)


def read_module_genes(where: str) -> list[str]:
    """Return the names of the genes that a module reads.

    Raises
    ------
    InputError
        As `load_torch_module`.
    """
    return [str(gene) for gene in _open(where)[1]]


def load_torch_module(where: str, counts: np.ndarray, device: torch.device) -> CellModel:
    """Return a model from a function or a file, checked on some cells.

    Parameters
    ----------
    where : ``package.module:function``, or the path of a file that ends in .pt or .ts
        (TorchScript) or .pt2 (torch.export). The function takes nothing and returns a module with
        an attribute ``genes``, a pair of module and gene names, or a whole `CellModel`. Genes of a
        file are named in its extra file ``genes.txt``, one a line, or in ``FILE.genes.txt``.
    counts : (n, n_genes) raw counts of a few cells, on which the rules of `CellModel` are tried.

    Raises
    ------
    InputError
        There is no such thing, it fails, or it breaks rules of `CellModel`: all of them listed.
    """
    found, genes = _open(where)
    if not isinstance(found, nn.Module):
        model = found
    else:
        module = _settle(found, device)
        model = TorchModuleModel(module, genes, _try(where, module, len(genes), device), device)
    breaches = list_breaches(model, counts)
    if breaches:
        listed = "\n  - ".join(breaches)
        raise InputError(
            f"{where}: the model breaks {len(breaches)} rule(s):\n  - {listed}\n"
            "Expected a module that keeps all rules of CellModel (docs/models.md). Mend the model."
        )
    return model


def source_file(where: str) -> Path:
    """Return the file in which a function is written.

    Raises
    ------
    InputError
        There is no such module, or it has no file.
    """
    module = _import(where)
    file = getattr(module, "__file__", None)
    if file is None:
        raise fault(where, "a module without a file", "a Python file", "Write it in one.")
    return Path(file)


def _open(where: str) -> tuple[Any, list[str]]:
    path = Path(where)
    if path.suffix in FILES:
        return _open_file(path)
    return _call(where)


def _call(where: str) -> tuple[Any, list[str]]:
    module = _import(where)
    name = where.partition(":")[2]
    function = getattr(module, name, None)
    if not callable(function):
        raise fault(where, f"no function '{name}' in the module", "one", "Correct the name.")
    try:
        made = function()
    except Exception as error:  # whatever a stranger's function raises
        raise fault(
            where, f"it raised {type(error).__name__}: {error}", "a model", "Mend the function."
        ) from error
    if isinstance(made, tuple) and len(made) == 2:
        made, genes = made
    else:
        genes = getattr(made, "genes", None)
    if not isinstance(made, nn.Module) and not hasattr(made, "embed_expression"):
        raise fault(
            where,
            f"it returned a {type(made).__name__}",
            "a torch.nn.Module or a CellModel",
            "Mend the function.",
        )
    return made, _check_genes(where, genes)


def _import(where: str) -> Any:
    name, colon, function = where.partition(":")
    if not colon or not name or not function:
        raise fault(
            where or "model.factory",
            "no name of a function",
            "package.module:function, or a file that ends in .pt, .ts or .pt2",
            "Correct it.",
        )
    try:
        return importlib.import_module(name)
    except Exception as error:  # whatever a stranger's module raises
        raise fault(
            where,
            f"'{name}' cannot be imported ({type(error).__name__}: {error})",
            "a module on Python's path",
            "Run from its folder, or set PYTHONPATH.",
        ) from error


def _open_file(path: Path) -> tuple[nn.Module, list[str]]:
    if not path.is_file():
        raise fault(path, "no such file", "a TorchScript or torch.export file", "Check the path.")
    extra: dict[str, Any] = {GENES_FILE: ""}
    try:
        if path.suffix == EXPORT:
            module: nn.Module = torch.export.load(path, extra_files=extra).module()
        else:
            module = torch.jit.load(str(path), map_location="cpu", _extra_files=extra)
    except Exception as error:  # torch raises whatever the damaged bytes lead to
        raise fault(
            path,
            f"cannot be read ({type(error).__name__})",
            "a file of torch.jit.save (.pt, .ts) or torch.export.save (.pt2)",
            "Save the model again.",
        ) from error
    text = extra[GENES_FILE]
    text = text.decode() if isinstance(text, bytes) else text
    beside = path.with_suffix(".genes.txt")
    if not text and beside.is_file():
        text = beside.read_text(encoding="utf-8")
    return module, _check_genes(str(path), text.split() or None)


def _check_genes(where: str, genes: Any) -> list[str]:
    names = [] if genes is None else [str(gene) for gene in genes]
    if not names or len(set(names)) < len(names):
        found = "genes that are named twice" if names else "no names of genes"
        raise fault(
            where,
            found,
            "a name for each input, none twice: an attribute `genes`, a pair of module and names, "
            f"or for a file an extra file {GENES_FILE}",
            "Add them.",
        )
    return names


def _settle(module: nn.Module, device: torch.device) -> nn.Module:
    """Return the module frozen, in evaluation, on the device."""
    module = module.to(device)
    # An exported program refuses: it was traced in the mode that it stays in.
    if not isinstance(module, torch.fx.GraphModule):
        module.eval()
    for weight in module.parameters():
        weight.requires_grad_(False)
    return module


def _try(where: str, module: nn.Module, n_genes: int, device: torch.device) -> int:
    """Return the length of an embedding, by running the module once."""
    try:
        with torch.no_grad():
            found = module(torch.zeros(3, n_genes, device=device))
    except Exception as error:  # whatever a stranger's module raises
        reason = str(error).strip().splitlines()
        raise fault(
            where,
            f"it cannot embed 3 cells of {n_genes} genes ({reason[0][:200] if reason else error})",
            "a module that takes log1p counts (n, n_genes) of any number of cells",
            "Mend the model, or name as many genes as it reads.",
        ) from error
    if not torch.is_tensor(found) or found.ndim != 2 or len(found) != 3:
        shape = tuple(found.shape) if torch.is_tensor(found) else type(found).__name__
        raise fault(where, f"it returned {shape} for 3 cells", "(3, d_embedding)", "Mend it.")
    return int(found.shape[1])
