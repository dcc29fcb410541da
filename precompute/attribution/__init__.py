"""Attribution: the effect of genes on concepts, through the model, against counterfactual cells."""

from precompute.attribution.aggregate import share_of_effect
from precompute.attribution.attribute import Attribution, attribute
from precompute.attribution.counterfactual import Counterfactual, FromCells
from precompute.attribution.counterfactuals import (
    COUNTERFACTUALS,
    check_names,
    make_counterfactual,
)
from precompute.attribution.gradient import gradient_effects
from precompute.attribution.population import Population, make_population
from precompute.attribution.readout import ConceptReadout
from precompute.attribution.swap import swap_effects

__all__ = [
    "COUNTERFACTUALS",
    "Attribution",
    "ConceptReadout",
    "Counterfactual",
    "FromCells",
    "Population",
    "attribute",
    "check_names",
    "gradient_effects",
    "make_counterfactual",
    "make_population",
    "share_of_effect",
    "swap_effects",
]
