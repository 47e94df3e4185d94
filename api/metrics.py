"""Counters and histograms of one process, in Prometheus' text format.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Upper ends in seconds: a panel takes milliseconds, and nothing runs longer than its statements may.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

Labels = tuple[str, ...]


class Counter:
    """Goes up only. One number for each combination of label values; whoever counts sees to it that there are few."""

    kind = "counter"

    def __init__(self, name: str, description: str, labels: Labels = ()) -> None:
        self.name, self.description, self.labels = name, description, labels
        self.values: dict[Labels, float] = {}

    def add(self, *values: str, amount: float = 1) -> None:
        self.values[values] = self.values.get(values, 0) + amount

    def samples(self) -> Iterator[str]:
        for values, number in self.values.items():
            yield sample(self.name, dict(zip(self.labels, values, strict=True)), number)


class Histogram:
    """How often a value was at most each of `bounds`, how many there were, and their sum."""

    kind = "histogram"

    def __init__(self, name: str, description: str, labels: Labels = (), bounds: Sequence[float] = SECONDS) -> None:
        self.name, self.description, self.labels, self.bounds = name, description, labels, bounds
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}

    def add(self, *values: str, amount: float) -> None:
        counts = self._counts.get(values)
        if counts is None:
            counts = self._counts[values] = [0] * (len(self.bounds) + 1)
            self._sums[values] = 0.0
        counts[bisect_left(self.bounds, amount)] += 1
        self._sums[values] += amount

    def samples(self) -> Iterator[str]:
        ends = [*(f"{bound:g}" for bound in self.bounds), "+Inf"]
        for values, counts in self._counts.items():
            labels = dict(zip(self.labels, values, strict=True))
            for end, count in zip(ends, accumulate(counts), strict=True):
                yield sample(f"{self.name}_bucket", labels | {"le": end}, count)
            yield sample(f"{self.name}_sum", labels, self._sums[values])
            yield sample(f"{self.name}_count", labels, sum(counts))


class Gauge:
    """Values read at this moment, with the labels of each."""

    kind = "gauge"

    def __init__(self, name: str, description: str, values: Iterable[tuple[Mapping[str, str], float]]) -> None:
        self.name, self.description = name, description
        self._values = list(values)

    def samples(self) -> Iterator[str]:
        for labels, number in self._values:
            yield sample(self.name, labels, number)


def gauge(name: str, description: str, value: float) -> Gauge:
    """One value without labels."""
    return Gauge(name, description, [({}, value)])


def exposed(metrics: Iterable[Counter | Histogram | Gauge]) -> str:
    """All of them as one text."""
    lines: list[str] = []
    for metric in metrics:
        lines += [f"# HELP {metric.name} {metric.description}", f"# TYPE {metric.name} {metric.kind}"]
        lines += metric.samples()
    return "\n".join(lines) + "\n"


def sample(name: str, labels: Mapping[str, str], number: float) -> str:
    """One line of the text."""
    inside = ",".join(f'{label}="{_escaped(value)}"' for label, value in labels.items())
    return f"{name}{{{inside}}} {number:.15g}" if inside else f"{name} {number:.15g}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
