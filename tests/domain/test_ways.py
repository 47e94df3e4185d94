"""Ways between two tracks on the circle: what lies where is an angle in degrees."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from domain.catalogue import Track
from domain.recommendations import Candidate
from domain.ways import between, way


def at(*degrees: float) -> list[Candidate]:
    """Tracks at these angles, with ids from 1."""
    return [
        Candidate(
            Track(key, f"{angle}", None, None, 60.0, None, None, None, False, False, datetime(2026, 1, 1, tzinfo=UTC)),
            0.0,
            None,
            None,
            (),
            np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))], dtype=np.float32),
        )
        for key, angle in enumerate(degrees, start=1)
    ]


def angles(found: list[Candidate]) -> list[float]:
    return [float(candidate.track.title) for candidate in found]


def test_points_lie_evenly_on_the_great_circle() -> None:
    start, goal = (candidate.embedding for candidate in at(0, 90))
    assert start is not None
    assert goal is not None
    expected = [[np.cos(np.radians(angle)), np.sin(np.radians(angle))] for angle in (30, 60)]
    assert between(start, goal, 2) == pytest.approx(np.array(expected), abs=1e-6)


@pytest.mark.parametrize("goal", [[1.0, 0.0], [-1.0, 0.0]])
def test_points_between_the_same_and_between_opposite_ends_have_unit_length(goal: list[float]) -> None:
    found = between(np.array([1.0, 0.0], np.float32), np.array(goal, np.float32), 3)
    assert np.linalg.norm(found, axis=1) == pytest.approx([1, 1, 1], abs=1e-6)


def test_steps_are_as_alike_as_can_be() -> None:
    # Of 10, 29, 31, 58 and 80 between 0 and 90, two: 31 and 58 give 31² + 27² + 32² = 2,714,
    # 29 and 58 give 29² + 29² + 32² = 2,706.
    start, *others, goal = at(0, 10, 31, 29, 80, 58, 90)
    assert angles(way(start, others, goal, 4)) == [0, 29, 58, 90]


def test_no_track_comes_twice_and_none_turns_back() -> None:
    rng = np.random.default_rng(3)
    start, *others, goal = at(0, *rng.uniform(0, 90, size=80).tolist(), 90)
    found = way(start, others, goal, 40)
    assert len({candidate.track.id for candidate in found}) == 40
    assert angles(found) == sorted(angles(found))


def test_a_way_of_all_there_are() -> None:
    start, *others, goal = at(0, 45, 20, 90)
    assert angles(way(start, others, goal, 9)) == [0, 20, 45, 90]
    assert angles(way(start, others, goal, 2)) == [0, 90]


def test_each_track_says_how_far_it_is_from_the_one_before() -> None:
    start, *others, goal = at(0, 60, 90)
    assert [found.distance for found in way(start, others, goal, 3)] == [
        None,
        pytest.approx(1 - 0.5, abs=1e-6),  # cos 60°
        pytest.approx(1 - np.sqrt(3) / 2, abs=1e-6),  # cos 30°
    ]
