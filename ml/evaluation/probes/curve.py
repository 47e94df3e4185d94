"""Learning curves of probes: how well an aspect is told from ever more labelled examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.stats import t as student  # type: ignore[import-untyped]  # ships no types

from ml.evaluation.probes.probe import Examples, Kind, Task, predict, standardized
from ml.evaluation.probes.split import grouped_halves, in_turns
from ml.evaluation.probes.target import Target
from ml.evaluation.statistics.bootstrap import Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SIZES", "Gain", "Point", "Target", "gained", "probe_curve"]

SIZES = (5, 10, 20, 50, 100, 200)
TEST_SHARE = 0.3


@dataclass(frozen=True, eq=False)
class Point:
    """One point of a curve: `scores` on the test halves and `train_scores` on the examples themselves, (repeats,), as
    `Target.score` has them; `chance` is what guessing scores."""

    kind: Kind
    examples: int
    classes: int
    chance: float
    scores: NDArray[np.float64]
    train_scores: NDArray[np.float64]

    @property
    def score(self) -> float:
        return float(self.scores.mean())

    @property
    def interval(self) -> Interval:
        return _over_repeats(self.scores)

    @property
    def gap(self) -> Interval:
        """How much better the probe knows what it learned from: train - test."""
        return _over_repeats(self.train_scores - self.scores)


def probe_curve(
    vectors: NDArray[np.float32],
    target: Target,
    kinds: Sequence[Kind],
    sizes: Sequence[int],
    repeats: int,
    random: np.random.Generator,
    look: Callable[[], None] = lambda: None,
) -> list[Point]:
    """Probes of the unit `vectors` (tracks, dimension), by kind and then by `sizes`, numbers of labelled examples;
    those that the training half does not have are left out. Empty where there are fewer than two classes, or nothing
    varies.

    Each of the `repeats` draws other halves and examples; kinds and, with the same `random`, spaces see the same ones.
    `look` is called before each number of examples; what it raises ends the work.
    """
    rows, truth, classes = target.known()
    task: Task = "tags" if target.tags else "number" if target.numeric else "classes"
    if len(rows) < 2 or (task == "classes" and classes < 2) or not np.ptp(truth, axis=0).any():
        return []
    ready = standardized(vectors)[rows]
    scores: dict[tuple[Kind, int], list[tuple[float, float]]] = {}
    for _ in range(repeats):
        halves = grouped_halves(target.groups[rows], random, TEST_SHARE)
        order = in_turns(truth[halves.train] if task == "classes" else np.zeros(len(halves.train)), random)
        seed = int(random.integers(2**31))
        for size in sizes:
            if size > len(order):
                continue
            look()
            examples = halves.train[order[:size]]
            known = Examples(ready[examples], truth[examples])
            asked = np.concatenate([halves.test, examples])
            for kind in kinds:
                said = predict(kind, task, known, ready[asked], classes, seed)
                on_test = target.score(truth[halves.test], said[: len(halves.test)])
                on_train = target.score(truth[examples], said[len(halves.test) :])
                scores.setdefault((kind, size), []).append((on_test, on_train))
    chance = target.chance(truth, classes)
    return [
        Point(kind, size, classes, chance, *(np.array(each) for each in zip(*scores[kind, size], strict=True)))
        for kind in kinds
        for size in sizes
        if (kind, size) in scores
    ]


class Gain(NamedTuple):
    """A mean difference with its interval and its two-sided `p`, by Student's t; NaN for a single repeat."""

    interval: Interval
    p: float


def gained(points: Sequence[Point], kind: Kind, over: Kind) -> dict[int, Gain]:
    """By examples: how much better `kind` is than `over` on the same halves, as "adapter" than "linear"."""
    found = {(point.kind, point.examples): point for point in points}
    return {
        size: _gain(point.scores - found[over, size].scores)
        for (name, size), point in found.items()
        if name == kind and (over, size) in found
    }


def _gain(differences: NDArray[np.float64]) -> Gain:
    mean, error = float(differences.mean()), _error(differences)
    if np.isnan(error):
        return Gain(_over_repeats(differences), float("nan"))
    if error == 0:
        return Gain(_over_repeats(differences), 1.0 if mean == 0 else 0.0)
    return Gain(_over_repeats(differences), float(2 * student.sf(abs(mean) / error, len(differences) - 1)))


def _over_repeats(values: NDArray[np.float64]) -> Interval:
    """The mean over repeated splits with its interval, by Student's t."""
    mean, error = float(values.mean()), _error(values)
    if np.isnan(error):
        return Interval(mean, float("nan"), float("nan"))
    half = float(student.ppf(0.975, len(values) - 1)) * error
    return Interval(mean, mean - half, mean + half)


def _error(values: NDArray[np.float64]) -> float:
    """The standard error of a mean over repeated splits. These overlap, so that their variance alone would say too
    little: s² (1 / repeats + tested / trained) (Nadeau & Bengio, "Inference for the generalization error", Machine
    Learning 2003), the halves' own shares being taken for all numbers of examples. NaN for a single one."""
    if len(values) < 2:
        return float("nan")
    return float(values.std(ddof=1) * np.sqrt(1 / len(values) + TEST_SHARE / (1 - TEST_SHARE)))
