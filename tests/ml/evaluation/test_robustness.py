"""How far vectors are moved, on an ear that is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.evaluation.disturbances.signal import Samples
from ml.evaluation.robustness import UNDISTURBED, Excerpt, choose_excerpts, hear, robustness


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_excerpts_are_of_different_tracks_and_within_them() -> None:
    durations = np.array([100.0, 20, 31, 500, 30, 0] * 40)
    chosen = choose_excerpts(durations, np.random.default_rng(0))
    assert len(chosen) == len({excerpt.track for excerpt in chosen}) == 60
    assert chosen == sorted(chosen) == choose_excerpts(durations, np.random.default_rng(0))
    for track, start in chosen:
        assert durations[track] >= 30
        assert 0 <= start <= durations[track] - 30
    assert len(choose_excerpts(durations, np.random.default_rng(0), most=7)) == 7


def test_where_all_tracks_are_short_they_are_taken_whole() -> None:
    assert choose_excerpts(np.array([12.0, 0, 7]), np.random.default_rng(0)) == [Excerpt(0, 0.0), Excerpt(2, 0.0)]
    assert choose_excerpts(np.array([12.0, 30, 7]), np.random.default_rng(0)) == [Excerpt(1, 0.0)]


def test_overlap_and_recall_are_counted_among_the_archive() -> None:
    angles = np.radians([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130])
    archive = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    moved = np.radians([2.0, 34])
    clean = archive[[0, 0]]
    disturbed = np.stack([np.cos(moved), np.sin(moved)], axis=1).astype(np.float32)
    before, after = robustness(clean, {"moved": disturbed}, archive, np.array([0, 0]))
    assert (before.name, before.overlap.tolist(), before.recall.tolist()) == (UNDISTURBED, [1, 1], [1, 1])
    # From 0° the ten nearest others are 10 to 100; from 34°, too, since 0 itself is left out.
    assert (after.name, after.overlap.tolist(), after.recall.tolist()) == ("moved", [1, 1], [1, 0])
    far = np.radians([82.0, 130])
    disturbed = np.stack([np.cos(far), np.sin(far)], axis=1).astype(np.float32)
    _, after = robustness(clean, {"moved": disturbed}, archive, np.array([0, 0]))
    # From 82°: 80 90 70 100 60 110 50 120 40 130, of which 40 to 100 are seven; from 130°: 130 to 40, of which seven.
    assert after.overlap.tolist() == [0.7, 0.7]


def test_what_hears_nothing_finds_the_original_as_often_as_chance() -> None:
    archive = np.ones((20, 1), np.float32)
    (found,) = robustness(archive[:5], {}, archive, np.arange(5))
    assert found.recall.tolist() == pytest.approx([1 / 20] * 5)


def test_noise_moves_the_farther_the_more_of_it_there_is() -> None:
    random = np.random.default_rng(3)
    archive = unit(random.standard_normal((200, 16)))
    rows = np.arange(60)
    noise = random.standard_normal((60, 16))
    disturbed = {str(share): unit(archive[rows] + share * noise) for share in (0.05, 0.2, 1.0)}
    found = robustness(archive[rows], disturbed, archive, rows)
    overlaps = [one.overlap.mean() for one in found]
    assert overlaps == sorted(overlaps, reverse=True)
    assert overlaps[0] == 1
    assert found[1].recall.mean() == 1


def test_every_ear_hears_the_same_disturbances() -> None:
    heard: dict[str, list[Samples]] = {"low": [], "high": []}

    def ear(name: str, scale: float) -> object:
        def hears(samples: Samples, rate: int) -> NDArray[np.float32]:
            heard[name].append(samples)
            return np.array([scale * samples.sum() + rate], np.float32)

        return hears

    def add(samples: Samples, rate: int, random: np.random.Generator) -> Samples:
        return samples + np.float32(random.random())

    ears = {"low": ear("low", 1), "high": ear("high", 2)}
    sound = np.zeros(4, np.float32)
    found = hear(ears, sound, 8, {"one": add, "other": add}, seed=5)  # type: ignore[arg-type]
    assert {space: list(each) for space, each in found.items()} == {
        "low": [UNDISTURBED, "one", "other"],
        "high": [UNDISTURBED, "one", "other"],
    }
    assert all((a == b).all() for a, b in zip(heard["low"], heard["high"], strict=True))
    assert found["low"][UNDISTURBED].tolist() == [8]
    assert found["low"]["one"].tolist() != found["low"]["other"].tolist()
    # What one draws does not depend on which others there are.
    alone = hear(ears, sound, 8, {"other": add}, seed=5)  # type: ignore[arg-type]
    assert alone["low"]["other"].tolist() == found["low"]["other"].tolist()
