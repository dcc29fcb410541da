"""The offline half: cells and a model in, a concept store out. Never imports dash or flask."""
