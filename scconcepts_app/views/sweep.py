"""Settings of the dictionary that were tried, and the one that was recommended."""

from __future__ import annotations

from dataclasses import dataclass

from scconcepts_app.store import ConceptStore
from scconcepts_app.store.schema import SWEEP_MEASURES
from scconcepts_app.views.baselines import name_kind
from scconcepts_app.views.numbers import format_count, known_or_none

LEAST_SHARE = 0.9  # what the rule of the recommendation asks for
# Measure -> its name and what it means.
MEASURES = {
    "f1": ("F1", "Held-out F1 of the best single concept of each group, mean over groups. 0 to 1."),
    "explained_variance": (
        "Explained variance",
        "1 - residual / total variance of the embeddings, rebuilt from the concepts.",
    ),
    "probe_accuracy": (
        "Probe accuracy",
        "Share of a group's held-out cells that a logistic regression on all concepts finds, mean "
        "over groups.",
    ),
    "stability": ("Stability", "Mean over concepts, 0 to 1."),
}


@dataclass(frozen=True)
class Setting:
    """One setting and what it gave; None is unknown."""

    variant: str
    expansion: float
    k: int
    n_latents: int
    n_concepts: float
    values: dict[str, float | None]
    is_chosen: bool
    is_shown: bool

    @property
    def name(self) -> str:
        """The setting in a few words."""
        return f"{self.variant} {self.expansion:g}× k{self.k}"


@dataclass(frozen=True)
class SweepView:
    """All settings of a sweep, and its recommendation in words."""

    settings: list[Setting]
    measures: list[str]
    reason: str
    explanation: str


def read_sweep(store: ConceptStore) -> SweepView | None:
    """Return the sweep of a store; None where there is none."""
    if not store.manifest.sweeps:
        return None
    info = store.manifest.sweeps[0]
    folder = f"sweep/{info.key}"
    columns = {name: store.array(f"{folder}/{name}").tolist() for name in (*_SETTING, *_MEASURED)}
    shown = _shown(store)
    settings = []
    for i, code in enumerate(columns["variant"]):
        variant, k, n_latents = info.variants[code], columns["k"][i], columns["n_latents"][i]
        settings.append(
            Setting(
                variant=variant,
                expansion=columns["expansion"][i],
                k=k,
                n_latents=n_latents,
                n_concepts=columns["n_concepts"][i],
                values={name: known_or_none(columns[name][i]) for name in _MEASURED},
                is_chosen=i == info.chosen,
                is_shown=shown == (variant, n_latents, k),
            )
        )
    known = [m for m in MEASURES if any(s.values[m] is not None for s in settings)]
    return SweepView(settings, known, info.reason, _explain(info))


_SETTING = ("variant", "expansion", "k", "n_latents", "n_concepts")
_MEASURED = SWEEP_MEASURES


def _shown(store: ConceptStore) -> tuple[str, int, int] | None:
    """Return variant, number of latents and k of the store's own dictionary, where it tells."""
    config = store.manifest.provenance.get("config")
    asked = config.get("dictionary") if isinstance(config, dict) else None
    n_latents = store.manifest.dictionary.get("n_latents")
    if not isinstance(asked, dict) or not {"variant", "k"} <= asked.keys() or n_latents is None:
        return None
    return asked["variant"], n_latents, asked["k"]


def _explain(info) -> str:
    text = (
        f"{format_count(info.n_cells)} cells; for each setting two sets of {info.n_seeds} seeds. "
        "A concept comes back when the other seeds have one whose activation correlates at .7 or "
        "more with its own. Numbers are means over both sets."
    )
    if info.kind:
        text += f" Groups: {name_kind(info.kind)}, other {info.held_out} held out."
    return text
