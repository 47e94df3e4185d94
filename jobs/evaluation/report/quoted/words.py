"""Markdown, and what its tables have in common."""

from __future__ import annotations

from collections.abc import Sequence

from domain.experiments import Figure
from jobs.evaluation.report.findings import turned, way_name
from jobs.evaluation.report.text import value_text, with_interval

NOT_DISTINGUISHABLE = "not distinguishable"
SCENARIOS = ("hot", "cold", "cold among cold", "repeated")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; "None." without rows."""
    lines = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + "\n" if rows else "None.\n"


def way_of(one: Figure) -> str:
    """Strategy and space."""
    return way_name(one.strategy or "", one.space)


def order_of(one: Figure) -> tuple[str, str]:
    """The names of a comparison, the higher one first."""
    left, right = str(one.config["left"]), str(one.config["right"])
    return (left, right) if (one.value or 0.0) >= 0 else (right, left)


def upright(one: Figure) -> Figure:
    """The comparison, so that it is above zero."""
    return one if (one.value or 0.0) >= 0 else turned(one)


def p_text(one: Figure) -> str:
    """The corrected p."""
    p = one.config["adjusted_p"]
    return "< .001" if p is not None and p < 0.001 else value_text(p)


def told_apart(of: str, compared: Sequence[tuple[str, Figure]]) -> str:
    """Those of the comparisons, each with what it is of, whose sides can be told apart, and how many those are. `of`
    heads the first column."""
    rows = [
        [what, f"{order_of(one)[0]} over {order_of(one)[1]}", with_interval(upright(one)), p_text(one)]
        for what, one in compared
        if one.config["verdict"] != NOT_DISTINGUISHABLE
    ]
    told = f"\nTold apart: {len(rows)} of {len(compared)} pairs; the others are {NOT_DISTINGUISHABLE}.\n"
    return table([of, "better", "by", "p, corrected"], rows) + told


def value_of(one: Figure | None) -> float:
    """0 for nothing."""
    return 0.0 if one is None or one.value is None else one.value


def number_of(one: Figure | None) -> float | None:
    """None for nothing."""
    return None if one is None else one.value
