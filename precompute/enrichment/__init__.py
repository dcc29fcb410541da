"""Gene sets, and how strongly a ranking of genes is enriched for them."""
