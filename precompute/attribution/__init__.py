"""Attribution: the effect of genes on concepts, through the model, against counterfactual cells."""

from precompute.attribution.aggregate import share_of_effect
from precompute.attribution.attribute import Attribution, attribute, attribute_all, make_setting
from precompute.attribution.concept import Setting
from precompute.attribution.counterfactual import Counterfactual, FromCells
from precompute.attribution.counterfactuals import (
    COUNTERFACTUALS,
    check_names,
    make_counterfactual,
)
from precompute.attribution.gradient import gradient_effects
from precompute.attribution.integrated import integrated_effects
from precompute.attribution.methods import DEFAULT_METHOD, METHODS, Method, make_method
from precompute.attribution.pairs import Pairs
from precompute.attribution.population import Population, make_population
from precompute.attribution.readout import ConceptReadout
from precompute.attribution.swap import swap_effects

__all__ = [
    "COUNTERFACTUALS",
    "DEFAULT_METHOD",
    "METHODS",
    "Attribution",
    "ConceptReadout",
    "Counterfactual",
    "FromCells",
    "Method",
    "Pairs",
    "Population",
    "Setting",
    "attribute",
    "attribute_all",
    "check_names",
    "gradient_effects",
    "integrated_effects",
    "make_counterfactual",
    "make_method",
    "make_population",
    "make_setting",
    "share_of_effect",
    "swap_effects",
]
