"""What the report calls rankings of genes, and tests of gene sets on them."""

from __future__ import annotations

SET_SWAP = "set_swap_"  # stands before the key of a set swap, where it is among other tests
_TESTS = {"prerank": "GSEA"}
_RANKINGS = {"differential": "DE", "matched": "matched DE"}


def name_ranking(ranking: str) -> str:
    """Return what people call a ranking of a store."""
    return _RANKINGS.get(ranking, ranking)


def name_test(key: str) -> str:
    """Return what people call a test of gene sets on a ranking, given its key in a store."""
    if key.startswith(SET_SWAP):
        return f"set swap, {key.removeprefix(SET_SWAP).replace('_', ' ')}"
    test, _, ranking = key.partition("_")
    return f"{_TESTS.get(test, test)} of {name_ranking(ranking)}"
