"""How much better one is than another on the same cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ml.evaluation.statistics.bootstrap import AT_A_TIME, RESAMPLES, Interval, Units, bootstrap, gather

if TYPE_CHECKING:
    from numpy.typing import NDArray

PERMUTATIONS = 9999
# What rounding can make of two sums of the same numbers in another order.
ROUNDING = 1e-12


class Difference(NamedTuple):
    """`interval` of the mean of left - right; `p`, two-sided, of the permutation test; `effect`, Cohen's d_z: the mean
    difference of a unit / its standard deviation over units, NaN where all differ alike."""

    interval: Interval
    p: float
    effect: float


def compare(
    left: NDArray[np.float64],
    right: NDArray[np.float64],
    units: NDArray[np.int64],
    random: np.random.Generator,
    resamples: int = RESAMPLES,
) -> Difference:
    """`left` against `right`, both (cases,), on the same cases. Where either is not a number, the case is left out.

    `units` (cases,) are drawn for the interval, and change sides in the permutation test: users, or the cases
    themselves.
    """
    differences = left - right
    found = bootstrap(differences, units, random, resamples)
    gathered = gather(differences[:, None], units)
    return Difference(found, float(sign_flip(gathered, random)[0]), float(effects(gathered)[0]))


def sign_flip(gathered: Units, random: np.random.Generator, permutations: int = PERMUTATIONS) -> NDArray[np.float64]:
    """(columns,): two-sided p-values of mean differences 0 (Fisher's randomization test; Smucker et al., "A comparison
    of statistical significance tests for information retrieval evaluation", CIKM 2007).

    Were there no difference, each unit's could as well have the other sign: p = (1 + permutations whose |Σ| is as
    large) / (1 + permutations). All columns see the same signs.
    """
    seen = np.abs(gathered.totals.sum(axis=0))
    scale = np.abs(gathered.totals).sum(axis=0)
    units = len(gathered.totals)
    as_large = np.ones(gathered.totals.shape[1])
    step = max(1, AT_A_TIME // max(units, len(seen), 1))
    for start in range(0, permutations, step):
        rows = min(step, permutations - start)
        signs = random.integers(2, size=(rows, units), dtype=np.int8) * 2.0 - 1.0
        as_large += (np.abs(signs @ gathered.totals) >= seen - ROUNDING * scale).sum(axis=0)
    return as_large / (1 + permutations)


def effects(gathered: Units) -> NDArray[np.float64]:
    """(columns,): Cohen's d_z over the units that have a value."""
    found = np.full(gathered.totals.shape[1], np.nan)
    for column in range(len(found)):
        there = gathered.counts[:, column] > 0
        each = gathered.totals[there, column] / gathered.counts[there, column]
        deviation = each.std(ddof=1) if len(each) > 1 else 0.0
        if len(each) and not each.any():
            found[column] = 0.0
        elif deviation > ROUNDING * np.abs(each).max(initial=0.0):
            found[column] = each.mean() / deviation
    return found
