"""Plots as SVG inside the page: intervals side by side, and curves. Colours are the page's own, for light and dark."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

from jobs.evaluation.report.text import value_text

WIDTH = 760
ROW = 22
LABEL = 270
SERIES = 10
# A value to where it lies in the picture.
Scale = Callable[[float], float]

DASHES = ("", "6 3", "2 3", "8 3 2 3", "", "6 3", "2 3", "8 3 2 3", "", "6 3")


class Estimate(NamedTuple):
    """A point with its interval; the ends are None where there is none."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    strong: bool = False


class Curve(NamedTuple):
    """A line with its points: x, value, low, high."""

    name: str
    points: Sequence[tuple[float, float, float | None, float | None]]


def intervals(title: str, rows: Sequence[Estimate], *, line: float | None = None) -> str:
    """One line for each estimate, its interval as a bar; `line` is drawn through, such as chance."""
    if not rows:
        return ""
    low, high = _range([value for row in rows for value in (row.value, row.low, row.high, line) if value is not None])
    height = ROW * len(rows) + 34
    right = WIDTH - 60

    def x(value: float) -> float:
        return LABEL + (value - low) / (high - low) * (right - LABEL)

    parts = [_grid(low, high, x, height)]
    if line is not None:
        parts.append(f'<line class="chance" x1="{x(line):.1f}" x2="{x(line):.1f}" y1="4" y2="{height - 26}"/>')
    for number, row in enumerate(rows):
        y = 14 + ROW * number
        kind = "c0" if row.strong else "plain"
        if row.low is not None and row.high is not None:
            parts.append(f'<line class="bar {kind}" x1="{x(row.low):.1f}" x2="{x(row.high):.1f}" y1="{y}" y2="{y}"/>')
        parts.append(f'<circle class="dot {kind}" cx="{x(row.value):.1f}" cy="{y}" r="4"/>')
        parts.append(f'<text class="label" x="{LABEL - 12}" y="{y + 4}" text-anchor="end">{escape(row.label)}</text>')
        parts.append(
            f'<text class="value" x="{WIDTH - 4}" y="{y + 4}" text-anchor="end">{value_text(row.value)}</text>'
        )
    return _svg(title, height, parts)


def curves(
    title: str, lines: Sequence[Curve], across: str, up: str, *, logarithmic: bool = False, shares: bool = False
) -> str:
    """Lines over a shared x, each with its interval as a band, told apart by colour, dashes and name; nothing where
    there is but one x. `shares` are shown in per cent."""
    known = [line for line in lines if line.points]
    lines = known[:SERIES]
    if not lines:
        return ""
    if len(known) > SERIES:
        title = f"{title} (the first {SERIES} of {len(known)})"
    height, left, top, bottom, right = 300, 56, 14, 262, WIDTH - 190
    xs = sorted({point[0] for line in lines for point in line.points})
    if len(xs) < 2:
        return ""
    low, high = _range([value for line in lines for point in line.points for value in point[1:] if value is not None])
    first, last = (math.log(xs[0]), math.log(xs[-1])) if logarithmic else (xs[0], xs[-1])

    def x(value: float) -> float:
        place = math.log(value) if logarithmic else value
        return left + 10 + ((place - first) / (last - first) if last > first else 0.5) * (right - left - 20)

    def y(value: float) -> float:
        return bottom - (value - low) / (high - low) * (bottom - top)

    parts = [_levels(low, high, y, left, right)]
    for value in xs:
        text = f"{value:.0%}" if shares else f"{value:,.0f}"
        parts.append(f'<text class="tick" x="{x(value):.1f}" y="{bottom + 16}" text-anchor="middle">{text}</text>')
    ends = _spread([y(line.points[-1][1]) for line in lines], 15.0, top, bottom)
    for number, (line, end) in enumerate(zip(lines, ends, strict=True)):
        band = [point for point in line.points if point[2] is not None and point[3] is not None]
        if len(band) > 1:
            upper = " ".join(f"{x(p[0]):.1f},{y(p[3] or 0):.1f}" for p in band)
            lower = " ".join(f"{x(p[0]):.1f},{y(p[2] or 0):.1f}" for p in reversed(band))
            parts.append(f'<polygon class="band c{number}" points="{upper} {lower}"/>')
        path = " ".join(f"{x(p[0]):.1f},{y(p[1]):.1f}" for p in line.points)
        parts.append(f'<polyline class="line c{number}" stroke-dasharray="{DASHES[number]}" points="{path}"/>')
        parts += [f'<circle class="dot c{number}" cx="{x(p[0]):.1f}" cy="{y(p[1]):.1f}" r="3"/>' for p in line.points]
        last_y = y(line.points[-1][1])
        last_x = x(line.points[-1][0])
        parts.append(
            f'<line class="leader" x1="{last_x + 5:.1f}" y1="{last_y:.1f}" x2="{right + 12}" y2="{end:.1f}"/>'
            f'<text class="name c{number}" x="{right + 16}" y="{end + 4:.1f}">{escape(line.name)}</text>'
        )
    parts.append(
        f'<text class="axis" x="{(left + right) / 2}" y="{height - 4}" text-anchor="middle">{escape(across)}</text>'
    )
    parts.append(
        f'<text class="axis" transform="translate(14 {(top + bottom) / 2}) rotate(-90)" text-anchor="middle">'
        f"{escape(up)}</text>"
    )
    return _svg(title, height, parts)


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {WIDTH} {height:.0f}" role="img"'
        f' aria-label="{escape(title)}. The same figures are in the tables."><title>{escape(title)}</title>'
        f"{''.join(parts)}</svg></figure>"
    )


def _range(values: Sequence[float]) -> tuple[float, float]:
    """From zero, or below it, to a little over the highest."""
    low, high = min(0.0, *values), max(0.0, *values)
    step = tick(low, high)
    return math.floor(low / step) * step, math.ceil((high or step) / step) * step


def tick(low: float, high: float) -> float:
    """A round distance that gives some five ticks."""
    rough = max(high - low, 1e-6) / 5
    power = float(10 ** math.floor(math.log10(rough)))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= rough)


def _ticks(low: float, high: float) -> list[float]:
    step = tick(low, high)
    return [low + step * number for number in range(round((high - low) / step) + 1)]


def _tick_text(value: float, step: float) -> str:
    """With as many digits as tell it from its neighbours."""
    return value_text(value, max(0, -math.floor(math.log10(step) + 1e-9))) if abs(value) > step / 2 else "0"


def _grid(low: float, high: float, x: Scale, height: float) -> str:
    step = tick(low, high)
    return "".join(
        f'<line class="grid" x1="{x(v):.1f}" x2="{x(v):.1f}" y1="4" y2="{height - 26}"/>'
        f'<text class="tick" x="{x(v):.1f}" y="{height - 10}" text-anchor="middle">{_tick_text(v, step)}</text>'
        for v in _ticks(low, high)
    )


def _levels(low: float, high: float, y: Scale, left: float, right: float) -> str:
    step = tick(low, high)
    return "".join(
        f'<line class="grid" x1="{left}" x2="{right}" y1="{y(v):.1f}" y2="{y(v):.1f}"/>'
        f'<text class="tick" x="{left - 6}" y="{y(v) + 4:.1f}" text-anchor="end">{_tick_text(v, step)}</text>'
        for v in _ticks(low, high)
    )


def _spread(places: Sequence[float], apart: float, top: float, bottom: float) -> list[float]:
    """The places, moved as little as need be to stand `apart`."""
    order = sorted(range(len(places)), key=lambda one: places[one])
    found = list(places)
    for earlier, later in pairwise(order):
        found[later] = max(found[later], found[earlier] + apart)
    beyond = max(0.0, max(found) - bottom - 6)
    return [place - beyond for place in found]
