"""Piece or microphone, on spaces that hear the one or the other."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.evaluation.content.confound import confound
from ml.evaluation.content.truths import encode


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_the_nearest_of_a_composer_are_counted_by_album() -> None:
    angles = np.radians([0, 10, 25, 45, 70, 80])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    composer = encode(["a", "a", "a", "b", "a", "a"])
    album = encode([0, 0, 1, 0, 1, 0])
    found = confound(vectors, composer, album)
    assert found.queries.tolist() == [0, 1, 2, 4, 5]  # b is alone
    # Track 0: four others of a, all of them among the five nearest, two of them on album 0.
    assert found.same_album[0] == found.chance[0] == pytest.approx(2 / 4)
    # Those who have b as a mate on their album and their composer elsewhere: 0, 1, 5.
    assert found.mixed_queries.tolist() == [0, 1, 5]
    # From 0°, b is at 45°, a elsewhere at 25° and 70°: nearer than one of two. From 80°: 35° against 55° and 10°.
    assert found.microphone.tolist() == [pytest.approx(1 / 2), pytest.approx(1 / 2), pytest.approx(1 / 2)]


@pytest.fixture(scope="module")
def archive() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    random = np.random.default_rng(7)
    return random.integers(10, size=400), random.integers(20, size=400)


def test_a_space_that_hears_albums_is_found_out(archive: tuple[NDArray[np.int64], NDArray[np.int64]]) -> None:
    composer, album = archive
    hears_albums = confound(unit(np.eye(20)[album]), composer, album)
    # All of a composer's tracks on the album come first, as many as fit into five.
    assert (hears_albums.microphone == 1).all()
    assert hears_albums.excess.mean() > 0.2
    hears_composers = confound(unit(np.eye(10)[composer]), composer, album)
    assert (hears_composers.microphone == 0).all()
    np.testing.assert_allclose(hears_composers.excess, 0, atol=1e-12)  # albums all tie


def test_a_space_that_hears_nothing_finds_both_alike(archive: tuple[NDArray[np.int64], NDArray[np.int64]]) -> None:
    composer, album = archive
    deaf = confound(np.ones((400, 1), np.float32), composer, album)
    np.testing.assert_allclose(deaf.microphone, 0.5, atol=1e-12)
    np.testing.assert_allclose(deaf.excess, 0, atol=1e-12)


def test_a_large_archive_is_looked_at_in_parts() -> None:
    random = np.random.default_rng(8)
    composer, album = random.integers(-1, 40, size=1300), random.integers(-1, 60, size=1300)
    vectors = unit(random.standard_normal((1300, 8)))
    order = random.permutation(1300)
    one, other = confound(vectors, composer, album), confound(vectors[order], composer[order], album[order])
    assert sorted(order[other.queries]) == one.queries.tolist()
    assert other.microphone.mean() == pytest.approx(one.microphone.mean())
    assert other.excess.mean() == pytest.approx(one.excess.mean())


def test_the_own_work_is_left_out() -> None:
    composer, album, work = encode(["a"] * 4), encode([0, 0, 0, 1]), encode(["w", "w", "v", "u"])
    found = confound(unit(np.eye(4)), composer, album, work)
    # 0 has v on its album and u elsewhere: half by chance. 3 has nothing on its own.
    assert (found.queries.tolist(), found.chance.tolist()) == ([0, 1, 2], [0.5, 0.5, pytest.approx(2 / 3)])
