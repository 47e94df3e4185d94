"""The vectors of patches: kept, read in part, and what they say of segments that others made."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from domain.parts import Parts
from domain.spaces import BACKENDS, Space, SpaceState
from sql.database import Database
from sql.retrieval.recommended import PostgresRetrieval
from sql.spaces.embeddings import SegmentVector, save_track_embedding
from sql.spaces.naming import partition
from sql.spaces.patches import PatchVectors, fill_segments, live_revisions, load_patches, save_patches
from sql.spaces.revisions import open_revision
from tests.sql.tracks import add_track

pytestmark = pytest.mark.anyio

FACTS = dataclasses.replace(BACKENDS["musicnn-mtt"], dimension=2)
# A track of 14 s: four patches of 3 s, and 2 s that are too short for one.
VECTORS = np.array([(1, 0), (0, 0.5), (0.75, 1), (0, 1)], np.float16)
PATCHES = PatchVectors(VECTORS, 3.0, 3.0)


@pytest.fixture
def revision_id(engine: Engine) -> int:
    with engine.begin() as connection:
        return open_revision(connection, FACTS).revision_id


@pytest.fixture
def track_id(engine: Engine) -> int:
    with engine.begin() as connection:
        return add_track(connection, "Prelude", "/music/prelude.flac")


@pytest.fixture
async def retrieval(database_url: str) -> AsyncIterator[PostgresRetrieval]:
    database = Database(database_url, size=1, statement_timeout_seconds=10)
    yield PostgresRetrieval(database, exact_below=10)
    await database.close()


def space(revision_id: int) -> Space:
    return Space(1, "musicnn-mtt", "musicnn-mtt", 2, revision_id, "1", SpaceState.READY, indexed=False)


def save(connection: Connection, revision_id: int, track_id: int, patches: PatchVectors | None = PATCHES) -> None:
    unit = np.array((0.6, 0.8), np.float32)
    save_track_embedding(
        connection, revision_id, track_id, vector=unit, segments=[SegmentVector(0.0, 14.0, unit)], patches=patches
    )


def add_segment(connection: Connection, track_id: int, start: float, end: float) -> int:
    return int(
        connection.execute(
            text(
                "INSERT INTO segments (track_id, source, start_seconds, end_seconds) "
                "VALUES (:track, 'curator', :start, :end) RETURNING id"
            ),
            {"track": track_id, "start": start, "end": end},
        ).scalar_one()
    )


def vector_of(connection: Connection, segment_id: int) -> list[float] | None:
    found = connection.scalar(
        text("SELECT embedding::text FROM segment_embeddings WHERE segment_id = :id"), {"id": segment_id}
    )
    return None if found is None else [round(float(value), 5) for value in found.strip("[]").split(",")]


def test_they_come_back_as_they_were(engine: Engine, revision_id: int, track_id: int) -> None:
    with engine.begin() as connection:
        save_patches(connection, revision_id, track_id, PATCHES)
        save_patches(connection, revision_id, track_id, dataclasses.replace(PATCHES, vectors=VECTORS[:3]))
        found = load_patches(connection, revision_id, track_id)
        assert found is not None
        assert (found.patch_seconds, found.hop_seconds) == (3.0, 3.0)
        np.testing.assert_array_equal(found.vectors, VECTORS[:3])
        save_patches(connection, revision_id, track_id, None)
        assert load_patches(connection, revision_id, track_id) is None


def test_vectors_of_another_dimension_are_refused(engine: Engine, revision_id: int, track_id: int) -> None:
    wrong = PatchVectors(np.ones((4, 3), np.float16), 3.0, 3.0)
    with pytest.raises(IntegrityError, match=r"patch_embeddings_r\d+_dimension"), engine.begin() as connection:
        save_patches(connection, revision_id, track_id, wrong)


def test_they_are_not_compressed_so_that_a_part_is_read_without_the_rest(engine: Engine, revision_id: int) -> None:
    with engine.connect() as connection:
        storage = connection.scalar(
            text("SELECT attstorage FROM pg_attribute WHERE attrelid = to_regclass(:name) AND attname = 'vectors'"),
            {"name": partition("patch_embeddings", revision_id)},
        )
    assert storage in ("e", b"e")  # EXTERNAL


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        (0.0, 14.0, 0, 3),
        (0.0, 3.0, 0, 0),
        (3.0, 9.0, 1, 2),
        (2.9, 3.1, 0, 1),
        (4.0, 4.5, 1, 1),
        (11.9, 14.0, 3, 3),
        (12.5, 14.5, 3, 3),  # behind the last patch
    ],
)
async def test_a_range_reads_the_patches_that_it_covers(
    engine: Engine,
    revision_id: int,
    track_id: int,
    retrieval: PostgresRetrieval,
    start: float,
    end: float,
    first: int,
    last: int,
) -> None:
    with engine.begin() as connection:
        save(connection, revision_id, track_id)
    found = await retrieval.parts(space(revision_id), track_id, start, end)
    assert isinstance(found, Parts)
    assert list(found.starts) == [3.0 * number for number in range(first, last + 1)]
    np.testing.assert_array_equal(found.vectors, VECTORS[first : last + 1])


async def test_overlapping_patches_are_found_from_the_first_that_reaches_into_the_range(
    engine: Engine, revision_id: int, track_id: int, retrieval: PostgresRetrieval
) -> None:
    # 5 s long, one every 2 s: 0–5, 2–7, 4–9, 6–11.
    with engine.begin() as connection:
        save(connection, revision_id, track_id, PatchVectors(VECTORS, 5.0, 2.0))
    for (start, end), numbers in {(5.0, 6.0): [1, 2], (0.0, 2.0): [0], (6.5, 7.5): [1, 2, 3]}.items():
        found = await retrieval.parts(space(revision_id), track_id, start, end)
        assert found is not None
        assert list(found.starts / 2.0) == numbers


async def test_without_patches_our_own_segments_stand_for_them(
    engine: Engine, revision_id: int, track_id: int, retrieval: PostgresRetrieval
) -> None:
    with engine.begin() as connection:
        save(connection, revision_id, track_id, None)
        add_segment(connection, track_id, 0.0, 1.0)
    found = await retrieval.parts(space(revision_id), track_id, 2.0, 5.0)
    assert found is not None
    assert (list(found.starts), list(found.ends)) == ([0.0], [14.0])
    np.testing.assert_allclose(found.mean(2.0, 5.0), [0.6, 0.8], rtol=1e-6)
    assert await retrieval.parts(space(revision_id), track_id + 1, 2.0, 5.0) is None


def test_segments_of_others_sound_like_the_patches_they_cover(engine: Engine, revision_id: int, track_id: int) -> None:
    with engine.begin() as connection:
        early = add_segment(connection, track_id, 0.0, 3.0)
        save(connection, revision_id, track_id)
        late = add_segment(connection, track_id, 4.0, 9.0)
        assert (vector_of(connection, early), vector_of(connection, late)) == ([1.0, 0.0], None)
        assert live_revisions(connection) == [revision_id]
        assert fill_segments(connection, revision_id) == 1
        # 2 s of (0, .5) and 3 s of (.75, 1): (2.25, 4), of length √21.0625.
        assert vector_of(connection, late) == [0.49026, 0.87158]
        assert fill_segments(connection, revision_id) == 0


def test_hearing_again_renews_them(engine: Engine, revision_id: int, track_id: int) -> None:
    with engine.begin() as connection:
        segment = add_segment(connection, track_id, 0.0, 3.0)
        save(connection, revision_id, track_id)
        save(connection, revision_id, track_id, dataclasses.replace(PATCHES, vectors=VECTORS[::-1]))
        assert vector_of(connection, segment) == [0.0, 1.0]
        # Without patches nobody knows what they sound like.
        save(connection, revision_id, track_id, None)
        assert vector_of(connection, segment) is None
        assert fill_segments(connection, revision_id) == 0


def test_a_backend_that_does_not_hear_in_patches_leaves_none(engine: Engine, revision_id: int, track_id: int) -> None:
    none = PatchVectors(np.empty((0, 2), np.float16), 3.0, 3.0)
    with engine.begin() as connection:
        add_segment(connection, track_id, 0.0, 3.0)
        save(connection, revision_id, track_id, none)
        assert load_patches(connection, revision_id, track_id) is None
        assert connection.scalar(text("SELECT count(*) FROM patch_embeddings")) == 1
        assert fill_segments(connection, revision_id) == 0
