"""What every stage of a run can see: config, cells, outputs of earlier stages, the model."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
import torch

from precompute.attribution import Population, make_population
from precompute.cells import Cells
from precompute.config import Config
from precompute.dictionary import Dictionary, activation_matrix
from precompute.enrichment.gene_sets import (
    MatchedSets,
    load_libraries,
    make_lookup,
    match_sets,
)
from precompute.errors import fault
from precompute.models.base import CellModel
from precompute.models.choose import load_model
from precompute.parts import Parts
from precompute.workspace import StageOutput, Workspace

Arrays = dict[str, np.ndarray]
Record = dict[str, Any]


@dataclass
class Run:
    """One run of the pipeline.

    Attributes
    ----------
    config : the resolved configuration.
    cells : the checked cells.
    input_digest : sha256 of the input file, or a name for embedded data.
    device : where torch computes.
    workspace : where stage outputs are kept.
    parts : where the stage at work keeps its finished parts.
    outputs : outputs of the stages finished so far.
    """

    config: Config
    cells: Cells
    input_digest: str
    device: torch.device
    workspace: Workspace
    parts: Parts | None = None
    outputs: dict[str, StageOutput] = field(default_factory=dict)

    @cached_property
    def model(self) -> CellModel:
        """The model that gave the embeddings, loaded from where its stage left it."""
        folder = self.outputs["model"].folder
        return load_model(self.config.model, self.cells, folder, self.device, self.config.seed)

    @cached_property
    def embeddings(self) -> np.ndarray:
        """The embeddings, (n_cells, d_embedding) float32."""
        return np.asarray(self.outputs["model"].array("embeddings"))

    @cached_property
    def dictionary(self) -> Dictionary:
        """The concepts as a dictionary."""
        output = self.outputs["dictionary"]
        arrays = {
            name: np.array(output.array(name))
            for name in ("encoder", "encoder_bias", "decoder", "center")
        }
        return Dictionary(
            **arrays,
            scale=output.record["scale"],
            k=output.record["k"],
            n_general=output.record.get("n_general"),
            k_detail=output.record.get("k_detail", 0),
        )

    @cached_property
    def sets(self) -> MatchedSets:
        """The gene sets over the model's genes, the same by the same numbers in all stages.

        Raises
        ------
        InputError
            A file of gene sets or of aliases is missing or malformed, or no set fits the genes.
        """
        settings, cells = self.config.enrichment, self.cells
        symbols = [cells.genes.symbols[i] for i in cells.model_genes]
        ids = [cells.genes.ids[i] for i in cells.model_genes]
        libraries = load_libraries(settings.gene_sets)
        lookup = make_lookup(symbols, ids, settings.aliases)
        return match_sets(libraries, lookup, settings.min_size, settings.max_size)

    @cached_property
    def activation_pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Concepts and activations of each cell, both (n_cells, most_active); -1, 0 for none."""
        output = self.outputs["dictionary"]
        return np.array(output.array("indices")), np.array(output.array("values"))

    @cached_property
    def activations(self) -> sp.csc_matrix:
        """The activations, sparse (n_cells, n_concepts)."""
        matrix = activation_matrix(*self.activation_pairs, self.dictionary.n_latents)
        matrix.sort_indices()
        return matrix

    @cached_property
    def donors(self) -> np.ndarray | None:
        """Codes of the donor column, else of the batch column, else None."""
        column = self.cells.obs.find_role("donor") or self.cells.obs.find_role("batch")
        return None if column is None else column.values

    @cached_property
    def match(self) -> dict[str, np.ndarray]:
        """Columns that counterfactual cells share with a cell, the most important first.

        Raises
        ------
        InputError
            `attribution.match` names a role that no obs column has; the donor may be missing.
        """
        columns = {}
        for role in self.config.attribution.match:
            column = self.cells.obs.find_role(role)
            if column is not None and column.categories is not None:
                columns[role] = _unknown_as_nan(column.values)
            elif role == "donor":
                columns |= {} if self.donors is None else {role: _unknown_as_nan(self.donors)}
            else:
                raise fault(
                    self.cells.source,
                    f"attribution.match names '{role}', which no column of obs is",
                    f"a categorical column named in data.{role}",
                    "Name it, or take it out of attribution.match.",
                )
        return columns

    def check_match(self) -> None:
        """Raise `InputError` where `match` does, before anything is computed."""
        _ = self.match

    @cached_property
    def population(self) -> Population:
        """The cells that attribution draws from."""
        return make_population(
            self.cells.model_counts(),
            self.cells.library_size,
            self.embeddings,
            *self.activation_pairs,
            self.dictionary.n_latents,
            self.donors,
            self.match,
            self.cells.cell_ids,
        )

    @property
    def covariates(self) -> np.ndarray | None:
        """What the model's encoder reads besides expression, (n_cells, n_covariates), or None."""
        return getattr(self.model, "covariates", None)


def _unknown_as_nan(codes: np.ndarray) -> np.ndarray:
    return np.where(codes < 0, np.nan, codes)


def store_path(config: Config) -> Path:
    """Return the folder of the store."""
    return Path(config.out)


def workspace_path(config: Config) -> Path:
    """Return the folder of the workspace, beside the store."""
    store = store_path(config)
    return store.with_name(store.name.removesuffix(".store") + ".workspace")
