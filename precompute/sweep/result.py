"""What a sweep found, as plain data, and the file it is kept in."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from precompute.errors import InputError, fault
from precompute.records import parse_record
from precompute.whole_file import write_whole

RESULT = "sweep.json"
REPORT = "report.html"


@dataclass(frozen=True)
class Point:
    """One setting and what it gave; means over the two halves of the seeds. None is unknown.

    Attributes
    ----------
    variant, expansion, k, n_latents : the setting.
    n_concepts : concepts of a half of the seeds.
    come_back : share of the concepts of either half that have a partner in the other.
    stability : mean over concepts.
    explained_variance : of the embeddings rebuilt from the concepts.
    dead : share of the latents that no cell activates, mean over seeds.
    f1, f1_error : held-out best F1, mean over the finest groups, and its standard error.
    probe_auroc, probe_accuracy : of a linear probe on all concepts, mean over these groups.
    """

    variant: str
    expansion: float
    k: int
    n_latents: int
    n_concepts: float
    come_back: float | None = None
    stability: float | None = None
    explained_variance: float | None = None
    dead: float | None = None
    f1: float | None = None
    f1_error: float | None = None
    probe_auroc: float | None = None
    probe_accuracy: float | None = None

    @property
    def name(self) -> str:
        """The setting in a few words."""
        return f"{self.variant} {self.expansion:g}x k{self.k}"


@dataclass(frozen=True)
class Sweep:
    """All points of a sweep, and the one that the rule recommends.

    Attributes
    ----------
    source : what was swept.
    n_cells, n_cells_in_all : cells that took part, and those there are.
    n_seeds : seeds of each half.
    epochs : of every training.
    kind : division of the cells that F1 is of; empty without labels.
    held_out : donors or cells; empty without labels.
    fingerprint : of cells, labels and options: points of equal fingerprints belong together.
    skipped : settings that are impossible for these cells, in sentences.
    points : in the order of the grid.
    chosen : index of the recommended point; -1 where no setting gave any concept.
    reached : whether it comes back as surely as is asked.
    reason : the recommendation in words.
    """

    source: str
    n_cells: int
    n_cells_in_all: int
    n_seeds: int
    epochs: int
    kind: str
    held_out: str
    fingerprint: str
    skipped: list[str] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    chosen: int = -1
    reached: bool = False
    reason: str = ""


def known(value: float) -> float | None:
    """Return a number, or None for one that is not finite: JSON has no NaN."""
    return float(value) if math.isfinite(value) else None


def write_sweep(sweep: Sweep, folder: Path) -> None:
    """Write ``sweep.json`` into a folder: wholly, or not at all."""
    with write_whole(folder / RESULT) as path:
        path.write_text(json.dumps(asdict(sweep), indent=1, allow_nan=False), encoding="utf-8")


def read_sweep(folder: Path) -> Sweep:
    """Return the sweep in a folder.

    Raises
    ------
    InputError
        There is none, or it is damaged.
    """
    path = folder / RESULT
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise fault(
            path,
            f"cannot be read ({getattr(error, 'strerror', None) or error})",
            "the folder of a finished sweep",
            "Run `python -m precompute sweep` with --out, or correct the name.",
        ) from error
    return _parse(raw, path)


def _parse(raw: Any, path: Path) -> Sweep:
    faults: list[str] = []
    if not isinstance(raw, dict) or set(raw) != {entry.name for entry in fields(Sweep)}:
        raise _damaged(path, "other keys")
    points = []
    for i, item in enumerate(raw["points"] if isinstance(raw["points"], list) else []):
        plain = {name: value for name, value in item.items() if value is not None}
        try:
            points.append(parse_record(Point, plain, f"points[{i}].", faults))
        except TypeError:
            faults.append(f"points[{i}]: keys are missing")
    if faults or not -1 <= raw["chosen"] < len(points):
        raise _damaged(path, faults[0] if faults else "another point was chosen than there are")
    return Sweep(**{**raw, "points": points})


def _damaged(path: Path, found: str) -> InputError:
    return fault(path, found, "what `sweep` wrote", "Run the sweep again.")
