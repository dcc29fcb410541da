"""What units of any kind are worth: concepts, neurons, PCA, ICA, NMF through one evaluation."""

from precompute.evaluation.baselines import (
    BASELINES,
    Units,
    activate_units,
    count_directions,
    fit_baselines,
)
from precompute.evaluation.cuts import best_cuts
from precompute.evaluation.divisions import Division, divide, finest, make_folds
from precompute.evaluation.programmes import match_programmes
from precompute.evaluation.ranks import rank_auroc
from precompute.evaluation.scores import MEASURES, Scores, evaluate, mean_f1, probe_all

__all__ = [
    "BASELINES",
    "MEASURES",
    "Division",
    "Scores",
    "Units",
    "activate_units",
    "count_directions",
    "best_cuts",
    "divide",
    "evaluate",
    "finest",
    "fit_baselines",
    "make_folds",
    "match_programmes",
    "mean_f1",
    "probe_all",
    "rank_auroc",
]
