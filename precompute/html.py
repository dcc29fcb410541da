"""Parts of a report in one HTML file: page, tables, numbers. Names no host, runs no script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

STYLE = """
:root { color-scheme: light dark; --text: #1b2330; --muted: #566174; --line: #d9dee6;
  --ground: #ffffff; --a: #0072b2; --b: #d55e00; --c: #00805a; }
@media (prefers-color-scheme: dark) { :root { --text: #e7ebf2; --muted: #a3aebf; --line: #2f3846;
  --ground: #171c24; --a: #56b4e9; --b: #f0894a; --c: #35c494; } }
body { max-width: 1200px; margin: 24px auto; padding: 0 20px; background: var(--ground);
  color: var(--text); font: 14px/1.5 system-ui, sans-serif; }
p { max-width: 90ch; }
figure { display: inline-block; width: 520px; max-width: 100%; margin: 0 16px 12px 0; }
figcaption, .muted { color: var(--muted); }
.table { overflow-x: auto; margin-bottom: 12px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 8px; border-bottom: 1px solid var(--line); text-align: right;
  white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
table.wraps th, table.wraps td { white-space: normal; min-width: 90px; text-align: left;
  vertical-align: top; }
tr.chosen td { font-weight: 600; }
"""
NOTHING = "—"


def make_document(title: str, body: Sequence[str], style: str = "") -> str:
    """Return a whole page; `title` is text, `body` holds HTML."""
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title><style>{STYLE}{style}</style></head><body>"
    )
    return "\n".join([head, *body, "</body></html>\n"])


def make_table(
    heads: Sequence[tuple[str, str]],
    rows: Sequence[Sequence[str]],
    chosen: int = -1,
    n_left: int = 1,
    wraps: bool = False,
) -> str:
    """Return a table of texts.

    Parameters
    ----------
    heads : for each column its name, and what it means, which appears where the pointer rests.
    rows : texts, as many as there are columns.
    chosen : the row that stands out, -1 for none.
    n_left : columns of words, at the left.
    wraps : whether all are words that may break into lines.
    """
    top = "".join(
        f'<th scope="col" title="{escape(meaning)}"{_left(i, n_left)}>{escape(name)}</th>'
        for i, (name, meaning) in enumerate(heads)
    )
    lines = []
    for number, row in enumerate(rows):
        cells = "".join(f"<td{_left(i, n_left)}>{escape(text)}</td>" for i, text in enumerate(row))
        lines.append(f"<tr{' class=chosen' if number == chosen else ''}>{cells}</tr>")
    kind = " class=wraps" if wraps else ""
    return f'<div class="table"><table{kind}><tr>{top}</tr>{"".join(lines)}</table></div>'


def _left(column: int, n_left: int) -> str:
    return ' style="text-align:left"' if 0 < column < n_left else ""


def number(value: float | None, digits: int = 3) -> str:
    """Return a number in words, a dash where it is not known."""
    return NOTHING if value is None else f"{value:.{digits}f}"


def share(value: float | None) -> str:
    """Return a share in percent, a dash where it is not known."""
    return NOTHING if value is None else f"{value:.0%}"


def signed_share(value: float) -> str:
    """Return a difference of shares in percent, with its sign unless it rounds to 0."""
    return f"{round(100 * value):+d}%" if round(100 * value) else "0%"


def count(value: int | None) -> str:
    """Return a whole number with its thousands apart, a dash where it is not known."""
    return NOTHING if value is None else f"{value:,}"
