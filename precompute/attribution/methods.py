"""The methods of attribution behind one interface: pairs in, effects of genes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from precompute.attribution.gradient import gradient_effects
from precompute.attribution.integrated import integrated_effects
from precompute.attribution.pairs import Pairs
from precompute.attribution.readout import ConceptReadout
from precompute.attribution.swap import swap_effects
from precompute.errors import fault


@dataclass(frozen=True)
class Method:
    """A way from pairs to the effects of all genes on them.

    Attributes
    ----------
    name : the word in the configuration.
    title : what the app calls it.
    description : the rule in one sentence, for the app.
    effects : takes the readout and pairs, returns (n_pairs, n_genes) float32 in units of
        pre-activation, positive where the value of the gene in the cell raises it.
    """

    name: str
    title: str
    description: str
    effects: Callable[[ConceptReadout, Pairs], np.ndarray]


METHODS = {
    method.name: method
    for method in (
        Method(
            "exact_swap",
            "exact swap",
            "Each gene alone takes its counterfactual value and the model runs again; the effect "
            "is what the pre-activation loses.",
            swap_effects,
        ),
        Method(
            "gradient",
            "gradient x difference",
            "The slope of the pre-activation at the cell times the difference to the "
            "counterfactual: what a swap would do if the model were linear around the cell.",
            gradient_effects,
        ),
        Method(
            "integrated_gradients",
            "integrated gradients",
            "The slope averaged on the line from the counterfactual to the cell, times their "
            "difference: effects of all genes add up to what replacing all of them takes.",
            integrated_effects,
        ),
    )
}
# At least as faithful as the other two (docs/benchmarks/faithfulness.md), and complete.
DEFAULT_METHOD = "integrated_gradients"


def make_method(name: str) -> Method:
    """Return the method of this name.

    Raises
    ------
    InputError
        The name is not known.
    """
    if name not in METHODS:
        raise fault(
            "attribution method", f"found '{name}'", f"one of {', '.join(METHODS)}", "Change it."
        )
    return METHODS[name]
