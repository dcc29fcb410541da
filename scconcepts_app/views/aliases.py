"""Other names of genes that immunologists use: CD numbers, protein names, former symbols.

One gene a line, its HGNC symbol first (Seal et al. 2023; CD numbers after the HLDA workshops).
Case, hyphens and dots do not count. Names of complexes of several genes are left out, but for those
that everybody types.
"""

from __future__ import annotations

from collections.abc import Iterable

_GROUPS = """
PDCD1 CD279 PD-1
CD274 PD-L1 B7-H1 PDCD1L1
PDCD1LG2 PD-L2 CD273
CTLA4 CD152
LAG3 CD223
HAVCR2 TIM-3 CD366
TIGIT VSTM3
BTLA CD272
CD160 BY55
VSIR VISTA C10orf54
TNFRSF9 4-1BB CD137
TNFRSF4 OX40 CD134
TNFSF4 OX40L CD252
TNFRSF18 GITR CD357
TNFRSF8 CD30
TNFRSF17 BCMA CD269
TNFRSF13B TACI CD267
TNFRSF13C BAFF-R CD268
TNFSF13B BAFF BLYS CD257
TNFSF13 APRIL CD256
TNFSF10 TRAIL CD253
TNFSF11 RANKL CD254
FAS CD95 APO-1
FASLG FASL CD178
CD40LG CD40L CD154
ICOS CD278
ICOSLG ICOSL CD275
CD80 B7-1
CD86 B7-2
PTPRC CD45
SELL CD62L L-selectin
SELPLG PSGL-1 CD162
ITGAE CD103
ITGA1 CD49a
ITGA2 CD49b
ITGA4 CD49d
ITGAL LFA-1 CD11a
ITGAM CD11b MAC-1
ITGAX CD11c
ITGB1 CD29
ITGB2 CD18
NCAM1 CD56
FCGR3A CD16 CD16a
FCGR3B CD16b
FCGR2A CD32a
FCGR2B CD32b
FCGR1A CD64
FCER2 CD23
B3GAT1 CD57
KLRB1 CD161 NKR-P1A
KLRC1 NKG2A CD159a
KLRC2 NKG2C CD159c
KLRC3 NKG2E
KLRD1 CD94
KLRF1 NKp80
KLRK1 NKG2D CD314
NCR1 NKp46 CD335
NCR2 NKp44 CD336
NCR3 NKp30 CD337
CD226 DNAM-1
CD244 2B4
SLAMF7 CRACC CD319
MS4A1 CD20
CR2 CD21
CR1 CD35
MME CD10 CALLA
SDC1 CD138
TFRC CD71
ENTPD1 CD39
NT5E CD73
IL2RA CD25
IL2RB CD122
IL2RG CD132
IL3RA CD123
IL4R CD124
IL6R CD126
IL6ST GP130 CD130
IL7R CD127
IL15RA CD215
IL21R CD360
IL1R1 CD121a
IL1RL1 ST2
IFNGR1 CD119
CSF1R CD115 M-CSFR
CSF2RA CD116
CSF3R CD114
CSF1 M-CSF
CSF2 GM-CSF
CSF3 G-CSF
KIT CD117 c-Kit
FLT3 CD135
THBD CD141 BDCA-3
CLEC4C CD303 BDCA-2
NRP1 CD304 BDCA-4
CD1C BDCA-1
CLEC9A DNGR1 CD370
CLEC7A DECTIN-1 CD369
CLEC10A CD301
CD209 DC-SIGN
MRC1 CD206
LAMP3 DC-LAMP CD208
LAMP1 CD107a
ANPEP CD13
SIRPA CD172a
SIGLEC1 CD169
FUT4 CD15
CEACAM8 CD66b
CXCR3 CD183
CXCR4 CD184
CXCR5 CD185 BLR1
CXCR6 CD186 BONZO
CCR2 CD192
CCR4 CD194
CCR5 CD195
CCR6 CD196
CCR7 CD197
CCR10 GPR2
CX3CR1 GPR13
CXCL8 IL8
CXCL10 IP-10
CXCL9 MIG
CXCL11 I-TAC
CXCL12 SDF-1
CXCL13 BLC BCA-1
CX3CL1 fractalkine
CCL2 MCP-1
CCL3 MIP-1a MIP-1alpha
CCL4 MIP-1b MIP-1beta
CCL5 RANTES
CCL17 TARC
CCL19 MIP-3b
CCL20 MIP-3a
CCL22 MDC
XCL1 lymphotactin
IFNG IFN-gamma interferon-gamma
IFNB1 IFN-b IFN-beta interferon-beta
IFNL1 IL29
TNF TNF-a TNF-alpha
LTA TNFB
TGFB1 TGF-beta TGFB
IL12RB1 CD212
EBI3 IL27B
AREG amphiregulin
PRF1 perforin
GZMB granzyme-B
GZMA granzyme-A
GZMK granzyme-K
GZMH granzyme-H
GNLY granulysin
TBX21 T-bet
EOMES TBR2
RORC RORgt ROR-gamma-t
PRDM1 BLIMP-1
IKZF1 IKAROS
IKZF2 HELIOS
IKZF3 AIOLOS
ZBTB16 PLZF
ZBTB46 zDC
TCF7 TCF-1
SPI1 PU.1
ZEB2 SIP1
NR4A1 NUR77
TOX KIAA0808
CD3G CD3-gamma
CD3D CD3-delta
CD3E CD3-epsilon
CD247 CD3-zeta CD3Z
CD79A IG-alpha MB-1
CD79B IG-beta B29
TRAC TCRA
TRGC1 TCRG
TRDC TCRD
IGHM IgM
IGHD IgD
IGHA1 IgA
IGHG1 IgG1
IGHE IgE
JCHAIN IGJ
MZB1 pERp1
XBP1 TREB5
TNFAIP3 A20
NCF1 p47phox
CYBB NOX2 gp91phox
LYZ lysozyme
S100A8 MRP8 calgranulin-A
S100A9 MRP14 calgranulin-B
FCGRT FcRn
HLA-DRA HLA-DR
CD74 invariant-chain
B2M beta-2-microglobulin
MKI67 Ki-67
TOP2A TOPO2A
HBB hemoglobin-beta
PPBP CXCL7 NAP-2
PF4 CXCL4
ITGA2B CD41
GP9 CD42a
GP1BA CD42b
FCN1 ficolin-1
VCAN versican
C1QA C1q
IL1B IL-1beta
IL1RN IL-1RA
IL18 IGIF
IL17A IL-17
NLRP3 cryopyrin CIAS1
CGAS MB21D1
RIGI DDX58
IFIH1 MDA5
TLR4 CD284
TLR2 CD282
MX1 MxA
RSAD2 viperin
BST2 tetherin CD317
JAML AMICA1
RIPOR2 FAM65B
CIBAR1 FAM92A
SHTN1 KIAA1598
NSMCE3 NDNL2
PECAM1 CD31
VCAM1 CD106
ICAM1 CD54
SELE E-selectin CD62E
SELP P-selectin CD62P
EPCAM CD326
PROM1 CD133
THY1 CD90
ENG CD105
ALCAM CD166
DPP4 CD26
CD38 ADPRC1
CD27 TNFRSF7
CD70 TNFSF7
CD5 LEU1
CD7 GP40
CD8A CD8
CD4 T4
STING1 TMEM173 STING
"""


def _fold(name: str) -> str:
    """Return a name as it is compared: in capitals, without hyphens, dots and spaces."""
    plain = name.upper().replace("Α", "A").replace("Β", "B").replace("Γ", "G")
    return "".join(character for character in plain if character.isalnum())


def list_groups() -> list[list[str]]:
    """Return the names of each gene, its symbol first."""
    return [line.split() for line in _GROUPS.strip().splitlines()]


def index_aliases(symbols: Iterable[str]) -> dict[str, str]:
    """Return folded other name -> the symbol among `symbols` that it stands for.

    A name that is itself one of `symbols` stands for itself alone.
    """
    own = {_fold(symbol): symbol for symbol in symbols}
    found: dict[str, str] = {}
    for names in list_groups():
        held = next((own[_fold(name)] for name in names if _fold(name) in own), None)
        if held is None:
            continue
        for name in names:
            if _fold(name) not in own:
                found.setdefault(_fold(name), held)
    return found


def official_symbol(text: str) -> str | None:
    """Return the HGNC symbol that a text is a name of, whether or not a store holds the gene."""
    wanted = _fold(text)
    for names in list_groups():
        if any(_fold(name) == wanted for name in names):
            return names[0]
    return None


def find_alias(index: dict[str, str], text: str) -> str | None:
    """Return the symbol that a text is another name of, exactly but for case and hyphens."""
    return index.get(_fold(text))
