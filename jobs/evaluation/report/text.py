"""Figures, tables and paragraphs as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from domain.experiments import Figure

NOTHING = "–"


def value_text(value: float | None, digits: int = 3) -> str:
    """ ".479", "1.000", "−.020": as the field writes figures between −1 and 1."""
    if value is None:
        return NOTHING
    text = f"{abs(value):.{digits}f}"
    text = text.removeprefix("0") if abs(value) < 1 and digits else text
    return f"−{text}" if value < 0 and text.strip(".0") else text


def with_interval(one: Figure | None, digits: int = 3) -> str:
    """ ".479 (.451 to .507)"."""
    if one is None or one.value is None:
        return NOTHING
    if one.low is None or one.high is None:
        return value_text(one.value, digits)
    return f"{value_text(one.value, digits)} ({value_text(one.low, digits)} to {value_text(one.high, digits)})"


def cell(one: Figure | None, digits: int = 3) -> str:
    """A figure with its interval below, as the content of a cell."""
    if one is None or one.value is None:
        return NOTHING
    text = value_text(one.value, digits)
    if one.low is None or one.high is None:
        return text
    return f"{text}<small>{value_text(one.low, digits)} to {value_text(one.high, digits)}</small>"


def duration_text(seconds: float | None) -> str:
    if seconds is None:
        return NOTHING
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def paragraph(text: str) -> str:
    """`text` is HTML."""
    return f"<p>{text}</p>"


def items(lines: Iterable[str]) -> str:
    """A list; lines are HTML."""
    return "<ul>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul>"


def table(caption: str, header: Sequence[str], rows: Sequence[Sequence[str]], *, note: str = "") -> str:
    """A table whose first column names its rows. Cells are HTML; caption and header are text."""
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>' + "".join(f"<td>{one}</td>" for one in row[1:]) + "</tr>" for row in rows
    )
    below = f'<p class="note">{note}</p>' if note else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{below}"
    )


def folded(summary: str, content: str) -> str:
    """What only some want to read; printed open."""
    return f"<details><summary>{escape(summary)}</summary>{content}</details>" if content else ""


def section(key: str, title: str, *parts: str) -> str:
    inner = "".join(part for part in parts if part)
    return f'<section id="{key}"><h2>{escape(title)}</h2>{inner}</section>' if inner else ""


def heading(text: str) -> str:
    return f"<h3>{escape(text)}</h3>"


def strong(text: str) -> str:
    return f"<strong>{escape(text)}</strong>"


def listed(names: Sequence[str]) -> str:
    """ "a, b and c"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
