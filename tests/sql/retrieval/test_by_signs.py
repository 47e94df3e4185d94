"""Vectors that are too long for an index of their own: found by the signs of their numbers, compared exactly."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import numpy as np
import psycopg
import pytest

from bench.synthetic import SyntheticArchive, fill
from domain.recommendations import TrackFilter
from domain.spaces import Space
from sql.database import Database
from sql.retrieval import nearest
from sql.retrieval.recommended import PostgresRetrieval

pytestmark = pytest.mark.anyio

COUNT = 1_000
DIMENSION = 4_800
# A tenth of them; in production it is 1,000.
ALIKE = 100


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def archive(url: str) -> SyntheticArchive:
    return fill(url, COUNT, dimension=DIMENSION, index_from=500)


@pytest.fixture
async def retrieval(
    url: str, archive: SyntheticArchive, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[PostgresRetrieval]:
    monkeypatch.setattr(nearest, "BY_SIGNS", ALIKE)
    nearest.similar_tracks.cache_clear()
    database = Database(url, size=1, statement_timeout_seconds=10)
    yield PostgresRetrieval(database, exact_below=100)
    await database.close()
    nearest.similar_tracks.cache_clear()


@pytest.fixture
async def space(retrieval: PostgresRetrieval) -> Space:
    return (await retrieval.spaces())["musicnn-mtt"]


def truth(archive: SyntheticArchive, row: int, count: int) -> list[int]:
    similarity = archive.vectors.astype(np.float64) @ archive.vectors[row]
    return [int(archive.track_ids[other]) for other in np.argsort(-similarity, kind="stable")[1 : count + 1]]


async def test_nearly_all_are_found_and_their_distances_are_exact(
    retrieval: PostgresRetrieval, space: Space, archive: SyntheticArchive
) -> None:
    assert space.indexed
    found_of_all = 0
    for row in range(20):
        found = await retrieval.similar_tracks(space, int(archive.track_ids[row]), 10, TrackFilter())
        assert len(found.candidates) == 10
        similarity = archive.vectors.astype(np.float64) @ archive.vectors[row]
        for candidate in found.candidates:
            other = int(np.flatnonzero(archive.track_ids == candidate.track.id)[0])
            assert candidate.distance == pytest.approx(1 - similarity[other], abs=1e-5)
        found_of_all += len({c.track.id for c in found.candidates} & set(truth(archive, row, 10)))
    assert found_of_all >= 196  # of 200


async def test_a_long_list_and_a_narrow_filter_are_exact(
    retrieval: PostgresRetrieval, space: Space, archive: SyntheticArchive
) -> None:
    seed = int(archive.track_ids[3])
    found = await retrieval.similar_tracks(space, seed, 200, TrackFilter())
    assert [c.track.id for c in found.candidates] == truth(archive, 3, 200)
    some = [int(track_id) for track_id in archive.track_ids[10:15]]
    filtered = await retrieval.similar_tracks(
        space, seed, 10, TrackFilter(exclude_track_ids=tuple(int(i) for i in archive.track_ids if int(i) not in some))
    )
    assert {c.track.id for c in filtered.candidates} == set(some)


async def test_segments_are_found_likewise(
    retrieval: PostgresRetrieval, space: Space, archive: SyntheticArchive, url: str
) -> None:
    """Each track has one segment, with the track's own vector."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO segments (track_id, source, start_seconds, end_seconds) SELECT id, 'segue', 0, 5 FROM tracks"
        )
        connection.execute(
            "INSERT INTO segment_embeddings (revision_id, segment_id, track_id, embedding)"
            " SELECT e.revision_id, s.id, s.track_id, e.embedding"
            " FROM segments s JOIN track_embeddings e ON e.track_id = s.track_id"
        )
        statement = nearest.nearest_segments(space, 10)
        right = 0
        for row in range(10):
            parameters = {"vector": str(archive.vectors[row].tolist()), "track": int(archive.track_ids[row])}
            found = connection.execute(statement, parameters).fetchall()
            right += len({segment[2] for segment in found} & set(truth(archive, row, 10)))
    assert right >= 98  # of 100


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
def test_the_index_is_used(url: str, archive: SyntheticArchive, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "BY_SIGNS", ALIKE)
    nearest.similar_tracks.cache_clear()
    space = Space(1, "musicnn-mtt", "musicnn-mtt", DIMENSION, archive.revision_id, "", "READY", True)  # type: ignore[arg-type]
    statement = nearest.similar_tracks(space, TrackFilter(), 20, exact=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SET plan_cache_mode = {mode}")
        # So small a table is read as a whole: its long vectors lie elsewhere, which is thought to cost nothing.
        connection.execute("SET enable_seqscan = off")
        parameters = {"seed": int(archive.track_ids[0]), "tag_revision": archive.revision_id}
        rows = connection.execute(b"EXPLAIN " + statement, parameters, prepare=True).fetchall()
    assert f"Index Scan using track_embeddings_r{archive.revision_id}_hnsw" in "\n".join(row[0] for row in rows)
