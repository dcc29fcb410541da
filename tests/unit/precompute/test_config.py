"""The TOML file: every fault in one message, paths beside the file, choices the code has."""

from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from precompute.attribution import COUNTERFACTUALS, DEFAULT_METHOD, METHODS
from precompute.config import COUNTERFACTUALS as COUNTERFACTUAL_NAMES
from precompute.config import MATCH, AttributionConfig, Config, override, parse_config, read_config
from precompute.config import METHODS as METHOD_NAMES
from precompute.errors import InputError
from tests.conftest import ROOT


def faults_of(raw: dict) -> str:
    with pytest.raises(InputError) as caught:
        parse_config(raw, "run.toml")
    return str(caught.value)


def test_nothing_said_gives_the_defaults():
    assert parse_config({}, "run.toml") == Config()


def test_all_structural_faults_in_one_message():
    text = faults_of(
        {
            "titel": "a",
            "seed": "1",
            "model": 3,
            "data": {"n_top_genes": True, "path": 5, "colour": 1},
            "enrichment": {"gene_sets": "immune.gmt"},
            "dictionary": {"expansion": "2"},
        }
    )
    assert text.startswith("run.toml: 8 fault(s):")
    for expected in (
        "unknown key 'titel'; known here: title, description, out",
        "seed: expected int, found '1'",
        "model: expected a table [model], found 3",
        "unknown key 'data.colour'",
        "data.n_top_genes: expected int, found True",
        "data.path: expected str, found 5",
        "enrichment.gene_sets: expected a list of texts, found 'immune.gmt'",
        "dictionary.expansion: expected float, found '2'",
    ):
        assert expected in text


def test_all_values_out_of_range_in_one_message():
    text = faults_of(
        {
            "seed": -1,
            "model": {"kind": "embedding"},
            "dictionary": {"k": 0, "cut": 1.5, "min_share": 0.0, "learning_rate": -0.1},
            "enrichment": {"min_size": 20, "max_size": 10},
            "attribution": {
                "counterfactuals": ["neighbours", "neighbours"],
                "method": "shap",
                "match": ["donor", "planet"],
                "max_cells": 1,
                "set_swap_cells": -1,
            },
            "pack": {"expression": "some"},
        }
    )
    assert text.startswith("run.toml: 13 fault(s):")
    for expected in (
        "seed: found -1, expected 0 to 2^32 - 1",
        "model.obsm: expected the name",
        "dictionary.k: found 0, expected at least 1",
        "dictionary.cut: found 1.5, expected above 0 and at most 1",
        "dictionary.min_share: found 0.0",
        "dictionary.learning_rate: found -0.1",
        "enrichment: min_size is above max_size",
        "attribution.counterfactuals: found ['neighbours', 'neighbours']",
        "attribution.method: found 'shap', expected one of ('exact_swap', 'gradient', 'integ",
        "attribution.match: found ['donor', 'planet'], expected any of ('donor', 'batch', 'tissue'",
        "attribution.max_cells: found 1, expected at least 2",
        "attribution.set_swap_cells: found -1, expected at least 0",
        "pack.expression: found 'some', expected one of ('all', 'model')",
    ):
        assert expected in text


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("key", ["expansion", "learning_rate", "cut"])
def test_numbers_are_finite(key, value):
    assert "expected a finite number" in faults_of({"dictionary": {key: float(value)}})


@pytest.mark.parametrize("names", [[], ["donut"], ["zero", "donut"]])
def test_counterfactuals_are_known_before_a_run_starts(names):
    assert "attribution.counterfactuals" in faults_of({"attribution": {"counterfactuals": names}})


def test_the_known_names_are_those_of_attribution():
    assert set(COUNTERFACTUAL_NAMES) == set(COUNTERFACTUALS)
    assert set(METHOD_NAMES) == set(METHODS)
    assert AttributionConfig().method == DEFAULT_METHOD


@pytest.mark.parametrize("match", [["donor", "donor"], ["condition"], [""]])
def test_columns_to_match_are_roles_each_once(match):
    assert "attribution.match" in faults_of({"attribution": {"match": match}})


@pytest.mark.parametrize("match", [[], ["cell_type", "donor"], list(MATCH)])
def test_any_roles_can_be_matched_in_any_order(match):
    config = parse_config({"attribution": {"match": match}}, "run.toml")
    assert config.attribution.match == tuple(match)
    assert set(MATCH) <= {field.name for field in fields(config.data)}


def test_whole_numbers_stand_for_numbers():
    config = parse_config({"dictionary": {"expansion": 3, "learning_rate": 1}}, "run.toml")
    assert config.dictionary.expansion == 3.0 and type(config.dictionary.expansion) is float
    assert config.dictionary.learning_rate == 1.0


def test_paths_are_relative_to_the_file(tmp_path):
    file = tmp_path / "run.toml"
    file.write_text(
        'out = "a.store"\n[data]\npath = "../cells.h5ad"\n[model]\npath = "/models/x"\n'
        '[enrichment]\ngene_sets = ["sets/a.gmt", "/b.gmt", "GO_Biological_Process_2021"]\n'
    )
    config = read_config(file)
    assert config.out == str(tmp_path / "a.store")
    assert config.data.path == str(tmp_path.parent / "cells.h5ad")
    assert config.model.path == "/models/x"
    assert config.enrichment.gene_sets == (
        str(tmp_path / "sets/a.gmt"),
        "/b.gmt",
        "GO_Biological_Process_2021",
    )


def test_what_is_not_said_stays_empty(tmp_path):
    (tmp_path / "run.toml").write_text("")
    config = read_config(tmp_path / "run.toml")
    assert (config.out, config.data.path, config.model.path) == ("", "", "")


def test_the_command_line_comes_first():
    config = parse_config({"out": "a", "data": {"path": "b"}}, "run.toml")
    changed = override(config, data="c", out="d", device="cpu", gene_sets=["e.gmt"])
    assert (changed.out, changed.data.path, changed.device) == ("d", "c", "cpu")
    assert changed.enrichment.gene_sets == ("e.gmt",)
    assert override(config) == config


def test_unreadable_files(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_config(tmp_path / "none.toml")
    with pytest.raises(InputError, match="cannot be read"):
        read_config(tmp_path)
    for content in (b"a = ", b"\xff\xfe"):
        (tmp_path / "bad.toml").write_bytes(content)
        with pytest.raises(InputError, match="is not valid TOML"):
            read_config(tmp_path / "bad.toml")


def test_every_section_is_documented():
    sections = [Config, *(f.default_factory for f in fields(Config) if callable(f.default_factory))]
    assert all(is_dataclass(section) and section.__doc__ for section in sections)


@pytest.mark.parametrize(
    "example", sorted((ROOT / "examples").glob("*.toml")), ids=lambda p: p.name
)
def test_the_examples_are_valid(example: Path):
    assert read_config(example).out
