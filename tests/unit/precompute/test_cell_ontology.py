"""Cell types by name: what people write, what is no cell type, and the ontology itself."""

import gzip

import numpy as np
import pytest

from precompute.cell_ontology import (
    find_cell_type,
    identify_cell_types,
    normalise_name,
    read_cell_types,
)
from precompute.obs import Column, Obs


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("B cells", "CL:0000236"),
        ("B", "CL:0000236"),
        ("CD14+ Monocytes", "CL:0001054"),
        ("CD14-positive monocyte", "CL:0001054"),
        ("FCGR3A+ Mono", "CL:0000875"),
        ("non-classical monocyte", "CL:0000875"),
        ("CD4 T cells", "CL:0000624"),
        ("CD4-positive, alpha-beta T cell", "CL:0000624"),
        ("Naive CD4 T", "CL:0000895"),
        ("CD4 naive", "CL:0000895"),
        ("NK", "CL:0000623"),
        ("γδ T cells", "CL:0000798"),
        ("cDC2", "CL:0002399"),
        ("T/NK", None),
        ("B cells and plasma cells", None),
        ("CD14- Monocytes", None),
        ("unknown", None),
        ("filtered_by_qc", None),
        ("cells", None),
        ("", None),
        ("B cells (doublets)", None),
    ],
)
def test_a_name(name, identifier):
    assert find_cell_type(name) == identifier


def test_no_name_means_two_cell_types():
    owners: dict[tuple[str, ...], set[str]] = {}
    for identifier, label, names in read_cell_types():
        for name in (label, *names):
            owners.setdefault(normalise_name(name), set()).add(identifier)
    assert {key: ids for key, ids in owners.items() if len(ids) > 1 or not key} == {}
    assert len(owners) > 150


def test_identifiers_and_labels_are_the_ontologys(shared_data):
    with gzip.open(
        shared_data / "cell_ontology_cl_2024-04-05.tsv.gz", "rt", encoding="utf-8"
    ) as file:
        labels = dict(line.split("\t")[:2] for line in file)
    assert [entry[:2] for entry in read_cell_types() if labels.get(entry[0]) != entry[1]] == []


def test_identifiers_of_the_data_come_first():
    codes = np.repeat([0, 1, 2], 10).astype(np.int32)
    types = Column("t", "t", "cell_type", ["my T cells", "NK cells", "odd"], codes)
    own = np.repeat([0, 1, 2], 10).astype(np.int32)
    own[18:20] = 0  # 8 of 10 NK cells carry one identifier, which is too few
    terms = ["CL:0000084", "CL:0000623", "unknown"]
    column = Column("o", "cell_type_ontology_term_id", "other", terms, own)
    assert identify_cell_types(Obs([types, column], ())) == {"my T cells": "CL:0000084"}
    assert identify_cell_types(Obs([types], ())) == {"NK cells": "CL:0000623"}
    assert identify_cell_types(Obs([], ())) == {}
