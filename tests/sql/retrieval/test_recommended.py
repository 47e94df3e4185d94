"""Searches are right, use the index when there is one, and return as many as match."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import numpy as np
import psycopg
import pytest

from bench.synthetic import SyntheticArchive, fill
from domain.errors.asking import SpaceNotReady
from domain.recommendations import Candidate, RecommendationOptions, TrackFilter
from domain.spaces import Space
from sql.database import Database
from sql.retrieval import nearest
from sql.retrieval.recommended import PostgresRetrieval

pytestmark = pytest.mark.anyio

COUNT = 3_000
SEED_ROW = 17


@pytest.fixture(scope="module")
def indexed_url(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def archive(indexed_url: str) -> SyntheticArchive:
    """3,000 tracks, indexed: ten on each of 300 albums, twenty-five of each of 120 composers."""
    return fill(indexed_url, COUNT, index_from=1_000)


@pytest.fixture
async def database(indexed_url: str, archive: SyntheticArchive) -> AsyncIterator[Database]:
    database = Database(indexed_url, size=2, statement_timeout_seconds=10)
    yield database
    await database.close()


@pytest.fixture
def retrieval(database: Database) -> PostgresRetrieval:
    return PostgresRetrieval(database, exact_below=1_000)


@pytest.fixture
async def space(retrieval: PostgresRetrieval) -> Space:
    return (await retrieval.spaces())["musicnn-mtt"]


def expected(archive: SyntheticArchive, rows: np.ndarray, count: int) -> list[int]:
    """Ids of the `count` tracks of `rows` nearest to the seed by brute force."""
    rows = rows[rows != SEED_ROW]
    similarity = archive.vectors[rows].astype(np.float64) @ archive.vectors[SEED_ROW]
    return [int(archive.track_ids[row]) for row in rows[np.argsort(-similarity, kind="stable")][:count]]


async def test_exact_search_equals_brute_force(
    retrieval: PostgresRetrieval, space: Space, archive: SyntheticArchive
) -> None:
    exact = replace(space, indexed=False)
    found = await retrieval.similar_tracks(exact, int(archive.track_ids[SEED_ROW]), 20, TrackFilter())
    assert found.seed is not None
    assert found.seed.track.id == archive.track_ids[SEED_ROW]
    assert [c.track.id for c in found.candidates] == expected(archive, np.arange(COUNT), 20)
    similarity = archive.vectors.astype(np.float64) @ archive.vectors[SEED_ROW]
    row = int(np.flatnonzero(archive.track_ids == found.candidates[0].track.id)[0])
    assert found.candidates[0].distance == pytest.approx(1 - similarity[row], abs=1e-6)


async def test_index_search_finds_nearly_all_of_brute_force(
    retrieval: PostgresRetrieval, space: Space, archive: SyntheticArchive
) -> None:
    assert space.indexed
    found = await retrieval.similar_tracks(space, int(archive.track_ids[SEED_ROW]), 20, TrackFilter())
    right = set(expected(archive, np.arange(COUNT), 20)) & {c.track.id for c in found.candidates}
    assert len(found.candidates) == 20
    assert len(right) >= 19


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
def test_the_index_is_used(indexed_url: str, archive: SyntheticArchive, mode: str) -> None:
    plan = explain(indexed_url, archive, mode, exact=False)
    assert f"Index Scan using track_embeddings_r{archive.revision_id}_hnsw" in plan


def test_an_exact_search_leaves_the_index_alone(indexed_url: str, archive: SyntheticArchive) -> None:
    plan = explain(indexed_url, archive, "force_generic_plan", exact=True)
    assert "_hnsw" not in plan
    assert f"Seq Scan on track_embeddings_r{archive.revision_id}" in plan


def explain(url: str, archive: SyntheticArchive, mode: str, *, exact: bool) -> str:
    space = Space(1, "musicnn-mtt", "musicnn-mtt", 200, archive.revision_id, "", "READY", True)  # type: ignore[arg-type]
    statement = nearest.similar_tracks(space, TrackFilter(), 20, exact=exact)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SET plan_cache_mode = {mode}")
        parameters = {"seed": int(archive.track_ids[SEED_ROW]), "tag_revision": archive.revision_id}
        rows = connection.execute(b"EXPLAIN " + statement, parameters, prepare=True).fetchall()
    return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize("indexed", [True, False])
async def test_a_filter_that_keeps_two_percent_fills_the_list(
    retrieval: PostgresRetrieval, space: Space, archive: SyntheticArchive, database: Database, indexed: bool
) -> None:
    albums = [row[0] for row in await database.rows("SELECT id FROM albums ORDER BY id LIMIT 6")]
    where = TrackFilter(album_ids=tuple(albums))  # 6 albums x 10 tracks: 2 % of 3,000
    found = await retrieval.similar_tracks(replace(space, indexed=indexed), int(archive.track_ids[SEED_ROW]), 50, where)
    assert [c.track.id for c in found.candidates] == expected(archive, np.arange(60), 50)


async def test_a_wide_filter_through_the_index_fills_the_list(
    database: Database, space: Space, archive: SyntheticArchive
) -> None:
    retrieval = PostgresRetrieval(database, exact_below=10)
    albums = [row[0] for row in await database.rows("SELECT id FROM albums ORDER BY id LIMIT 6")]
    found = await retrieval.similar_tracks(
        space, int(archive.track_ids[SEED_ROW]), 50, TrackFilter(album_ids=tuple(albums))
    )
    assert len(found.candidates) == 50
    assert {c.track.album_id for c in found.candidates} <= set(albums)


async def test_fewer_match_than_asked_for(
    retrieval: PostgresRetrieval, space: Space, archive: SyntheticArchive, database: Database
) -> None:
    [(album,)] = await database.rows("SELECT min(id) FROM albums")
    found = await retrieval.similar_tracks(
        space,
        int(archive.track_ids[0]),
        50,
        TrackFilter(album_ids=(album,), exclude_track_ids=(int(archive.track_ids[1]),)),
    )
    assert {c.track.id for c in found.candidates} == {int(t) for t in archive.track_ids[2:10]}


async def test_excluded_tracks_make_room_for_the_next(
    retrieval: PostgresRetrieval, space: Space, archive: SyntheticArchive
) -> None:
    exact = replace(space, indexed=False)
    seed = int(archive.track_ids[SEED_ROW])
    ranking = expected(archive, np.arange(COUNT), 15)
    found = await retrieval.similar_tracks(exact, seed, 10, TrackFilter(exclude_track_ids=tuple(ranking[:5])))
    assert [c.track.id for c in found.candidates] == ranking[5:]


async def test_embeddings_come_when_asked_for(
    retrieval: PostgresRetrieval, space: Space, archive: SyntheticArchive
) -> None:
    found = await retrieval.similar_tracks(
        space, int(archive.track_ids[SEED_ROW]), 5, TrackFilter(), with_embeddings=True
    )
    for candidate in found.candidates:
        row = int(np.flatnonzero(archive.track_ids == candidate.track.id)[0])
        assert candidate.embedding is not None
        np.testing.assert_array_equal(candidate.embedding, archive.vectors[row])


async def test_capped_search_holds_all_that_a_capped_list_can(
    retrieval: PostgresRetrieval, space: Space, archive: SyntheticArchive
) -> None:
    seed = int(archive.track_ids[SEED_ROW])
    found = await retrieval.similar_tracks_capped(
        space, seed, 30, TrackFilter(), RecommendationOptions(max_per_album=2, max_per_composer=1)
    )
    groups = Counter((c.track.album_id, c.track.composer_id) for c in found.candidates)
    assert max(groups.values()) == 1
    # every pair of album and composer that occurs is represented (the seed's own pair through its other tracks)
    everything = await retrieval.similar_tracks(replace(space, indexed=False), seed, 1_000, TrackFilter())
    assert {(c.track.album_id, c.track.composer_id) for c in everything.candidates} <= set(groups)
    distances = [c.distance for c in found.candidates]
    assert distances == sorted(distances)  # type: ignore[type-var]


async def test_a_track_without_vector_has_no_seed(retrieval: PostgresRetrieval, space: Space) -> None:
    found = await retrieval.similar_tracks(space, 2**40, 10, TrackFilter())
    assert (found.seed, found.candidates) == (None, [])


async def test_related_tracks_come_by_composer_album_and_id(
    retrieval: PostgresRetrieval, archive: SyntheticArchive
) -> None:
    seed = int(archive.track_ids[SEED_ROW])
    found = await retrieval.related_tracks(seed, 100, TrackFilter(), RecommendationOptions())
    assert found.seed is not None
    kinds = [
        (c.track.composer_id != found.seed.track.composer_id, c.track.album_id != found.seed.track.album_id, c.track.id)
        for c in found.candidates
    ]
    assert kinds == sorted(kinds)
    assert [k[0] for k in kinds].count(False) == 24  # 25 of one composer, without the seed
    assert all(c.distance is None for c in found.candidates)


async def test_what_is_missing_is_never_found(
    retrieval: PostgresRetrieval, database: Database, space: Space, indexed_url: str, archive: SyntheticArchive
) -> None:
    seed, everything = int(archive.track_ids[SEED_ROW]), np.arange(COUNT)
    nearest_five = expected(archive, everything, 5)
    album = next(c.track.album_id for c in (await _similar(retrieval, space, seed, 1, TrackFilter())))
    on_its_album = TrackFilter(album_ids=(album or 0,))
    others = [c.track.id for c in await _similar(retrieval, space, seed, 10, on_its_album)]
    related = [c.track.id for c in (await _related(retrieval, seed))][:5]
    gone = [nearest_five[0], nearest_five[2], related[1]]
    with psycopg.connect(indexed_url, autocommit=True) as connection:
        connection.execute("UPDATE tracks SET missing = true WHERE id = ANY(%s)", [gone])
        try:
            left = [track for track in expected(archive, everything, 8) if track not in gone][:5]
            assert [c.track.id for c in await _similar(retrieval, space, seed, 5, TrackFilter())] == left
            exact = PostgresRetrieval(database, exact_below=COUNT + 1)
            wide = TrackFilter(min_duration_seconds=1.0)
            for way in (retrieval, exact):
                await way.spaces()
                assert [c.track.id for c in await _similar(way, space, seed, 5, wide)] == left
            kept = [track for track in others if track not in gone]
            assert [c.track.id for c in await _similar(retrieval, space, seed, 10, on_its_album)] == kept
            assert len(kept) == len(others) - 1
            capped = await retrieval.similar_tracks_capped(
                space, seed, 5, TrackFilter(), RecommendationOptions(max_per_album=1)
            )
            assert not {c.track.id for c in capped.candidates} & set(gone)
            assert [c.track.id for c in await _related(retrieval, seed)][:4] == [related[0], *related[2:]]
        finally:
            connection.execute("UPDATE tracks SET missing = false WHERE missing")


async def _similar(
    retrieval: PostgresRetrieval, space: Space, seed: int, count: int, where: TrackFilter
) -> list[Candidate]:
    return (await retrieval.similar_tracks(space, seed, count, where)).candidates


async def _related(retrieval: PostgresRetrieval, seed: int) -> list[Candidate]:
    return (await retrieval.related_tracks(seed, 100, TrackFilter(), RecommendationOptions())).candidates


async def test_a_dropped_revision_is_replaced_within_the_search(
    new_database: Callable[[], str],
) -> None:
    url = new_database()
    archive = fill(url, 30)
    database = Database(url, size=1, statement_timeout_seconds=10)
    try:
        retrieval = PostgresRetrieval(database, exact_below=1_000)
        space = (await retrieval.spaces())["musicnn-mtt"]
        gone = replace(space, revision_id=space.revision_id + 999)
        found = await retrieval.similar_tracks(gone, int(archive.track_ids[0]), 5, TrackFilter())
        assert len(found.candidates) == 5
        with psycopg.connect(url) as connection:
            connection.execute(f"DROP TABLE track_embeddings_r{archive.revision_id}")
        with pytest.raises(SpaceNotReady, match="musicnn-mtt"):
            await retrieval.similar_tracks(space, int(archive.track_ids[0]), 5, TrackFilter())
    finally:
        await database.close()


async def test_a_restarted_server_costs_no_request(retrieval: PostgresRetrieval, indexed_url: str) -> None:
    assert len(await retrieval.spaces()) == 1
    with psycopg.connect(indexed_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'segue-api'"
        )
    assert await retrieval.track(2**40) is None
