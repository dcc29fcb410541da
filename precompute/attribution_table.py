"""One attribution as a CSV file: any counterfactual, any method, of a run that is finished."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from precompute.attribution import Attribution, attribute_all, check_names, make_method
from precompute.device import threads_for
from precompute.progress import progress_bar
from precompute.run import Run
from precompute.stages.attribution import make_run_setting
from precompute.whole_file import write_whole

_COLUMNS = ("effect", "presence", "absence", "standard_error", "q", "share", "exact")


def write_attribution(run: Run, counterfactual: str, method: str, target: Path) -> Attribution:
    """Attribute all concepts of a run and write a row for each concept and gene to `target`.

    Genes stand by effect within a concept, the largest first; genes without an effect are left
    out. The file appears when it is whole.

    Raises
    ------
    InputError
        A name is not known, the model cannot be attributed, or the file cannot be written.
    """
    check_names([counterfactual])
    chosen = make_method(method)
    label = f"attribution, {counterfactual}, {method}"
    with write_whole(target) as unfinished:
        setting = replace(make_run_setting(run, counterfactual), method=chosen)
        with progress_bar(label) as progress, threads_for(run.model.n_weights):
            result = attribute_all(setting, progress)
        _tabulate(run, result).to_csv(unfinished, index=False, float_format="%.6g")
    return result


def _tabulate(run: Run, result: Attribution) -> pd.DataFrame:
    columns = {name: getattr(result, name) for name in _COLUMNS}
    genes = run.cells.model_genes
    ids = np.array([run.cells.genes.ids[g] for g in genes])
    symbols = np.array([run.cells.genes.symbols[g] for g in genes])
    tables = []
    for concept in range(len(result.reason)):
        effect = np.nan_to_num(result.effect[concept])
        order = np.argsort(-effect, kind="stable")
        order = order[effect[order] != 0]
        table = {"concept": f"c{concept + 1:04d}", "gene_id": ids[order], "gene": symbols[order]}
        table |= {name: column[concept][order] for name, column in columns.items()}
        tables.append(pd.DataFrame(table))
    return pd.concat(tables, ignore_index=True)
