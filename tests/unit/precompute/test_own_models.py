"""A user's own module: what is accepted, and what each rule of the contract refuses."""

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from precompute.errors import InputError
from precompute.models.contract import assert_cell_model_contract, list_breaches
from precompute.models.torch_module import load_torch_module, read_module_genes, source_file
from tests import own_models
from tests.scgpt_case import GENES, make_adata

CPU = torch.device("cpu")
COUNTS = np.asarray(make_adata().X[:6])
pytestmark = pytest.mark.usefixtures("one_thread")


def load(name):
    return load_torch_module(f"tests.own_models:{name}", COUNTS, CPU)


@pytest.mark.parametrize("name", ["good", "pair"])
def test_a_module_becomes_a_model(name):
    model = load(name)
    assert model.genes.tolist() == GENES and model.d_embedding == 4
    assert model.n_weights == (40 + 1) * 8 + 2 * 8 + (8 + 1) * 4
    network = own_models.good().network if name == "good" else own_models.pair()[0]
    with torch.no_grad():
        expected = network.eval()(torch.from_numpy(np.log1p(COUNTS))).numpy()
    assert np.allclose(model.embed(sp.csr_matrix(COUNTS), None), expected, atol=1e-6)
    assert read_module_genes(f"tests.own_models:{name}") == GENES
    assert source_file(f"tests.own_models:{name}").name == "own_models.py"
    assert_cell_model_contract(model, COUNTS)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("centred", "differently alone and in a batch"),
        ("noisy", "two runs on the same cells differ"),
        ("detached", "gradients differ from small steps"),
        ("rounded", "all slopes are 0"),
        ("nameless", "no names of genes"),
        ("too_few_genes", "cannot embed 3 cells of 39 genes"),
        ("broken", "it raised RuntimeError: no weights here"),
        ("text", "it returned a str"),
        ("absent", "no function 'absent'"),
    ],
)
def test_what_is_refused(name, words):
    with pytest.raises(InputError, match=words):
        load(name)


@pytest.mark.parametrize("where", ["tests.own_models", "no.such.module:f", ":f", ""])
def test_names_that_lead_nowhere(where):
    with pytest.raises(InputError, match=r"no name of a function|cannot be imported"):
        load_torch_module(where, COUNTS, CPU)


def save_script(path, extra):
    torch.jit.save(torch.jit.script(own_models.pair()[0].eval()), str(path), _extra_files=extra)


def save_export(path, extra):
    batch = torch.export.Dim("batch", min=1, max=4096)
    example = (torch.zeros(3, 40),)
    program = torch.export.export(
        own_models.pair()[0].eval(), example, dynamic_shapes=({0: batch},)
    )
    torch.export.save(program, path, extra_files=extra)


@pytest.mark.parametrize(("save", "name"), [(save_script, "m.pt"), (save_export, "m.pt2")])
@pytest.mark.parametrize("beside", [False, True])
def test_files_of_torch(tmp_path, save, name, beside):
    path, names = tmp_path / name, "\n".join(GENES)
    save(path, {} if beside else {"genes.txt": names})
    if beside:
        path.with_suffix(".genes.txt").write_text(names)
    model = load_torch_module(str(path), COUNTS, CPU)
    expected = load("pair").embed(sp.csr_matrix(COUNTS), None)
    assert np.allclose(model.embed(sp.csr_matrix(COUNTS), None), expected, atol=1e-6)


def test_files_that_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load_torch_module(str(tmp_path / "m.pt2"), COUNTS, CPU)
    (tmp_path / "m.pt").write_bytes(b"nothing")
    with pytest.raises(InputError, match="cannot be read"):
        load_torch_module(str(tmp_path / "m.pt"), COUNTS, CPU)
    save_script(tmp_path / "nameless.pt", {})
    with pytest.raises(InputError, match="no names of genes"):
        load_torch_module(str(tmp_path / "nameless.pt"), COUNTS, CPU)


class TestTheKit:
    """Each rule on a model that breaks it alone."""

    @pytest.mark.parametrize(
        ("name", "change", "words"),
        [
            ("prepare", lambda m, counts, ids=None: np.log1p(counts) + 1, "must mean that it is"),
            ("prepare", lambda m, counts, ids=None: counts[:, 1:], "prepare: found shape"),
            ("embed", lambda m, counts, c, ids=None: np.ones((6, 4)), "embed: found float64"),
            ("embed", lambda m, counts, c, ids=None: np.ones((6, 4), np.float32), "differs from"),
            ("ablate", lambda m, cells, genes: cells, "ablate: the gene is still there"),
            ("swap", lambda m, cells, others, genes: others, "genes that were not named"),
            ("swap", lambda m, cells, others, genes: cells, "not the value of the other"),
            ("embed_expression", lambda m, e, c: e.new_full((len(e), 4), torch.nan), "hold NaN"),
            ("embed_expression", lambda m, e, c: e[:, :3], r"found shape \(6, 3\)"),
            ("embed_with_gradient", lambda m, e, c, r: (e[:, :4], e), "found slopes"),
            ("embed_with_gradient", lambda m, e, c, r: (r, e[None]), "its embeddings differ"),
            ("embed_with_gradient", lambda m, e, c, r: 1 / 0, "slopes: ZeroDivisionError"),
        ],
    )
    def test_a_broken_rule_is_named(self, name, change, words):
        model = load("good")
        broken = type("Broken", (type(model),), {name: change})
        model.__class__ = broken
        with pytest.raises(AssertionError, match=words):
            assert_cell_model_contract(model, COUNTS)

    def test_counts_that_cannot_try_it(self):
        assert "at least 3 cells" in list_breaches(load("good"), COUNTS[:2])[0]
        assert "40 genes" in list_breaches(load("good"), COUNTS[:, 1:])[0]
