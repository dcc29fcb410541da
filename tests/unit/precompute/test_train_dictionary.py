"""The command train-dictionary: files, refusals, and going on after a kill to the same result."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from precompute.cli import main
from precompute.config import VARIANTS as IN_CONFIG
from precompute.dictionary import VARIANTS, load_dictionary, train
from tests.conftest import ROOT

CELLS = np.random.default_rng(0).normal(size=(300, 5)).astype(np.float32)
USUAL = ["--latents", "8", "--k", "2", "--epochs", "3"]


def test_config_and_trainer_name_the_same_variants():
    assert IN_CONFIG == VARIANTS


def test_writes_a_dictionary_a_seed(tmp_path, capsys):
    np.save(tmp_path / "e.npy", CELLS)
    out = tmp_path / "out"
    options = [*USUAL, "--seeds", "0,3", "--learning-rate", "0.01", "--out", str(out)]
    assert main(["train-dictionary", str(tmp_path / "e.npy"), *options]) == 0
    assert sorted(p.name for p in out.iterdir()) == [
        "seed_0.safetensors",
        "seed_3.safetensors",
        "training.json",
    ]
    expected = train(CELLS, 8, 2, seed=3, epochs=3, learning_rate=0.01)
    assert np.array_equal(load_dictionary(out / "seed_3.safetensors").encoder, expected.encoder)
    record = json.loads((out / "training.json").read_text())
    assert record["seeds"] == [0, 3]
    assert record["learning_rate"] == 0.01
    assert record["settings"]["variant"] == "topk"
    assert "seed 3: explained variance" in capsys.readouterr().out
    assert main(["train-dictionary", str(tmp_path / "e.npy"), *options]) == 2
    assert "finished training" in capsys.readouterr().err


WITH_NAN = CELLS.copy()
WITH_NAN[17, 2] = np.nan


@pytest.mark.parametrize(
    ("array", "options", "words"),
    [
        (WITH_NAN, [], "1 of 300 rows hold NaN or infinity (first: row 17)"),
        (CELLS[:7], [], "7 cells to train on with 8 latents"),
        (CELLS[:1], [], "found 1 cells"),
        (np.ones((50, 4)), [], "zero variance"),
        (CELLS[0], [], "shape (5,)"),
        (CELLS.astype(str), [], "real numbers"),
        (CELLS.astype(complex), [], "real numbers"),
        (np.array([{}, {}]), [], "cannot be read"),
        (b"not an array", [], "cannot be read"),
        (b"", [], "cannot be read"),
        (None, [], "cannot be read (No such file"),
        (CELLS, ["--k", "9"], "k = 9 with 8 latents"),
        (CELLS, ["--latents", "0", "--k", "0"], "k = 0"),
        (CELLS, ["--epochs", "0"], "epochs"),
        (CELLS, ["--variant", "vanilla"], "one of topk, batch_topk, matryoshka"),
        (CELLS, ["--seeds", "1,1"], "different integers"),
        (CELLS, ["--patience", "2"], "held-out cells"),
        (CELLS, ["--auxk", "-1"], "auxk"),
        (CELLS, ["--multi-topk", "0.5", "--variant", "batch_topk"], "multi_topk"),
        (CELLS, ["--held-out", "0.9"], "0 to 0.5"),
        (CELLS, ["--device", "tpu"], "tpu"),
        (CELLS, ["--learning-rate", "1e30"], "diverged"),
    ],
)
def test_refuses(tmp_path, capsys, array, options, words):
    path = tmp_path / "e.npy"
    if isinstance(array, bytes):
        path.write_bytes(array)
    elif array is not None:
        np.save(path, array, allow_pickle=True)
    out = tmp_path / "out"
    assert main(["train-dictionary", str(path), *USUAL, *options, "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert error.count("error: ") == 1
    assert words in error
    assert not out.exists() or list(out.iterdir()) == []


def test_refuses_cut_files_and_archives(tmp_path, capsys):
    np.save(tmp_path / "cut.npy", CELLS)
    (tmp_path / "cut.npy").write_bytes((tmp_path / "cut.npy").read_bytes()[:-400])
    np.savez(tmp_path / "many.npz", CELLS)
    for name in ("cut.npy", "many.npz"):
        command = ["train-dictionary", str(tmp_path / name), *USUAL, "--out", str(tmp_path / "o")]
        assert main(command) == 2
        assert name in capsys.readouterr().err


def test_constant_columns_are_no_fault(tmp_path):
    cells = CELLS.copy()
    cells[:, 1] = 3
    np.save(tmp_path / "e.npy", cells)
    out = tmp_path / "out"
    assert main(["train-dictionary", str(tmp_path / "e.npy"), *USUAL, "--out", str(out)]) == 0
    dictionary = load_dictionary(out / "seed_0.safetensors")
    assert not dictionary.decoder[:, 1].any()
    assert np.array_equal(dictionary.reconstruct(*dictionary.activate(cells))[:, 1], cells[:, 1])


KILLED = """
import sys
import precompute.dictionary.feed as feed
import precompute.dictionary.train as _
train = sys.modules["precompute.dictionary.train"]
train._SECONDS_BETWEEN_SAVES = 0
feed.Feed.__init__.__defaults__ = (16 * 5000,)
from precompute.cli import main
sys.exit(main(sys.argv[1:]))
"""


def command(path, out):
    options = ["--latents", "16", "--k", "3", "--epochs", "12", "--seeds", "0,1"]
    more = ["--variant", "matryoshka", "--held-out", "0.1", "--patience", "4", "--auxk", "0.03"]
    return [sys.executable, "-c", KILLED, "train-dictionary", path, *options, *more, "--out", out]


def test_goes_on_after_kill_to_the_same_result(tmp_path):
    np.save(tmp_path / "e.npy", np.random.default_rng(1).normal(size=(20_000, 4)))
    path = str(tmp_path / "e.npy")
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    killed = subprocess.Popen(command(path, str(tmp_path / "killed")), cwd=ROOT, env=environment)
    state = tmp_path / "killed" / "stopped.safetensors"
    deadline = time.monotonic() + 60
    while not state.exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert state.exists()
    assert not (tmp_path / "killed" / "training.json").exists()

    other = command(path, str(tmp_path / "killed"))
    other[other.index("--k") + 1] = "2"
    refused = subprocess.run(other, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "k 3 instead of 2" in refused.stderr

    for out in ("killed", "whole"):
        subprocess.run(command(path, str(tmp_path / out)), cwd=ROOT, env=environment, check=True)
    for name in ("seed_0.safetensors", "seed_1.safetensors"):
        one, another = (load_dictionary(tmp_path / out / name) for out in ("killed", "whole"))
        for array in ("encoder", "encoder_bias", "decoder", "curve"):
            assert np.array_equal(getattr(one, array), getattr(another, array)), array
    assert not state.exists()
