"""Probes on spaces that hold what they are asked for, or do not."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import t as student

from ml.evaluation.probes.curve import Point, Target, gained, probe_curve
from ml.evaluation.probes.probe import Examples, Kind, predict, standardized

KINDS: tuple[Kind, ...] = get_args(Kind)
TRACKS = 300


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def kind_of_track() -> NDArray[np.int64]:
    return np.random.default_rng(0).integers(5, size=TRACKS)


@pytest.fixture(scope="module")
def pieces() -> NDArray[np.int64]:
    return np.random.default_rng(1).integers(150, size=TRACKS)


@pytest.fixture(scope="module")
def vectors(kind_of_track: NDArray[np.int64]) -> NDArray[np.float32]:
    """Five directions of ten, and noise."""
    random = np.random.default_rng(2)
    return unit(3 * np.eye(10)[kind_of_track] + 0.8 * random.standard_normal((TRACKS, 10)))


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_space_holds_is_told_better_from_more_examples(
    kind: Kind, vectors: NDArray[np.float32], kind_of_track: NDArray[np.int64], pieces: NDArray[np.int64]
) -> None:
    few, many = probe_curve(
        vectors, Target("kind", kind_of_track, pieces), (kind,), (5, 100), 4, np.random.default_rng(0)
    )
    assert (few.examples, many.examples, many.classes, many.chance) == (5, 100, 5, 1 / 5)
    assert many.score > few.score > few.chance
    assert many.score > 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_space_does_not_hold_is_guessed(
    kind: Kind, vectors: NDArray[np.float32], pieces: NDArray[np.int64]
) -> None:
    coins = np.random.default_rng(3).integers(2, size=TRACKS)
    (point,) = probe_curve(vectors, Target("coin", coins, pieces), (kind,), (50,), 6, np.random.default_rng(0))
    # Some 90 tracks are asked each time, by six probes: .5 ± 4 · √(¼ / 90), were the halves all the same.
    assert abs(point.score - 0.5) < 4 * sqrt(0.25 / 90)
    assert point.interval.low < 0.5 < point.interval.high
    # What it learned from, it knows.
    assert point.gap.low > 0


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_and_tags_are_told(
    kind: Kind, vectors: NDArray[np.float32], kind_of_track: NDArray[np.int64], pieces: NDArray[np.int64]
) -> None:
    tempo = 60.0 + 20 * kind_of_track
    tempo[:10] = np.nan
    (point,) = probe_curve(
        vectors, Target("tempo", tempo, pieces, numeric=True), (kind,), (100,), 2, np.random.default_rng(0)
    )
    assert point.score > 0.7
    tags = np.stack([kind_of_track <= 1, kind_of_track == 3], axis=1)
    (point,) = probe_curve(vectors, Target("tags", tags, pieces), (kind,), (100,), 2, np.random.default_rng(0))
    assert point.score > 0.9
    assert point.chance == pytest.approx(tags.mean())


def test_an_adapter_bends_what_no_line_divides() -> None:
    random = np.random.default_rng(4)
    corners = random.choice([-1.0, 1.0], size=(240, 2))
    vectors = unit(np.concatenate([corners + 0.2 * random.standard_normal((240, 2)), np.ones((240, 1))], axis=1))
    different = (corners[:, 0] != corners[:, 1]).astype(np.int64)
    points = probe_curve(
        vectors, Target("xor", different, np.arange(240)), ("linear", "adapter"), (100,), 4, np.random.default_rng(0)
    )
    assert points[0].score < 0.7
    assert points[1].score > 0.95
    gain = gained(points, "adapter", over="linear")[100]
    assert gain.interval.estimate == pytest.approx(points[1].score - points[0].score)
    assert gain.interval.low > 0
    assert gain.p < 0.05


def test_kinds_and_spaces_see_the_same_halves(
    vectors: NDArray[np.float32], kind_of_track: NDArray[np.int64], pieces: NDArray[np.int64]
) -> None:
    target = Target("kind", kind_of_track, pieces)
    together = probe_curve(vectors, target, ("linear", "knn"), (20, 50), 3, np.random.default_rng(7))
    alone = probe_curve(vectors, target, ("knn",), (20, 50), 3, np.random.default_rng(7))
    assert [point.kind for point in together] == ["linear", "linear", "knn", "knn"]
    for one, other in zip(together[2:], alone, strict=True):
        assert one.scores.tolist() == other.scores.tolist()


def test_whoever_looks_on_may_end_it(
    vectors: NDArray[np.float32], kind_of_track: NDArray[np.int64], pieces: NDArray[np.int64]
) -> None:
    seen: list[int] = []

    def look() -> None:
        seen.append(len(seen))
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        probe_curve(vectors, Target("k", kind_of_track, pieces), ("knn",), (5, 10), 9, np.random.default_rng(0), look)
    assert seen == [0, 1, 2]  # two numbers of examples in the first draw, one in the second


def test_a_seed_repeats_the_adapter(vectors: NDArray[np.float32], kind_of_track: NDArray[np.int64]) -> None:
    known = Examples(standardized(vectors)[:40], kind_of_track[:40].astype(np.float64))
    asked = standardized(vectors)[40:]
    one, other = (predict("adapter", "classes", known, asked, 5, 9) for _ in range(2))
    assert one.tolist() == other.tolist()


def test_what_cannot_be_asked_has_no_curve(vectors: NDArray[np.float32], pieces: NDArray[np.int64]) -> None:
    for target in (
        Target("rare", np.arange(TRACKS), pieces),
        Target("one", np.zeros(TRACKS, np.int64), pieces),
        Target("level", np.full(TRACKS, 60.0), pieces, numeric=True),
        Target("none", np.zeros((TRACKS, 2), bool), pieces),
    ):
        assert probe_curve(vectors, target, ("linear",), (5,), 2, np.random.default_rng(0)) == [], target.name
    few = Target("few", np.arange(TRACKS) % 2, np.arange(TRACKS))
    sizes = [point.examples for point in probe_curve(vectors, few, ("knn",), (5, 500), 1, np.random.default_rng(0))]
    assert sizes == [5]  # 500 there are not


def test_an_interval_knows_that_repeats_overlap() -> None:
    scores = np.array([0.5, 0.6, 0.7])
    point = Point("linear", 50, 2, 0.5, scores, scores + 0.1)
    # s = .1; √(1/3 + .3/.7); Student's t with two degrees of freedom.
    half = student.ppf(0.975, 2) * 0.1 * sqrt(1 / 3 + 0.3 / 0.7)
    assert point.interval == pytest.approx((0.6, 0.6 - half, 0.6 + half))
    assert point.gap == pytest.approx((0.1, 0.1, 0.1))
    better = Point("adapter", 50, 2, 0.5, scores + np.array([0.1, 0.2, 0.3]), scores)
    gain = gained([point, better], "adapter", over="linear")[50]
    # A mean of .2, and s = .1 again.
    assert gain.interval == pytest.approx((0.2, 0.2 - half, 0.2 + half))
    assert gain.p == pytest.approx(2 * student.sf(0.2 / (0.1 * sqrt(1 / 3 + 0.3 / 0.7)), 2))
    assert gained([point, replace(better, scores=scores)], "adapter", over="linear")[50].p == 1


def test_vectors_of_any_dimension_become_as_long(vectors: NDArray[np.float32]) -> None:
    ready = standardized(np.concatenate([vectors, np.ones((TRACKS, 3), np.float32)], axis=1))
    np.testing.assert_allclose((ready**2).sum(axis=1).mean(), 1)
    np.testing.assert_allclose(ready.mean(axis=0), 0, atol=1e-12)
    assert (ready[:, 10:] == 0).all()
