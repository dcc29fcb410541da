"""The parts of a store that hang on genes: attribution, differential expression, gene sets."""

from __future__ import annotations

from typing import Any

import numpy as np

from precompute.attribution import COUNTERFACTUALS, METHODS
from precompute.run import Run
from precompute.tables import (
    DIFFERENTIAL_FIELDS,
    EFFECT_FIELDS,
    enrichment_arrays,
    read_enrichment,
)
from scconcepts_app.store.columns import encode_ragged, encode_strings
from scconcepts_app.store.manifest import (
    AttributionInfo,
    CellEffectsInfo,
    DifferentialInfo,
    EnrichmentInfo,
    FaithfulnessInfo,
    GeneSetLibrary,
    SetSwapInfo,
)
from scconcepts_app.store.schema import (
    ATTRIBUTION_COLUMNS,
    ATTRIBUTION_EXTRA_COLUMNS,
    CELL_EFFECT_CELLS,
    CELL_EFFECT_GENES,
    DIFFERENTIAL_COLUMNS,
    ENRICHMENT_COLUMNS,
    FAITHFULNESS_CURVES,
    FAITHFULNESS_MEASURES,
    SET_SWAP_COLUMNS,
)
from scconcepts_app.store.writer import StoreWriter

_DIFFERENTIALS = {
    "inactive": (
        "Active against all inactive cells",
        "Wilcoxon rank sum test on log-normalised expression, all cells.",
    ),
    "matched": (
        "Active against their inactive neighbours",
        "Wilcoxon rank sum test between active cells and the inactive cells nearest to them.",
    ),
}
_RANKINGS = {
    "attribution": "attribution",
    "presence": "presence genes",
    "absence": "absence genes",
    "differential": "DE against all inactive cells",
    "matched": "DE against inactive neighbours",
}


def add_attributions(writer: StoreWriter, run: Run) -> list[AttributionInfo]:
    """Add the attribution of every counterfactual, largest presence first."""
    output = run.outputs["attribution"]
    infos: list[AttributionInfo] = []
    genes = _gene_positions(run)
    names = [] if output.record["refused"] else run.config.attribution.counterfactuals
    surrogate = run.outputs["model"].record.get("surrogate")
    for name in names:
        columns = {field: output.array(f"{name}.{field}") for field in EFFECT_FIELDS}
        rows = []
        for concept in range(run.dictionary.n_latents):
            presence, absence = columns["presence"][concept], columns["absence"][concept]
            known = np.flatnonzero(np.isfinite(presence) & ((presence != 0) | (absence != 0)))
            order = known[np.argsort(-presence[known], kind="stable")]
            row = {field: column[concept][order] for field, column in columns.items()}
            rows.append({"gene": genes[order], **row})
        dtypes = ATTRIBUTION_COLUMNS | ATTRIBUTION_EXTRA_COLUMNS
        writer.add_group(f"attribution/{name}", encode_ragged(rows, dtypes))
        infos.append(
            AttributionInfo(
                key=name,
                title=COUNTERFACTUALS[name].title + (" (surrogate)" if surrogate else ""),
                counterfactual=name,
                method=METHODS[run.config.attribution.method].title
                + (", through a surrogate" if surrogate else ""),
                description=COUNTERFACTUALS[name].description + _tell_surrogate(surrogate),
                default=not infos,
            )
        )
    return infos


def _tell_surrogate(quality: dict[str, Any] | None) -> str:
    """Return what every attribution has to say that did not go through the model itself."""
    if quality is None:
        return ""
    return (
        " Through a surrogate, not the model: a network that foretells "
        f"{max(0.0, quality['held_out']):.0%} of the variance of the embeddings in cells it never "
        f"saw ({quality['split']})."
    )


def add_cell_effects(writer: StoreWriter, run: Run, order: np.ndarray) -> list[CellEffectsInfo]:
    """Add the effects in the top cells; `order` gives the input row of each stored cell."""
    output = run.outputs["attribution"]
    genes = np.append(_gene_positions(run), -1)  # an index of -1 stays -1
    position = np.full(len(order) + 1, -1, np.int64)
    position[order] = np.arange(len(order))
    infos = []
    for info in output.record["counterfactuals"]:
        name = info["name"]
        for column in (*CELL_EFFECT_CELLS, *CELL_EFFECT_GENES):
            values = output.array(f"{name}.cell.{column}")
            if column == "cell":
                values = position[values].astype(np.int32)
            elif column == "gene":
                values = genes[values].astype(np.int32)
            writer.add(f"cell_effects/{name}/{column}", values)
        infos.append(CellEffectsInfo(name))
    return infos


def add_faithfulness(writer: StoreWriter, run: Run) -> list[FaithfulnessInfo]:
    """Add the faithfulness cards of every attribution."""
    output = run.outputs["faithfulness"]
    infos = []
    for key in output.record["keys"]:
        n_replaced = np.array(output.record["n_replaced"], np.int32)
        writer.add(f"faithfulness/{key}/n_replaced", n_replaced)
        for name in (*FAITHFULNESS_CURVES, *FAITHFULNESS_MEASURES):
            writer.add(f"faithfulness/{key}/{name}", output.array(f"{key}.{name}"))
        reasons = encode_strings(output.record["reasons"][key])
        writer.add_group(f"faithfulness/{key}/reason", reasons)
        rankings, rule = output.record["rankings"], output.record["rule"]
        infos.append(FaithfulnessInfo(key, rankings, rule))
    return infos


def add_set_swaps(writer: StoreWriter, run: Run) -> list[SetSwapInfo]:
    """Add the gene sets that were replaced whole, smallest p first."""
    output = run.outputs["set_swap"]
    infos = []
    for key in output.record["keys"]:
        columns = {c: output.array(f"{key}.{c}") for c in SET_SWAP_COLUMNS if c != "gene_set"}
        rows = []
        for concept in range(run.dictionary.n_latents):
            row = {name: values[concept] for name, values in columns.items()}
            known = np.flatnonzero(np.isfinite(row["p"]))
            best = known[np.lexsort((-np.abs(np.nan_to_num(row["z"][known])), row["p"][known]))]
            best = best[: run.config.pack.max_gene_sets]
            chosen = {name: values[best] for name, values in row.items()}
            rows.append({"gene_set": best, **chosen})
        writer.add_group(f"set_swap/{key}", encode_ragged(rows, SET_SWAP_COLUMNS))
        infos.append(
            SetSwapInfo(
                key=key,
                title="Set swap",
                description=(
                    "All genes of the set take their counterfactual values at once, against "
                    "random sets of the same size, mean expression and detection."
                ),
                differential=output.record["differential"],
            )
        )
    return infos


def add_differentials(writer: StoreWriter, run: Run) -> list[DifferentialInfo]:
    """Add both differential expressions, largest z first."""
    output = run.outputs["differential"]
    infos: list[DifferentialInfo] = []
    genes = _gene_positions(run)
    for key in output.record["keys"]:
        columns = {field: output.array(f"{key}.{field}") for field in DIFFERENTIAL_FIELDS}
        rows = []
        for concept in range(run.dictionary.n_latents):
            z = columns["z"][concept]
            known = np.flatnonzero(np.isfinite(z))
            order = known[np.argsort(-z[known], kind="stable")]
            row = {field: column[concept][order] for field, column in columns.items()}
            rows.append({"gene": genes[order], **row})
        writer.add_group(f"differential/{key}", encode_ragged(rows, DIFFERENTIAL_COLUMNS))
        infos.append(DifferentialInfo(key, *_DIFFERENTIALS[key]))
    return infos


def add_enrichments(writer: StoreWriter, run: Run) -> list[EnrichmentInfo]:
    """Add the first rows of every enrichment, smallest p first."""
    output = run.outputs["enrichment"]
    infos: list[EnrichmentInfo] = []
    genes, limit = _gene_positions(run), run.config.pack.max_gene_sets
    entries = [("prerank", ranking, "NES") for ranking in output.record["rankings"]]
    entries += [("overrepresentation", part, "fold enrichment") for part in output.record["lists"]]
    for test, ranking, statistic in entries:
        key = f"{test}_{ranking}"
        arrays = enrichment_arrays(output, key)
        rows, leading = [], []
        for concept in range(run.dictionary.n_latents):
            table = read_enrichment(arrays, concept).head(limit)
            rows.append(
                {
                    "gene_set": table.gene_set,
                    "statistic": table.statistic,
                    "p": table.p,
                    "q": table.q,
                    "size": table.size,
                    "n_leading": np.array([len(found) for found in table.leading], np.int32),
                }
            )
            leading += [{"gene": genes[found]} for found in table.leading]
        writer.add_group(f"enrichment/{key}", encode_ragged(rows, ENRICHMENT_COLUMNS))
        packed = encode_ragged(leading, {"gene": "int32"})
        writer.add(f"enrichment/{key}/leading_offsets", packed["offsets"])
        writer.add(f"enrichment/{key}/leading_gene", packed["gene"])
        words = "GSEA of" if test == "prerank" else "Overrepresentation in"
        infos.append(
            EnrichmentInfo(
                key=key,
                title=f"{words} {_RANKINGS[ranking]}",
                test=test,
                ranking=ranking,
                statistic=statistic,
                default=not infos,
            )
        )
    return infos


def add_gene_sets(writer: StoreWriter, run: Run) -> tuple[list[GeneSetLibrary], int]:
    """Add the gene sets, cut to the model's genes; return the libraries and the set count."""
    sets, genes = run.sets, _gene_positions(run)
    writer.add_group("gene_sets/name", encode_strings(sets.names))
    writer.add_group("gene_sets/description", encode_strings(sets.descriptions))
    writer.add("gene_sets/library", sets.library)
    members = [{"gene": genes[found]} for found in sets.members]
    writer.add_group("gene_sets/members", encode_ragged(members, {"gene": "int32"}))
    libraries = [GeneSetLibrary(library.name, library.source) for library in sets.libraries]
    return libraries, len(sets.names)


def _gene_positions(run: Run) -> np.ndarray:
    """Return where in the store each gene of the model stands, (n_model_genes,)."""
    if run.config.pack.expression == "model":
        return np.arange(len(run.cells.model_genes))
    return run.cells.model_genes
