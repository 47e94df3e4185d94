"""Figures with their intervals, from the values of single cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from domain.experiments import Figure
from ml.evaluation.statistics import bootstrap, comparisons

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.evaluation.statistics.comparisons import Comparison

NOT_DISTINGUISHABLE = "not distinguishable"


class Metric(NamedTuple):
    """What is measured, and at which length of a list; None where it has none."""

    name: str
    k: int | None = None

    @property
    def text(self) -> str:
        return self.name if self.k is None else f"{self.name}@{self.k}"


def number(value: float | None) -> float | None:
    """To six decimals; None for what is no number, which JSON has no word for."""
    return None if value is None or not np.isfinite(value) else round(float(value), 6)


def estimated(
    values: Mapping[Metric, NDArray[np.float64]],
    units: NDArray[np.int64],
    random: np.random.Generator,
    **about: Any,  # Any: what a Figure says besides
) -> list[Figure]:
    """The mean of each metric's `values` (cases,) with its interval; `units` (cases,) are what is drawn together."""
    if not values:
        return []
    table = np.stack(list(values.values()), axis=1)  # (cases, metrics)
    known: list[bool] = np.atleast_1d(np.isfinite(table).any(axis=0)).tolist()
    drawn = bootstrap.means(table, units, random)
    figures = []
    for column, metric in enumerate(values):
        if not known[column]:
            figures.append(Figure(metric=metric.name, k=metric.k, value=None, **about))
            continue
        found = bootstrap.interval(float(np.nanmean(table[:, column])), drawn[:, column])
        figures.append(
            Figure(
                metric=metric.name,
                k=metric.k,
                value=number(found.estimate),
                low=number(found.low),
                high=number(found.high),
                cases=int(np.isfinite(table[:, column]).sum()),
                **about,
            )
        )
    return figures


def compared(
    found: list[Comparison],
    names: Mapping[str, tuple[str | None, str | None]],
    metric: Metric,
    cases: int,
    **about: Any,
) -> list[Figure]:
    """Comparisons as figures: the difference of the left one from the right one. `names` are the space and the strategy
    behind each name."""
    figures = []
    for one in found:
        space, strategy = names[one.left]
        other_space, other_strategy = names[one.right]
        figures.append(
            Figure(
                metric=f"difference of {metric.name}",
                k=metric.k,
                value=number(one.interval.estimate),
                low=number(one.interval.low),
                high=number(one.interval.high),
                cases=cases,
                space=space,
                strategy=strategy,
                config={
                    "left": one.left,
                    "right": one.right,
                    "against_space": other_space,
                    "against_strategy": other_strategy,
                    "p": number(one.p),
                    "adjusted_p": number(one.adjusted_p),
                    "effect": number(one.effect),
                    "verdict": one.verdict,
                },
                **about,
            )
        )
    return figures


def all_pairs(
    values: Mapping[str, NDArray[np.float64]],
    units: NDArray[np.int64],
    random: np.random.Generator,
    together: int = 0,
) -> list[Comparison]:
    """Every pair, with correction for their number; `together` as in `comparisons.compare_all`."""
    return comparisons.compare_all(dict(values), units, random, together=together) if len(values) > 1 else []


def with_chosen(
    chosen: str, values: Mapping[str, NDArray[np.float64]], units: NDArray[np.int64], random: np.random.Generator
) -> list[Comparison]:
    """Each of the others against the one that came out best, corrected for all the pairs that there are."""
    return comparisons.compare_with_chosen(chosen, dict(values), units, random)
