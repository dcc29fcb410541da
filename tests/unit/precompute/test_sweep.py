"""The sweep: its rule, what it measures, its files, and going on after a kill."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from precompute.cli import main
from precompute.dictionary import activation_matrix, find_consensus, partner_share, train_seeds
from precompute.sweep.measure import Bench, measure
from precompute.sweep.result import Point, read_sweep
from precompute.sweep.rule import recommend
from tests.conftest import ROOT

RNG = np.random.default_rng(0)
TYPES = np.repeat(["A", "B", "C"], 60)
CENTERS = RNG.normal(size=(3, 6)) * 3
CELLS = (CENTERS[np.repeat(range(3), 60)] + RNG.normal(size=(180, 6))).astype(np.float32)
GRID = ["--expansions", "1,2", "--ks", "2", "--variants", "topk", "--seeds", "2", "--epochs", "5"]


def make_point(name, n_concepts, come_back, f1=None, explained_variance=0.5, f1_error=0.01):
    measured = {"explained_variance": explained_variance, "f1": f1, "f1_error": f1_error}
    if come_back is None:
        measured = {}
    return Point(name, 1.0, 2, 8, n_concepts, come_back=come_back, **measured)


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        # The best F1 that comes back, though another one is better.
        ([("a", 9, 0.95, 0.6), ("b", 9, 0.89, 0.9), ("c", 20, 0.91, 0.7)], ("c", True)),
        # Within one standard error, .01, the fewest concepts.
        ([("a", 9, 0.95, 0.695), ("b", 5, 0.92, 0.68), ("c", 20, 0.91, 0.7)], ("a", True)),
        # As few concepts: the better one.
        ([("a", 9, 0.95, 0.695), ("b", 9, 0.95, 0.7)], ("b", True)),
        # None is sure: those within sqrt(.8 x .2 / 16) = .1 of the surest stand in.
        ([("a", 16, 0.8, 0.5), ("b", 30, 0.71, 0.6), ("c", 9, 0.69, 0.9)], ("b", False)),
        # Without labels explained variance decides, within .01.
        ([("a", 9, 0.95, None, 0.6), ("b", 7, 0.95, None, 0.595)], ("b", True)),
        ([("a", 9, 0.95, None, 0.6), ("b", 7, 0.95, None, 0.58)], ("a", True)),
        # A setting without concepts is never taken.
        ([("a", 0, None), ("b", 7, 0.2, 0.1)], ("b", False)),
    ],
)
def test_the_rule(points, expected):
    made = [make_point(*point) for point in points]
    chosen, reached, reason = recommend(made)
    assert (made[chosen].variant, reached) == expected
    assert made[chosen].name in reason
    assert reason.startswith("No setting brings back 90%") is not reached


def test_no_setting_may_be_left():
    assert recommend([make_point("a", 0, None)]) == (
        -1,
        False,
        "No setting gave a concept that recurs over seeds.",
    )


def test_a_point_is_what_two_halves_of_the_seeds_give():
    bench = Bench(CELLS, [], np.zeros(180, int), n_seeds=2, epochs=5, learning_rate=0.01)
    point = measure(bench, "topk", 2.0, 2)
    trained = train_seeds(CELLS, 12, 2, range(4), 5, 0.01)
    halves = [find_consensus(half, CELLS).dictionary for half in (trained[:2], trained[2:])]
    active = [activation_matrix(*d.activate(CELLS), d.n_latents) for d in halves]
    there, back = partner_share(*active), partner_share(*active[::-1])
    assert point.come_back == pytest.approx((there + back) / 2)
    assert point.n_concepts == sum(half.n_latents for half in halves) / 2
    assert point.n_latents == 12
    assert 0 <= point.dead < 1
    assert (point.f1, point.probe_auroc) == (None, None)


def save(folder):
    np.save(folder / "e.npy", CELLS)
    np.save(folder / "types.npy", TYPES)
    return str(folder / "e.npy"), ["--cell-type", str(folder / "types.npy")]


def test_writes_a_table_and_a_report_and_grows_with_its_grid(tmp_path, caplog):
    source, labels = save(tmp_path)
    out = tmp_path / "out"
    assert main(["sweep", source, *labels, *GRID, "--out", str(out)]) == 0
    assert caplog.text.count(", F1 ") == 2
    sweep = read_sweep(out)
    assert [point.n_latents for point in sweep.points] == [6, 12]
    assert (sweep.kind, sweep.held_out, sweep.n_cells) == ("cell_type", "cells", 180)
    assert all(0 <= point.f1 <= 1 for point in sweep.points)
    report = (out / "report.html").read_text()
    assert report.count("<tr") == 3 and report.count("<svg") == 2
    assert sweep.points[sweep.chosen].name in report
    assert "http" not in report and "<script" not in report
    more = [*GRID[:1], "1,2,9", "--ks", "2,7", *GRID[4:]]
    assert main(["sweep", source, *labels, *more, "--out", str(out)]) == 0
    assert caplog.text.count(" kept ") == 2
    grown = read_sweep(out)
    assert grown.skipped == ["1x k7: 6 latents, fewer than k"]
    assert [p for p in grown.points if p.k == 2][:2] == sweep.points


def test_a_folder_is_for_one_set_of_cells_and_options(tmp_path, capsys):
    source, labels = save(tmp_path)
    out = ["--out", str(tmp_path / "out")]
    assert main(["sweep", source, *GRID, *out]) == 0
    assert read_sweep(tmp_path / "out").kind == ""
    assert main(["sweep", source, *labels, *GRID, *out]) == 2
    assert "holds a sweep of other cells, labels or options" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--ks", "0"], "sweep, ks: found [0]"),
        (["--expansions", "-1"], "sweep, expansions: found [-1.0]"),
        (["--variants", "vanilla"], "some of topk, batch_topk, matryoshka"),
        (["--seeds", "1"], "at least 2 for each half"),
        (["--ks", "40"], "fewer than k"),
        (["--expansions", "50"], "300 latents, more than 180 cells"),
        (["--donor", "short.npy"], "shape (3,)"),
        (["--donor", "nowhere.npy"], "cannot be read"),
    ],
)
def test_refusals_say_what_to_do(tmp_path, capsys, monkeypatch, options, words):
    source, _ = save(tmp_path)
    np.save(tmp_path / "short.npy", TYPES[:3])
    monkeypatch.chdir(tmp_path)
    assert main(["sweep", source, *GRID, *options, "--out", "out"]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"points": 1}'])
def test_a_damaged_table_is_refused(tmp_path, capsys, content):
    (tmp_path / "sweep.json").write_text(content)
    with pytest.raises(Exception, match="sweep.json"):
        read_sweep(tmp_path)


def test_an_unknown_choice_is_refused(tmp_path):
    source, _ = save(tmp_path)
    assert main(["sweep", source, *GRID, "--out", str(tmp_path / "out")]) == 0
    raw = json.loads((tmp_path / "out" / "sweep.json").read_text())
    (tmp_path / "out" / "sweep.json").write_text(json.dumps(raw | {"chosen": 2}))
    with pytest.raises(Exception, match="another point was chosen"):
        read_sweep(tmp_path / "out")


def test_a_killed_sweep_loses_one_setting_at_most(tmp_path):
    source, _ = save(tmp_path)
    out = tmp_path / "out"
    options = [*GRID, "--ks", "1,2,3,4", "--epochs", "60", "--out", str(out)]
    command = [sys.executable, "-m", "precompute", "sweep", source, *options]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not list(out.glob(".parts/*/t*.part")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = {path.name: path.read_bytes() for path in out.glob(".parts/*/t*.part")}
    assert 0 < len(kept) < 8
    assert not (out / "sweep.json").exists()
    assert main(["sweep", source, *options]) == 0
    after = {path.name: path.read_bytes() for path in out.glob(".parts/*/t*.part")}
    assert len(after) == 8
    assert {name: after[name] for name in kept} == kept
    fresh = [*options[:-1], str(tmp_path / "fresh")]
    assert main(["sweep", source, *fresh]) == 0
    assert read_sweep(out) == read_sweep(tmp_path / "fresh")
