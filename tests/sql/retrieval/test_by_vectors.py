"""Searches with queries that strategies make: right, through the index, and as many as match."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from uuid import UUID

import numpy as np
import psycopg
import pytest

from bench.synthetic import SyntheticArchive, fill
from domain.diversity import take
from domain.ports import Ranking
from domain.recommendations import RecommendationOptions, TrackFilter
from domain.requests import Without
from domain.spaces import Space
from sql.database import Database
from sql.retrieval import by_vectors
from sql.retrieval.recommended import PostgresRetrieval
from sql.retrieval.without import LeftOut

pytestmark = pytest.mark.anyio

COUNT = 2_000
LISTENER = UUID(int=7)
HEARD = 1_500


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def archive(url: str) -> SyntheticArchive:
    """Indexed; somebody heard the first 1,500 tracks of 2,000."""
    made = fill(url, COUNT, index_from=1_000)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("INSERT INTO users (id, anonymous) VALUES (%s, true)", (LISTENER,))
        connection.execute(
            "INSERT INTO interactions (user_id, track_id, kind, occurred_at, client_id)"
            " SELECT %s, track_id, 'PLAY', now(), track_id::text FROM unnest(%s::bigint[]) AS track_id",
            (LISTENER, made.track_ids[:HEARD].tolist()),
        )
        connection.execute("ANALYZE")
    return made


@pytest.fixture
async def database(url: str, archive: SyntheticArchive) -> AsyncIterator[Database]:
    database = Database(url, size=2, statement_timeout_seconds=10)
    yield database
    await database.close()


@pytest.fixture
def retrieval(database: Database) -> PostgresRetrieval:
    return PostgresRetrieval(database, exact_below=1_000)


@pytest.fixture
async def space(retrieval: PostgresRetrieval) -> Space:
    return (await retrieval.spaces())["musicnn-mtt"]


def mean(archive: SyntheticArchive, *rows: int) -> np.ndarray:
    total = archive.vectors[list(rows)].sum(axis=0)
    return np.asarray(total / np.linalg.norm(total), dtype=np.float32)


def expected(archive: SyntheticArchive, query: np.ndarray, rows: np.ndarray, count: int) -> list[int]:
    similarity = archive.vectors[rows].astype(np.float64) @ query
    return [int(archive.track_ids[row]) for row in rows[np.argsort(-similarity, kind="stable")][:count]]


async def test_exact_search_equals_brute_force(
    retrieval: PostgresRetrieval, space: Space, archive: SyntheticArchive
) -> None:
    query, exact = mean(archive, 3, 5, 8), replace(space, indexed=False)
    found = await retrieval.nearest_tracks(exact, query[None], 20, TrackFilter())
    assert [c.track.id for c in found] == expected(archive, query, np.arange(COUNT), 20)
    row = int(np.flatnonzero(archive.track_ids == found[0].track.id)[0])
    assert found[0].distance == pytest.approx(1 - float(archive.vectors[row] @ query), abs=1e-6)
    assert found[0].embedding == pytest.approx(archive.vectors[row], abs=1e-6)


async def test_each_query_finds_its_nearest_and_each_track_comes_once(
    retrieval: PostgresRetrieval, space: Space, archive: SyntheticArchive
) -> None:
    exact = replace(space, indexed=False)
    queries = np.stack([mean(archive, 3, 5), mean(archive, 3, 7)])
    found = [c.track.id for c in await retrieval.nearest_tracks(exact, queries, 20, TrackFilter())]
    both = [expected(archive, query, np.arange(COUNT), 20) for query in queries]
    assert sorted(found) == sorted({*both[0], *both[1]})


@pytest.mark.parametrize("queries", [1, 3])
@pytest.mark.parametrize("left_out", [LeftOut.NOTHING, LeftOut.HEARD, LeftOut.DISLIKED])
async def test_the_index_is_used_under_generic_plans(
    url: str, space: Space, archive: SyntheticArchive, queries: int, left_out: LeftOut
) -> None:
    """A bound vector keeps it in use."""
    statement = by_vectors.nearest_tracks(space, TrackFilter(), left_out, 20, queries, exact=False).decode()
    names = {**{by_vectors.QUERIES[n]: f"${n + 1}" for n in range(queries)}, "listener": f"${queries + 1}"}
    names["tag_revision"] = f"${queries + 2}"
    prepared = statement
    for name, place in names.items():
        prepared = prepared.replace(f"%({name})s", place)
    types = ", ".join(["vector"] * queries + ["uuid", "bigint"])
    given = ", ".join(["NULL"] * (queries + 2))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET plan_cache_mode = force_generic_plan")
        connection.execute(f"PREPARE search ({types}) AS {prepared}")
        plan = "\n".join(row[0] for row in connection.execute(f"EXPLAIN EXECUTE search ({given})"))
    assert plan.count(f"Index Scan using track_embeddings_r{space.revision_id}") >= queries
    assert f"Seq Scan on track_embeddings_r{space.revision_id}" not in plan


async def test_nearly_all_are_found_through_the_index(
    retrieval: PostgresRetrieval, space: Space, archive: SyntheticArchive
) -> None:
    shares = []
    for row in range(20):
        query = mean(archive, row, row + 50)
        found = {c.track.id for c in await retrieval.nearest_tracks(space, query[None], 20, TrackFilter())}
        shares.append(len(found & set(expected(archive, query, np.arange(COUNT), 20))) / 20)
    assert np.mean(shares) >= 0.95


async def test_what_was_heard_is_left_out_however_much_and_the_list_is_full(
    retrieval: PostgresRetrieval, space: Space, archive: SyntheticArchive
) -> None:
    without = Without(user_id=LISTENER)
    query = mean(archive, 3, 5, 8)
    found = await retrieval.nearest_tracks(space, query[None], 500, TrackFilter(), without)
    assert [c.track.id for c in found] == expected(archive, query, np.arange(HEARD, COUNT), 500)
    # And with a filter that leaves little: the album of the last ten.
    album = found[0].track.album_id
    assert album is not None
    of_album = await retrieval.nearest_tracks(space, query[None], 20, TrackFilter(album_ids=(album,)), without)
    assert {c.track.album_id for c in of_album} == {album}
    assert len(of_album) == 10


async def test_capped_search_holds_all_that_a_capped_list_can(
    retrieval: PostgresRetrieval, space: Space, archive: SyntheticArchive
) -> None:
    """Ten tracks are on an album, in the order of the rows."""
    options, query = RecommendationOptions(max_per_album=1), mean(archive, 3)
    found = await retrieval.nearest_tracks_capped(
        space, query[None], 100, TrackFilter(), options, Without(user_id=LISTENER)
    )
    best = [expected(archive, query, np.arange(row, row + 10), 1)[0] for row in range(HEARD, COUNT, 10)]
    assert {c.track.id for c in take(found, 100, options)} == set(best)


async def test_a_ranking_by_listeners_is_the_same_for_the_same_seed(
    retrieval: PostgresRetrieval, archive: SyntheticArchive
) -> None:
    async def ranked(seed: str) -> list[int]:
        found = await retrieval.ranked_tracks(
            Ranking.POPULAR, seed, None, 50, TrackFilter(), RecommendationOptions(), None
        )
        assert {c.plays.listeners for c in found if c.plays} == {1}
        return [c.track.id for c in found]

    first = await ranked("a")
    assert set(first) <= set(archive.track_ids[:HEARD].tolist())
    assert await ranked("a") == first
    assert await ranked("b") != first
