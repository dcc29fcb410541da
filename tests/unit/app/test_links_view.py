"""Links out of the app: which identifier leads where."""

from __future__ import annotations

import pytest

from scconcepts_app.views.links import link_cell_type, link_gene, link_gene_set


def test_a_gene_leads_to_ncbi_by_symbol_and_to_ensembl_by_id():
    ncbi, ensembl = link_gene("PDCD1", "ENSG00000188389.11")
    assert ncbi.href == "https://www.ncbi.nlm.nih.gov/gene/?term=PDCD1%5Bsym%5D"
    assert ensembl.href == "https://www.ensembl.org/id/ENSG00000188389"


def test_other_species_have_ids_of_ensembl_too():
    assert link_gene("Pdcd1", "ENSMUSG00000026285")[1].href.endswith("/ENSMUSG00000026285")


@pytest.mark.parametrize("gene_id", ["PDCD1", "ENSG1", "ENST00000188389", "5133", ""])
def test_an_id_of_nobody_leads_nowhere(gene_id):
    assert [link.words for link in link_gene("PDCD1", gene_id)] == ["NCBI Gene"]


def test_a_symbol_cannot_break_out_of_the_address():
    href = link_gene('a"b&c=1#/../', "x")[0].href
    assert href == "https://www.ncbi.nlm.nih.gov/gene/?term=a%22b%26c%3D1%23%2F..%2F%5Bsym%5D"


@pytest.mark.parametrize(
    ("name", "description", "href"),
    [
        (
            "Defense response to virus (GO:0051607)",
            "",
            "https://amigo.geneontology.org/amigo/term/GO:0051607",
        ),
        ("GOBP_X", "GO:0051607", "https://amigo.geneontology.org/amigo/term/GO:0051607"),
        (
            "Interferon Signaling R-HSA-913531",
            "",
            "https://reactome.org/content/detail/R-HSA-913531",
        ),
        (
            "HALLMARK_HYPOXIA [hallmark_msigdb] (2)",
            "written by hand",
            "https://www.gsea-msigdb.org/gsea/msigdb/human/geneset/HALLMARK_HYPOXIA",
        ),
        (
            "ZHANG_TLX_TARGETS_UP",
            "http://www.broadinstitute.org/gsea/msigdb/cards/ZHANG_TLX_TARGETS_UP",
            "https://www.gsea-msigdb.org/gsea/msigdb/human/geneset/ZHANG_TLX_TARGETS_UP",
        ),
        (
            "HALLMARK_HYPOXIA",
            "https://www.gsea-msigdb.org/gsea/msigdb/mouse/geneset/HALLMARK_HYPOXIA",
            "https://www.gsea-msigdb.org/gsea/msigdb/mouse/geneset/HALLMARK_HYPOXIA",
        ),
        (
            "HALLMARK_HYPOXIA",
            "http://www.gsea-msigdb.org/gsea/msigdb/cards/HALLMARK_HYPOXIA",
            "https://www.gsea-msigdb.org/gsea/msigdb/human/geneset/HALLMARK_HYPOXIA",
        ),
    ],
)
def test_a_gene_set_leads_where_its_identifier_says(name, description, href):
    assert link_gene_set(name, description).href == href


@pytest.mark.parametrize("name", ["T cell", "GO:123", "HALLMARK_", "HALLMARK_X/../y"])
def test_a_set_without_identifier_leads_nowhere(name):
    assert link_gene_set(name, "Zheng et al. 2017") is None


@pytest.mark.parametrize(
    "description",
    [
        "https://www.gsea-msigdb.org/gsea/msigdb/cards/X/../../y",
        "https://www.gsea-msigdb.org/gsea/msigdb/cards/X?a=1",
        "javascript:alert(1)",
        "GO:00516071",
        "LOGO:0051607",
    ],
)
def test_an_address_in_a_description_is_not_taken_as_it_is(description):
    assert link_gene_set("T cell", description) is None


def test_a_cell_type_leads_to_the_ontology():
    link = link_cell_type("CL:0000236")
    assert link.href == "https://www.ebi.ac.uk/ols4/ontologies/cl/classes?obo_id=CL:0000236"
    assert link.words == "CL:0000236"


@pytest.mark.parametrize("text", ["", "CL:1", "CL:00002361", "UBERON:0000236", "CL:0000236&x=1"])
def test_what_is_no_cell_type_leads_nowhere(text):
    assert link_cell_type(text) is None
