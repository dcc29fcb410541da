"""The report of a sweep: one HTML file with its figures in it, for any browser, light or dark."""

from __future__ import annotations

from html import escape
from pathlib import Path

from precompute.html import make_document, make_table, number, share
from precompute.sweep.plot import draw_points
from precompute.sweep.result import REPORT, Sweep
from precompute.whole_file import write_whole

# Heading, what it means, and the text of a point.
_COLUMNS = (
    ("setting", "variant, latents for each dimension of the embedding, and k", lambda p: p.name),
    ("latents", "of each autoencoder", lambda p: f"{p.n_latents:,}"),
    ("concepts", "found by one half of the seeds, mean of both", lambda p: f"{p.n_concepts:g}"),
    (
        "come back",
        "share of the concepts with a partner in the other half (activation correlation >= .7)",
        lambda p: share(p.come_back),
    ),
    ("stability", "mean over concepts, 0 to 1", lambda p: number(p.stability)),
    (
        "explained variance",
        "of the embeddings, rebuilt from the concepts",
        lambda p: number(p.explained_variance),
    ),
    ("dead", "share of the latents that no cell activates", lambda p: share(p.dead)),
    (
        "F1",
        "best single concept of each group, on held-out cells, mean over groups",
        lambda p: number(p.f1),
    ),
    ("± error", "standard error of that mean, from the folds", lambda p: number(p.f1_error)),
    (
        "probe AUROC",
        "of a logistic regression on all concepts, held-out, mean over groups",
        lambda p: number(p.probe_auroc),
    ),
    (
        "probe accuracy",
        "share of a group's held-out cells that the regression finds, mean over groups",
        lambda p: number(p.probe_accuracy),
    ),
)


def write_report(sweep: Sweep, folder: Path) -> None:
    """Write ``report.html`` into a folder: wholly, or not at all."""
    with write_whole(folder / REPORT) as path:
        path.write_text(make_report(sweep), encoding="utf-8")


def make_report(sweep: Sweep) -> str:
    """Return the page: the recommendation, two figures, the table and how it was measured."""
    title = f"Sweep of {sweep.source}"
    figures = [
        draw_points(sweep, "explained_variance", "explained variance"),
        draw_points(sweep, "f1", f"held-out F1, {sweep.kind}") if sweep.kind else "",
    ]
    skipped = "".join(f"<li>{escape(text)}</li>" for text in sweep.skipped)
    return make_document(
        title,
        [
            f"<h1>{escape(title)}</h1>",
            f"<p>{escape(_describe_cells(sweep))}</p>",
            f"<h2>Recommended: {escape(_recommended(sweep))}</h2>",
            f"<p>{escape(sweep.reason)}</p>",
            *figures,
            "<h2>All settings</h2>",
            _make_table(sweep),
            f"<h2>Left out</h2><ul>{skipped}</ul>" if skipped else "",
            f"<h2>How it was measured</h2><p class='muted'>{escape(_describe_method(sweep))}</p>",
        ],
    )


def _recommended(sweep: Sweep) -> str:
    if sweep.chosen < 0:
        return "none of these"
    return sweep.points[sweep.chosen].name


def _describe_cells(sweep: Sweep) -> str:
    cells = f"{sweep.n_cells:,} cells"
    if sweep.n_cells < sweep.n_cells_in_all:
        cells += f", drawn at random from {sweep.n_cells_in_all:,}"
    return f"{cells}; {len(sweep.points)} settings of {2 * sweep.n_seeds} seeds each."


def _describe_method(sweep: Sweep) -> str:
    text = (
        f"For each setting {2 * sweep.n_seeds} autoencoders were trained for {sweep.epochs} "
        f"epochs. The first {sweep.n_seeds} gave one set of concepts, the others a second one; "
        "numbers are means over both. Trainings saw all cells."
    )
    if sweep.kind:
        text += (
            f" Groups are those of {sweep.kind}; unit, threshold and regression were chosen on "
            f"some {sweep.held_out} and measured on others."
        )
    return text + " docs/dictionary.md states the rule of the recommendation."


def _make_table(sweep: Sweep) -> str:
    heads = [(name, meaning) for name, meaning, _ in _COLUMNS]
    rows = [[say(point) for _, _, say in _COLUMNS] for point in sweep.points]
    return make_table(heads, rows, sweep.chosen)
