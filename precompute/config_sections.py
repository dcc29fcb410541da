"""The sections of a run's configuration: what can be set, and what holds where nothing is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DataConfig:
    """Which cells, and what their columns mean. Empty column names are guessed or left out.

    `keep` lists conditions on obs columns, ``COLUMN = VALUE | VALUE`` or ``COLUMN != VALUE``: cells
    that meet all of them take part, and of a large file only they are read.
    """

    path: str = ""
    keep: tuple[str, ...] = ()
    counts: str = "auto"
    gene_symbols: str = "auto"
    cell_type: str = ""
    condition: str = ""
    donor: str = ""
    batch: str = ""
    tissue: str = ""
    library_size: str = ""
    umap: str = "X_umap"
    n_top_genes: int = 2000


@dataclass(frozen=True)
class ModelConfig:
    """Which model gives the embeddings.

    `path` is the folder of scgpt and geneformer, or the file of a module; for scvi it loads a saved
    model instead of training. `factory` is the package.module:function that makes a module.
    `surrogate` fits a network from counts to the matrix `obsm`, so that genes can be attributed
    although the model itself is not at hand.
    `ties` and `precision` are for scgpt, the dictionaries for geneformer where they do not stand
    beside the model; `pooling` and `hidden_layer` say of what the embedding is taken, left out for
    what is usual.
    """

    kind: str = "scvi"
    path: str = ""
    factory: str = ""
    obsm: str = ""
    surrogate: bool = False
    ties: str = "midpoint"
    pooling: str = ""
    hidden_layer: int | None = None
    precision: str = "fp32"
    batch_size: int = 32
    token_dictionary: str = ""
    median_dictionary: str = ""
    batch_key: str = ""
    n_latent: int = 32
    n_hidden: int = 128
    n_layers: int = 1
    max_epochs: int = 400
    n_epochs_kl_warmup: int = 20
    early_stopping_patience: int = 20


@dataclass(frozen=True)
class DictionaryConfig:
    """The sparse autoencoders and their consensus.

    `variant` is ``topk`` (the k largest latents of a cell), ``batch_topk`` (the n x k largest of
    a batch of n cells while training) or ``matryoshka`` (``topk`` whose first latents alone must
    rebuild the cell as well). `resample` gives latents that no cell uses a new direction; `auxk`
    is the weight of a loss by which they learn to rebuild what the others miss, and `multi_topk`
    of one for cells rebuilt from 4 k latents (of ``topk`` only); 0 for none.
    `expansion` is the number of latents for each dimension of the embeddings; left out, it is the
    largest of which three quarters come back under other seeds. A concept has a member in
    `min_share` of the seeds, each at least `cut` alike to their mean. `polish` trains the concepts
    once more; left out, it does so where `expansion` is left out too. `detail` adds the concepts of
    larger autoencoders, so many latents for each dimension, where no concept is alike: finer ones,
    among which each cell chooses for itself; 0 leaves them out. `keep_latents` keeps the
    latents that did not recur in the store as well: about 2 bytes for each cell, seed and active
    latent.
    """

    expansion: float | None = None
    k: int = 4
    variant: str = "topk"
    resample: bool = False
    auxk: float = 0.0
    multi_topk: float = 0.0
    n_seeds: int = 5
    epochs: int = 100
    learning_rate: float | None = None
    min_share: float = 0.8
    cut: float = 0.6
    polish: bool | None = None
    detail: float = 0.0
    keep_latents: bool = True


@dataclass(frozen=True)
class AttributionConfig:
    """The counterfactuals; the first one is what the app shows by default.

    `match` names what counterfactual cells share with a cell where enough of them do, the most
    important first. `set_swap_cells` cells of a concept have gene sets replaced; 0 leaves the
    set swap out.
    """

    counterfactuals: tuple[str, ...] = ("neighbours", "random_matched")
    method: str = "integrated_gradients"
    match: tuple[str, ...] = ("donor",)
    max_cells: int = 200
    n_verify: int = 200
    set_swap_cells: int = 32


@dataclass(frozen=True)
class EnrichmentConfig:
    """Gene sets: GMT files, or names of Enrichr and MSigDB libraries. Empty means the set shipped.

    `aliases` is a table of other names of genes (alias or id, tab, symbol), by which names are
    found that are neither a symbol nor an id of the data.
    """

    gene_sets: tuple[str, ...] = ()
    aliases: str = ""
    min_size: int = 10
    max_size: int = 500
    n_top_genes: int = 50


@dataclass(frozen=True)
class MapsConfig:
    """Which maps of the cells are made; the first is the one the app opens with.

    `make` lists ``model`` (UMAP of the embeddings), ``counts`` (UMAP of the counts of the model's
    genes) and names of obsm matrices such as ``X_tsne``. Empty means: the matrix `data.umap` where
    the data have it, else ``model``; and ``counts`` as well for up to `most_cells` cells.
    """

    make: tuple[str, ...] = ()
    most_cells: int = 200_000


@dataclass(frozen=True)
class EvaluationConfig:
    """Whether concepts are compared with `baselines` of as many units, and on what.

    At most `max_cells` cells, drawn at random, take part. `programmes` names an obsm matrix of true
    activities, which simulated cells have.
    `sweep` is the folder of a sweep over sizes, which the store then shows.
    """

    baselines: bool = True
    max_cells: int = 5000
    programmes: str = ""
    sweep: str = ""


@dataclass(frozen=True)
class NullsConfig:
    """What the share of concepts with a significant gene set is held against.

    `draws` random counterparts of the gene sets of either kind: any genes, and genes that as many
    cells express. `cells`, at most, have their genes shuffled and go through the model, a
    dictionary, attribution and enrichment as the real ones did: about what those stages took on
    as many cells. 0 leaves either out. `neurons` counts the same for as many single dimensions of
    the embedding, which is a comparison and no null: about one attribution.
    """

    draws: int = 5
    cells: int = 2000
    neurons: bool = True


@dataclass(frozen=True)
class PackConfig:
    """What goes into the store: ``expression`` is all or model; ``max_gene_sets`` a concept."""

    expression: str = "all"
    max_gene_sets: int = 200
