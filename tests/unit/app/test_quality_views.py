"""What the methods page says of the dictionary: rivals, sizes, training, stability."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scconcepts_app.annotations import AnnotationService
from scconcepts_app.figures.baselines import draw_baselines
from scconcepts_app.figures.recurrence import draw_recurrence
from scconcepts_app.figures.sweep import draw_sweep
from scconcepts_app.figures.theme import DARK, LIGHT
from scconcepts_app.figures.training import draw_training
from scconcepts_app.library import Library
from scconcepts_app.pages import methods
from scconcepts_app.pages.context import Context
from scconcepts_app.views.baselines import judge, list_kinds, read_baselines
from scconcepts_app.views.concepts import list_concepts
from scconcepts_app.views.recurrence import read_recurrence
from scconcepts_app.views.sweep import read_sweep
from scconcepts_app.views.training import read_training
from tests.store_factory_evaluation import CHOSEN, METHODS, POINTS
from tests.unit.app.conftest import with_arrays
from tests.unit.app.test_pages import words

FOLDER = "evaluation/baselines"


def test_means_are_over_the_groups_of_the_chosen_kind(store):
    assert list_kinds(store)[0] == ("cell_type x condition", "cell type × condition")
    found = read_baselines(store, "condition")
    assert found.groups == ["control", "stimulated"]
    assert [method.name for method in found.methods] == METHODS
    f1 = store.array(f"{FOLDER}/f1")
    for i, method in enumerate(found.methods):
        assert method.means["f1"] == pytest.approx(f1[i, 5:7].mean())
    assert found.values["f1"] == pytest.approx(f1[:, 5:7])


def test_what_is_not_known_is_left_out_of_a_mean_and_never_0(store):
    found = read_baselines(store, "cell_type")
    probe = store.array(f"{FOLDER}/probe_auroc")
    assert np.isnan(probe[0, 0])
    assert found.methods[0].means["probe_auroc"] == pytest.approx(probe[0, 1:5].mean())
    assert found.methods[0].to_programmes is None


def test_the_verdict_says_where_concepts_are_worse(store):
    found = read_baselines(store, "cell_type")
    assert "F1 0.9" in judge(found) and "above the best of the others" in judge(found)
    auroc = np.array(store.array(f"{FOLDER}/auroc"))
    auroc[0], auroc[2] = 0.7, 0.9
    worse = read_baselines(with_arrays(store, {f"{FOLDER}/auroc": auroc}), "cell_type")
    assert "AUROC 0.700, below the best of the others (Single autoencoder" not in judge(worse)
    auroc[1] = auroc[3:] = 0.8
    worse = read_baselines(with_arrays(store, {f"{FOLDER}/auroc": auroc}), "cell_type")
    assert "AUROC 0.700, below the best of the others (Neurons, 0.900)" in judge(worse)


def test_concepts_are_no_rivals_of_themselves(store):
    info = store.manifest.evaluations[0]
    variant = with_arrays(store, {})
    methods = ["Concepts", "Fewer concepts", *METHODS[2:]]
    variant.manifest = replace(store.manifest, evaluations=[replace(info, methods=methods)])
    found = read_baselines(variant, "cell_type")
    told = judge(found)
    assert "the best of the others (Fewer" not in told
    fewer = found.methods[1]
    assert [method.is_own for method in found.methods] == [True, True, *[False] * 4]
    assert f"the {fewer.n_units} concepts that rebuild most: F1 {fewer.means['f1']:.3f}" in told
    assert "rebuild most" not in judge(read_baselines(store, "cell_type"))


def test_cells_without_groups_compare_explained_variance_alone(store):
    found = read_baselines(store, "")
    assert found.groups == []
    assert "only explained variance" in judge(found)
    assert found.methods[0].explained_variance == pytest.approx(0.82)


def test_a_sweep_marks_what_is_recommended_and_what_the_store_has(store):
    config = {"dictionary": {"variant": "topk", "expansion": None, "k": 4}}
    manifest = replace(store.manifest, provenance={"config": config})
    variant = with_arrays(store, {})
    variant.manifest = manifest
    view = read_sweep(variant)
    assert [setting.is_chosen for setting in view.settings].index(True) == CHOSEN
    assert [setting.is_shown for setting in view.settings] == [False] * 3 + [True] + [False] * 2
    assert view.settings[0].name == "topk 1× k2"
    assert view.settings[5].values["come_back"] is None  # nothing recurred there
    assert view.measures == ["f1", "explained_variance", "probe_accuracy", "stability"]
    assert not any(setting.is_shown for setting in read_sweep(store).settings)


def test_a_sweep_without_labels_offers_no_f1(store):
    nothing = np.full(len(POINTS), np.nan, np.float32)
    names = ("f1", "f1_error", "probe_auroc", "probe_accuracy")
    bare = with_arrays(store, {f"sweep/sizes/{name}": nothing for name in names})
    assert read_sweep(bare).measures == ["explained_variance", "stability"]


def test_seeds_are_named_where_the_record_names_as_many(store):
    training = read_training(store)
    assert training.seeds == ["0", "1", "2", "3", "4"]
    assert training.curves[4][39] == pytest.approx(0.88 * (1 - np.exp(-5)), abs=1e-6)
    assert training.consensus == pytest.approx(0.82)


def test_dots_are_stacked_within_a_step_of_stability(store):
    values = np.array([0.91, 0.906, 0.5, np.nan, 0.92, 0.9], np.float32)
    variant = with_arrays(store, {"concepts/stability": values})
    found = read_recurrence(variant, list_concepts(variant))
    places = {point.id: (point.stability, point.height) for point in found.points}
    assert set(places) == {"c0001", "c0002", "c0003", "c0005", "c0006"}
    assert [places[name][1] for name in ("c0005", "c0001", "c0002", "c0006")] == [1, 1, 2, 3]
    assert found.n_unknown == 1
    assert found.summary == (
        "Median 0.91 over 5 concepts; in all 5 seeds: 3; flagged as unstable: 1."
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_figures_show_the_numbers(store, theme):
    colors = {"light": LIGHT, "dark": DARK}[theme]
    found = read_baselines(store, "cell_type x condition")
    figure = draw_baselines(found, "f1", theme)
    assert sorted(figure.data[0].x) == pytest.approx(sorted(found.values["f1"][0]))
    assert figure.data[0].marker.color == colors.presence
    assert figure.data[1].x[0] == pytest.approx(found.methods[0].means["f1"])
    assert "B cell, control" in figure.data[0].text
    view = read_sweep(store)
    sweep = draw_sweep(view, "f1", theme)
    drawn = {trace.name: trace for trace in sweep.data}
    assert set(drawn) == {"topk", "matryoshka", "recommended"}
    assert list(drawn["recommended"].x) == pytest.approx([0.95])
    assert len(drawn["topk"].x) == 4 and len(drawn["matryoshka"].x) == 1
    rows = list_concepts(store)
    dots = draw_recurrence(read_recurrence(store, rows), theme)
    assert sum(len(trace.x) for trace in dots.data) == 6
    assert dots.data[1].customdata[0] == "c0006 Interferon response"  # flagged as unstable
    curves = draw_training(read_training(store), theme)
    assert [trace.name for trace in curves.data] == [f"seed {i}" for i in range(5)]


def test_an_older_store_says_what_it_lacks(old_store, settings):
    library = Library([("old", old_store)])
    context = Context(library, AnnotationService(settings.annotations_url))
    page = methods.layout(context, library.default, {}, {})
    said = words(page)
    assert "keeps no training curves" in said
    assert "does not compare its concepts with other units" in said
    assert "No sweep over sizes" in said
    assert "Do the concepts come back?" in said
    drawn = [c.id for c in page._traverse() if type(c).__name__ == "Graph"]
    assert drawn == ["methods-recurrence"]
