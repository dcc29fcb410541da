"""How a gene set is called in words: the labels of precompute and the pages of the app agree."""

from __future__ import annotations

import re

_ACCESSION = re.compile(r"\s*\((GO:\d+|R-HSA-\d+)\)$")
# What tells sets of one name in several libraries apart.
_LIBRARY = re.compile(r" \[[^\[\]]+\](?: \(\d+\))?$")
_COLLECTION = re.compile(r"^(HALLMARK|GOBP|GOMF|GOCC|REACTOME|KEGG|WP|BIOCARTA|PID)_")
# A name in capitals only does not tell symbols from words. A letter and a digit make a symbol
# (IL6, E2F, P53), one letter stays (T cell, type I), and so do Roman numbers and these.
_SYMBOL = re.compile(r"(?=.*\d)(?=.*[A-Z]).+|[A-Z]|I{2,3}|IV|VI{1,3}|IX")
_KNOWN = """
AKT ALK AMPK ATM ATP ATR BCR BMP BTK CDK CFTR CSF CTLA DNA ECM EGF EGFR EMT ER ERBB ERK FAS FGF
FGFR FOXO GPCR GTP HDAC HDR HIF HIV HLA HSP IFN IFNA IFNB IFNG IGF IGFR IKK IL JAK JNK KRAS LPS
LXR MAPK MET MHC MTOR MYB MYC NAD NADH NFAT NFKB NGF NHEJ NK NLR NMD NOD PDGF PI PKA PKC PPAR
PTEN RAF RAS RB RET RIG RNA ROS RXR SARS SMAD SRP STAT TAZ TCA TCR TGF TGFB TLR TNF TNFA TNFR
TRAIL UPR UV VEGF VEGFA VEGFR WNT YAP
"""
_SYMBOLS = frozenset(_KNOWN.split())


def shorten_set_name(name: str) -> str:
    """Return the name of a gene set as people say it, without collection and accession.

    ``HALLMARK_IL6_JAK_STAT3_SIGNALING`` is "IL6 JAK STAT3 signaling". The library stays where a
    name carries it in brackets.
    """
    if library := _LIBRARY.search(name):
        return shorten_set_name(name[: library.start()]) + library[0]
    bare = _COLLECTION.sub("", _ACCESSION.sub("", name)) or name
    if bare.isupper() and "_" in name:
        bare = " ".join(map(_write, bare.split("_")))
    return bare[:1].upper() + bare[1:]


def _write(word: str) -> str:
    return word if word in _SYMBOLS or _SYMBOL.fullmatch(word) else word.lower()
