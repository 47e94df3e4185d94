"""Spaces that are computed from others: filled, kept in step, made again."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, text

from domain.errors.asking import SpaceNotFound, SpaceNotReady
from domain.errors.derived import DimensionTooLarge, NothingInCommon, SpaceNameTaken, SpaceNameUnusable
from domain.spaces import BACKENDS, BackendFacts, terms_of
from jobs.derivation import derive_joined, derive_track, derive_whitened, follow_parents
from ml.backends.protocol import halves
from ml.whitening import fit, unit_rows
from sql.spaces.derived_rows import find_space
from sql.spaces.embeddings import SegmentVector, save_track_embedding
from sql.spaces.patches import PatchVectors, load_patches
from sql.spaces.revisions import mark_ready, open_revision
from sql.spaces.successors import open_successor, take_over
from sql.spaces.vectors import segment_vectors, track_vectors
from tests.sql.tracks import add_track

MTT = dataclasses.replace(BACKENDS["musicnn-mtt"], dimension=6)
VGG = dataclasses.replace(BACKENDS["vgg-mtt"], dimension=3)
TRACKS = 12


def heard(track: int, dimension: int, seed: int = 0) -> NDArray[np.float32]:
    """Four patches of a track: (4, dimension)."""
    rng = np.random.default_rng([seed, track, dimension])
    return (rng.standard_normal((4, dimension)) * np.arange(1, dimension + 1) + 2).astype(np.float32)


def vector(track: int, dimension: int, seed: int = 0) -> NDArray[np.float32]:
    return unit_rows(heard(track, dimension, seed).mean(axis=0, keepdims=True))[0]


def save(
    connection: Connection, facts: BackendFacts, revision_id: int, track: int, track_id: int, seed: int = 0
) -> None:
    patches = heard(track, facts.dimension, seed)
    segments = [
        SegmentVector(start, start + 2.0, unit_rows(patches[number : number + 2].mean(axis=0, keepdims=True))[0])
        for number, start in ((0, 0.0), (2, 2.0))
    ]
    save_track_embedding(
        connection,
        revision_id,
        track_id,
        vector=vector(track, facts.dimension, seed),
        segments=segments,
        patches=PatchVectors(halves(patches), 1.0, 1.0),
    )


@pytest.fixture
def track_ids(engine: Engine) -> list[int]:
    with engine.begin() as connection:
        return [add_track(connection, f"Track {number}", Path(f"/{number}.flac")) for number in range(TRACKS)]


@pytest.fixture
def mtt(engine: Engine, track_ids: list[int]) -> int:
    """`musicnn-mtt` with all tracks; its revision."""
    with engine.begin() as connection:
        revision_id = open_revision(connection, MTT).revision_id
    with engine.begin() as connection:
        for track, track_id in enumerate(track_ids):
            save(connection, MTT, revision_id, track, track_id)
        mark_ready(connection, revision_id)
    return revision_id


@pytest.fixture
def vgg(engine: Engine, track_ids: list[int]) -> int:
    """`vgg-mtt` without the last two tracks; its revision."""
    with engine.begin() as connection:
        revision_id = open_revision(connection, VGG).revision_id
    with engine.begin() as connection:
        for track, track_id in enumerate(track_ids[:-2]):
            save(connection, VGG, revision_id, track, track_id)
    return revision_id


def active(engine: Engine, name: str) -> int:
    with engine.connect() as connection:
        found = find_space(connection, name)
    assert found is not None
    assert found.active_revision_id is not None
    return found.active_revision_id


def vectors_of(engine: Engine, revision_id: int) -> dict[int, NDArray[np.float32]]:
    with engine.connect() as connection:
        rows = track_vectors(connection, revision_id)
    return dict(zip(rows.ids.tolist(), rows.vectors, strict=True))


def state(engine: Engine, revision_id: int) -> str:
    with engine.connect() as connection:
        return str(connection.scalar(text("SELECT state FROM space_revisions WHERE id = :id"), {"id": revision_id}))


def test_whitening(engine: Engine, mtt: int, track_ids: list[int]) -> None:
    assert derive_whitened(engine, "musicnn-mtt", 4)[:3] == ("musicnn-mtt-w4", 4, TRACKS)
    revision_id = active(engine, "musicnn-mtt-w4")
    before = np.stack([vector(track, 6) for track in range(TRACKS)])
    whitening = fit(before, 4)
    found = vectors_of(engine, revision_id)
    assert list(found) == track_ids
    np.testing.assert_allclose(np.stack(list(found.values())), whitening(before), atol=1e-4)
    assert state(engine, revision_id) == "READY"
    with engine.connect() as connection:
        parents, own = (segment_vectors(connection, id_, track_ids) for id_ in (mtt, revision_id))
        np.testing.assert_array_equal(own.ids, parents.ids)
        np.testing.assert_array_equal(own.tracks, np.repeat(track_ids, 2))
        np.testing.assert_allclose(own.vectors, whitening(parents.vectors), atol=1e-4)
        patches = load_patches(connection, revision_id, track_ids[3])
        assert patches is not None
        assert (patches.patch_seconds, patches.hop_seconds) == (1.0, 1.0)
        expected = whitening.unscaled(unit_rows(heard(3, 6)))
        cosines = (unit_rows(patches.vectors.astype(np.float32)) * unit_rows(expected)).sum(axis=1)
        np.testing.assert_allclose(cosines, 1, atol=1e-4)
        space = find_space(connection, "musicnn-mtt-w4")
    assert space is not None
    assert (space.backend, space.revision) == ("musicnn-mtt", f"{MTT.revision}, whitened to 4")


def test_joining(engine: Engine, mtt: int, vgg: int, track_ids: list[int]) -> None:
    assert derive_joined(engine, ["musicnn-mtt", "vgg-mtt"])[:3] == ("musicnn-mtt+vgg-mtt", 9, TRACKS - 2)
    revision_id = active(engine, "musicnn-mtt+vgg-mtt")
    found = vectors_of(engine, revision_id)
    assert list(found) == track_ids[:-2]
    one, other = (np.concatenate([vector(track, 6), vector(track, 3)]) / 2**0.5 for track in (0, 7))
    np.testing.assert_allclose(found[track_ids[0]], one, atol=1e-6)
    # The cosine is the mean of both spaces' cosines.
    both = (vector(0, 6) @ vector(7, 6) + vector(0, 3) @ vector(7, 3)) / 2
    assert found[track_ids[0]] @ found[track_ids[7]] == pytest.approx(both, abs=1e-6)
    assert one @ other == pytest.approx(both, abs=1e-6)
    assert state(engine, revision_id) == "FILLING"  # as one of its parents is
    with engine.connect() as connection:
        space = find_space(connection, "musicnn-mtt+vgg-mtt")
    assert space is not None
    assert terms_of(space.backend) == ("ISC", True)


def test_a_track_that_is_embedded_later_is_computed_with_it(
    engine: Engine, mtt: int, vgg: int, track_ids: list[int]
) -> None:
    derive_whitened(engine, "musicnn-mtt", 4)
    derive_joined(engine, ["musicnn-mtt-w4", "vgg-mtt"], "both")
    whitened, both = active(engine, "musicnn-mtt-w4"), active(engine, "both")
    parameters = fit(np.stack([vector(track, 6) for track in range(TRACKS)]), 4)
    with engine.begin() as connection:
        new = add_track(connection, "New", Path("/new.flac"))
        save(connection, MTT, mtt, 50, new)
        derive_track(connection, mtt, new)
    expected = parameters(vector(50, 6)[None])[0]
    np.testing.assert_allclose(vectors_of(engine, whitened)[new], expected, atol=1e-4)
    assert new not in vectors_of(engine, both)  # it is not in `vgg-mtt` yet
    with engine.begin() as connection:
        save(connection, VGG, vgg, 50, new)
        derive_track(connection, vgg, new)
    joined = np.concatenate([expected, vector(50, 3)]) / 2**0.5
    np.testing.assert_allclose(vectors_of(engine, both)[new], joined, atol=1e-4)
    # Heard again, it is replaced.
    with engine.begin() as connection:
        save(connection, MTT, mtt, 50, new, seed=1)
        derive_track(connection, mtt, new)
    again = parameters(vector(50, 6, 1)[None])[0]
    np.testing.assert_allclose(vectors_of(engine, whitened)[new], again, atol=1e-4)
    np.testing.assert_allclose(vectors_of(engine, both)[new][:4], again / 2**0.5, atol=1e-4)


def test_with_a_new_revision_of_its_parent_it_is_made_again(engine: Engine, mtt: int, track_ids: list[int]) -> None:
    derive_whitened(engine, "musicnn-mtt", 4)
    before = active(engine, "musicnn-mtt-w4")
    follow_parents(engine, "musicnn-mtt")
    assert active(engine, "musicnn-mtt-w4") == before  # nothing changed
    with engine.begin() as connection:
        successor = open_successor(connection, MTT).revision_id
    with engine.begin() as connection:
        for track, track_id in enumerate(track_ids):
            save(connection, MTT, successor, track, track_id, seed=2)
        take_over(connection, successor)
    follow_parents(engine, "musicnn-mtt")
    after = active(engine, "musicnn-mtt-w4")
    assert (state(engine, before), state(engine, after)) == ("RETIRED", "READY")
    heard_again = np.stack([vector(track, 6, 2) for track in range(TRACKS)])
    found = np.stack(list(vectors_of(engine, after).values()))
    np.testing.assert_allclose(found, fit(heard_again, 4)(heard_again), atol=1e-4)


def test_what_was_missed_is_added(engine: Engine, mtt: int, track_ids: list[int]) -> None:
    derive_whitened(engine, "musicnn-mtt", 4)
    revision_id = active(engine, "musicnn-mtt-w4")
    with engine.begin() as connection:
        new = add_track(connection, "New", Path("/new.flac"))
        save(connection, MTT, mtt, 50, new)  # by whom does not know of the computed space
    follow_parents(engine, "musicnn-mtt")
    assert list(vectors_of(engine, revision_id)) == [*track_ids, new]


def test_asked_for_again_it_is_fitted_again(engine: Engine, mtt: int) -> None:
    derive_whitened(engine, "musicnn-mtt", 4)
    first = active(engine, "musicnn-mtt-w4")
    derive_whitened(engine, "musicnn-mtt", 4)
    assert active(engine, "musicnn-mtt-w4") > first
    assert state(engine, first) == "RETIRED"


def test_what_cannot_be_computed(engine: Engine, mtt: int, track_ids: list[int]) -> None:
    with pytest.raises(DimensionTooLarge) as caught:
        derive_whitened(engine, "musicnn-mtt", 7)
    assert str(caught.value).replace("\n", " ") == (
        "'musicnn-mtt' cannot be whitened to 7 dimensions: 12 tracks in 6 dimensions vary in 6. Choose 6 or fewer with"
        " --dim, or embed more tracks first."
    )
    with pytest.raises(SpaceNotFound, match="There are: musicnn-mtt"):
        derive_whitened(engine, "magic", 4)
    with pytest.raises(SpaceNotReady, match="segue embed --space vgg-mtt"):
        derive_joined(engine, ["musicnn-mtt", "vgg-mtt"])
    with pytest.raises(SpaceNameUnusable):
        derive_whitened(engine, "musicnn-mtt", 4, "My Space")
    with pytest.raises(SpaceNameTaken):
        derive_whitened(engine, "musicnn-mtt", 4, "vgg-mtt")  # a backend has a right to its name
    derive_whitened(engine, "musicnn-mtt", 4, "mine")
    with pytest.raises(SpaceNameTaken):
        derive_whitened(engine, "musicnn-mtt", 3, "mine")
    with engine.begin() as connection:
        open_revision(connection, VGG)
    with pytest.raises(NothingInCommon, match="'musicnn-mtt', 'vgg-mtt'"):
        derive_joined(engine, ["musicnn-mtt", "vgg-mtt"])
    with engine.connect() as connection:
        assert find_space(connection, "musicnn-mtt+vgg-mtt") is None
