"""Several spaces or strategies on the same cases, each against each or all against one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np

from ml.evaluation.statistics.bootstrap import RESAMPLES, Interval, gather, interval, means
from ml.evaluation.statistics.holm import holm
from ml.evaluation.statistics.paired import PERMUTATIONS, effects, sign_flip

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALPHA = 0.05
# So many permutations for each comparison: corrected for all, the least p that can come out is a hundredth.
FOR_EACH = 100

Verdict = Literal["better", "worse", "not distinguishable"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left` - `right`: the `interval` of the mean difference, the permutation test's `p` and, corrected for all
    comparisons that were made together, `adjusted_p`; `effect` is Cohen's d_z, NaN where all differ alike."""

    left: str
    right: str
    interval: Interval
    p: float
    adjusted_p: float
    effect: float

    @property
    def verdict(self) -> Verdict:
        """What may be said of `left`. An interval that includes zero, or a difference that many comparisons explain, is
        no difference."""
        if self.interval.includes_zero or self.adjusted_p >= ALPHA:
            return "not distinguishable"
        return "better" if self.interval.estimate > 0 else "worse"


def compare_all(
    values: Mapping[str, NDArray[np.float64]],
    units: NDArray[np.int64],
    random: np.random.Generator,
    resamples: int = RESAMPLES,
    together: int = 0,
) -> list[Comparison]:
    """Every pair of the named `values` (cases,), in their order. `units` as in `paired.compare`; `together` is how many
    comparisons will be corrected together, where those are more (`corrected_together`)."""
    return _compare(list(combinations(values, 2)), values, units, random, resamples, together)


def compare_with(
    reference: str,
    values: Mapping[str, NDArray[np.float64]],
    units: NDArray[np.int64],
    random: np.random.Generator,
    resamples: int = RESAMPLES,
) -> list[Comparison]:
    """All others of the named `values` (cases,) against the `reference` among them, which was named before anything was
    measured."""
    return _compare([(name, reference) for name in values if name != reference], values, units, random, resamples)


def compare_with_chosen(
    chosen: str,
    values: Mapping[str, NDArray[np.float64]],
    units: NDArray[np.int64],
    random: np.random.Generator,
    resamples: int = RESAMPLES,
) -> list[Comparison]:
    """All others of the named `values` (cases,) against the one that these values chose, such as the best.

    Luck helped to choose it, so each comparison is corrected for all the pairs that there are: with other luck, any of
    them might have been asked for.
    """
    names = [chosen, *(name for name in values if name != chosen)]
    # Pairs of the chosen one come first: only these are of interest, but all count.
    found = _compare([(later, earlier) for earlier, later in combinations(names, 2)], values, units, random, resamples)
    return found[: len(names) - 1]


def corrected_together(families: Sequence[Sequence[Comparison]]) -> list[list[Comparison]]:
    """The same comparisons, each corrected for all of all `families`: what one table or one sentence counts up."""
    adjusted = iter(holm(np.array([one.p for family in families for one in family])).tolist())
    return [[replace(one, adjusted_p=next(adjusted)) for one in family] for family in families]


def _compare(
    pairs: Sequence[tuple[str, str]],
    values: Mapping[str, NDArray[np.float64]],
    units: NDArray[np.int64],
    random: np.random.Generator,
    resamples: int,
    together: int = 0,
) -> list[Comparison]:
    if not pairs:
        return []
    differences = np.stack([values[left] - values[right] for left, right in pairs], axis=1)  # (cases, pairs)
    gathered = gather(differences, units)
    resampled = means(differences, units, random, resamples)
    p = sign_flip(gathered, random, max(PERMUTATIONS, FOR_EACH * max(len(pairs), together) - 1))
    counts = gathered.counts.sum(axis=0)
    estimates = np.where(counts > 0, gathered.totals.sum(axis=0) / np.maximum(counts, 1), np.nan)
    found = zip(pairs, estimates, resampled.T, p, holm(p), effects(gathered), strict=True)
    return [
        Comparison(left, right, interval(float(estimate), drawn), float(raw), float(adjusted), float(effect))
        for (left, right), estimate, drawn, raw, adjusted, effect in found
    ]
