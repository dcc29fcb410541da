"""Writes the tables of a synthetic store that hang on genes or obs columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from precompute.synthetic.big_store import names, tables, trust
from precompute.synthetic.big_store.cells import SyntheticCells
from precompute.synthetic.big_store.concepts import Activations, Concepts
from precompute.synthetic.big_store.contrast import Contrast
from precompute.synthetic.big_store.design import N_SEEDS, StoreDesign
from precompute.synthetic.big_store.expression import Genes
from precompute.synthetic.big_store.manifest import COUNTERFACTUALS
from precompute.synthetic.big_store.sample import Sample, associate_cells
from scconcepts_app.store.columns import encode_strings
from scconcepts_app.store.writer import StoreWriter


@dataclass(frozen=True)
class TableWriter:
    """Everything the tables are made of.

    Attributes
    ----------
    top : (n_concepts, n_top) cells of highest activation, -1 for none.
    top_values : (n_concepts, n_top, n_genes) log1p counts per 10,000 in them.
    """

    writer: StoreWriter
    design: StoreDesign
    cells: SyntheticCells
    concepts: Concepts
    found: Activations
    genes: Genes
    sample: Sample
    top: np.ndarray
    top_values: np.ndarray

    @cached_property
    def contrast(self) -> Contrast:
        """Active against inactive cells of the whole sample."""
        return self.sample.contrast()

    @cached_property
    def weights(self) -> np.ndarray:
        """Planted weight of each gene on each concept."""
        return self.genes.weights(self.concepts)

    @cached_property
    def z(self) -> np.ndarray:
        """DE of each gene, 0 where there are no active cells."""
        scores = tables.z_scores(self.contrast, self.design.n_genes, "random_matched")
        return np.nan_to_num(scores)

    @cached_property
    def members(self) -> np.ndarray:
        """Genes of each gene set."""
        return tables.membership(self.genes.sets, self.design.n_genes)

    @property
    def filled(self) -> np.ndarray:
        """Concepts that are active in the sample."""
        return self.contrast.n_active > 0

    def write(self) -> None:
        """Add all tables to the store."""
        self._add_differentials()
        enrichment = self._add_enrichments()
        grades, attributions = {}, {}
        for key in COUNTERFACTUALS:
            table = tables.attribution_table(self.weights, self.contrast, key)
            self.writer.add_group(f"attribution/{key}", table)
            attributions[key] = table
            grades[key] = self._add_trust(key)
        first = COUNTERFACTUALS[0]
        self._add_names(attributions[first], grades[first], enrichment)

    def _add_differentials(self) -> None:
        detected = self.sample.contrast(detected=True)
        for key, against in (("inactive", "random_matched"), ("matched", "neighbours")):
            table = tables.differential_table(self.contrast, detected, self.design.n_genes, against)
            self.writer.add_group(f"differential/{key}", table)

    def _add_enrichments(self) -> tables.Table:
        effect, difference = tables.effects(self.weights, self.contrast, COUNTERFACTUALS[0])
        presence = np.nan_to_num(np.where(difference > 0, effect, 0))
        common = (self.members, self.filled)
        tested = {
            "prerank_presence": tables.prerank_table(presence, *common),
            "prerank_differential": tables.prerank_table(self.z, *common),
            "overrepresentation_presence": tables.overrepresentation_table(presence, *common),
        }
        for key, table in tested.items():
            self.writer.add_group(f"enrichment/{key}", table)
        return tested["prerank_presence"]

    def _add_trust(self, key: str) -> np.ndarray:
        """Add cards, effects in cells and set swaps under a counterfactual; return the grades."""
        rng = np.random.default_rng([self.design.seed, 5, COUNTERFACTUALS.index(key)])
        cards, reasons = trust.make_cards(
            rng, self.weights, *self._halves, key, self._mean_activation
        )
        self.writer.add_group(f"faithfulness/{key}", cards)
        self.writer.add_group(f"faithfulness/{key}/reason", encode_strings(reasons))
        explained = trust.make_cell_effects(
            self.weights, self.contrast, key, self.top, self.top_values
        )
        self.writer.add_group(f"cell_effects/{key}", explained)
        effect, difference = tables.effects(self.weights, self.contrast, key)
        swapped = tables.set_swap_table(
            rng,
            np.nan_to_num(effect),
            np.nan_to_num(difference),
            self.members,
            tables.prerank_q(self.z, self.members),
            self.filled,
        )
        self.writer.add_group(f"set_swap/{key}", swapped)
        return cards["grade"]

    @cached_property
    def _halves(self) -> tuple[tuple[Contrast, Contrast], tuple[Contrast, Contrast]]:
        return self.sample.halves("donors"), self.sample.halves("cells")

    @cached_property
    def _mean_activation(self) -> np.ndarray:
        spans = self.found.spans()
        sums = np.array([self.found.strength[span].sum(dtype=float) for span in spans])
        return sums / np.maximum(self.found.counts, 1)

    def _add_names(
        self, attribution: tables.Table, grade: np.ndarray, enrichment: tables.Table
    ) -> None:
        association = associate_cells(self.cells, self.found, self.sample)
        self.writer.add("association/level", association.levels)
        for name in ("auroc", "f1", "share", "numeric", "rank_correlation"):
            self.writer.add(f"association/{name}", getattr(association, name))
        rng = np.random.default_rng([self.design.seed, 6])
        stability = rng.beta(6, 2, self.design.n_concepts)
        flags = names.flag_concepts(
            association, self.cells.obs, self.found.counts, len(self.cells.xy), stability, grade
        )
        symbols = [f"SYN{i + 1}" for i in range(self.design.n_genes)]
        labels, evidence = names.name_concepts(
            association, self.sample.obs, flags, symbols, attribution, enrichment
        )
        self.writer.add_group("concepts/label", encode_strings(labels))
        self.writer.add_group("concepts/evidence", encode_strings(evidence))
        self.writer.add("concepts/stability", stability)
        n_seeds = np.clip(np.rint(stability * N_SEEDS), 3, N_SEEDS)
        self.writer.add("concepts/n_seeds", n_seeds)
        self.writer.add("concepts/flags", names.pack_flags(flags))
