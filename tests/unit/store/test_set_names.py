"""Names of gene sets in words: symbols keep their capitals, words lose them."""

from __future__ import annotations

import pytest

from precompute.naming import shorten_set_name as of_precompute
from scconcepts_app.store.set_names import shorten_set_name
from scconcepts_app.views.pathways import shorten_set_name as of_views


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("HALLMARK_TNFA_SIGNALING_VIA_NFKB", "TNFA signaling via NFKB"),
        ("HALLMARK_IL6_JAK_STAT3_SIGNALING", "IL6 JAK STAT3 signaling"),
        ("HALLMARK_IL2_STAT5_SIGNALING", "IL2 STAT5 signaling"),
        ("HALLMARK_PI3K_AKT_MTOR_SIGNALING", "PI3K AKT MTOR signaling"),
        ("HALLMARK_MTORC1_SIGNALING", "MTORC1 signaling"),
        ("HALLMARK_MYC_TARGETS_V1", "MYC targets V1"),
        ("HALLMARK_G2M_CHECKPOINT", "G2M checkpoint"),
        ("HALLMARK_E2F_TARGETS", "E2F targets"),
        ("HALLMARK_P53_PATHWAY", "P53 pathway"),
        ("HALLMARK_UV_RESPONSE_UP", "UV response up"),
        ("HALLMARK_DNA_REPAIR", "DNA repair"),
        ("HALLMARK_WNT_BETA_CATENIN_SIGNALING", "WNT beta catenin signaling"),
        ("HALLMARK_HYPOXIA", "Hypoxia"),
        ("GOBP_T_CELL_RECEPTOR_SIGNALING_PATHWAY", "T cell receptor signaling pathway"),
        ("GOBP_RESPONSE_TO_TYPE_I_INTERFERON", "Response to type I interferon"),
        ("REACTOME_MHC_CLASS_II_ANTIGEN_PRESENTATION", "MHC class II antigen presentation"),
        ("REACTOME_CELL_CYCLE", "Cell cycle"),
        ("KEGG_PRION_DISEASES", "Prion diseases"),
        # Names that are no capitals only are as they should be.
        ("response to virus (GO:0009615)", "Response to virus"),
        ("type I interferon signaling pathway (GO:0060337)", "Type I interferon signaling pathway"),
        ("Cell Cycle (R-HSA-1640170)", "Cell Cycle"),
        ("Interferon response", "Interferon response"),
        ("TCR", "TCR"),
        ("IL6_up", "IL6_up"),
        ("HALLMARK_HYPOXIA [msigdb]", "Hypoxia [msigdb]"),
        ("response to virus (GO:0009615) [go_bp] (2)", "Response to virus [go_bp] (2)"),
        ("HALLMARK_", "Hallmark "),
        ("", ""),
    ],
)
def test_short_names(name, short):
    assert shorten_set_name(name) == short


def test_both_halves_say_them_alike():
    assert of_precompute is of_views is shorten_set_name
