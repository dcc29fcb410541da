"""What scvi-tools wrote beside the weights of a model: its kind, genes and covariates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from precompute.errors import fault

CLASSES = ("SCVI", "SCANVI")


@dataclass(frozen=True)
class SavedScvi:
    """A model that scvi-tools saved in a folder.

    Attributes
    ----------
    path : the folder.
    kind : class of scvi-tools, ``SCVI`` or ``SCANVI``.
    genes : names of the genes it reads, in order.
    setup : arguments of ``setup_anndata``.
    batches : categories of the batch column.
    labels : categories of the column of labels.
    categorical : categories of the other categorical covariates, by column.
    continuous : columns of the continuous covariates.
    likelihood : what the decoder takes the counts for, such as ``nb``.
    """

    path: Path
    kind: str
    genes: list[str]
    setup: dict[str, Any]
    batches: list[Any]
    labels: list[Any]
    categorical: dict[str, list[Any]]
    continuous: list[str]
    likelihood: str

    @property
    def batch_key(self) -> str:
        """Column of the batch, or an empty string."""
        return self.setup.get("batch_key") or ""


def read_saved(path: Path) -> SavedScvi:
    """Return what is known of the model that scvi-tools saved in the folder `path`.

    The file holds pickled objects, which can run code: read only models you trust.

    Raises
    ------
    InputError
        No model there, its file cannot be read, or it is a model of another kind.
    """
    if not (path / "model.pt").is_file():
        raise fault(path, "no model.pt", "a folder saved by scvi-tools", "Check `model.path`.")
    try:
        saved = torch.load(path / "model.pt", map_location="cpu", weights_only=False)
        registry = saved["attr_dict"]["registry_"]
        return _describe(path, list(saved["var_names"]), registry, saved["attr_dict"])
    except Exception as error:  # pickle raises whatever the damaged bytes lead to
        raise fault(
            path / "model.pt",
            f"cannot be read ({type(error).__name__})",
            "a model saved by scvi-tools 1.x",
            "Save it again with model.save(); one of version 0.x becomes readable by "
            "scvi.model.SCVI.convert_legacy_save().",
        ) from error


def read_saved_genes(path: Path) -> list[str]:
    """Return the names of the genes, in order, of the model saved in `path`; see `read_saved`."""
    return read_saved(path).genes


def _describe(
    path: Path, genes: list[Any], registry: dict[str, Any], attributes: dict[str, Any]
) -> SavedScvi:
    fields = {name: field["state_registry"] for name, field in registry["field_registries"].items()}
    extra = fields.get("extra_categorical_covs", {})
    initial = attributes["init_params_"]
    options = {**initial.get("non_kwargs", {}), **initial.get("kwargs", {}).get("kwargs", {})}
    return SavedScvi(
        path=path,
        kind=str(registry["model_name"]),
        genes=[str(name) for name in genes],
        setup=dict(registry["setup_args"]),
        batches=list(fields["batch"]["categorical_mapping"]),
        labels=list(fields["labels"]["categorical_mapping"]),
        categorical={name: list(known) for name, known in extra.get("mappings", {}).items()},
        continuous=[str(n) for n in fields.get("extra_continuous_covs", {}).get("columns", ())],
        likelihood=str(options.get("gene_likelihood", "")),
    )
