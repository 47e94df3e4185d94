"""The service on a small archive whose similarities can be read off: unit vectors in the first two dimensions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np
import psycopg
import pytest
from pgvector import Vector

from domain.errors.asking import (
    InvalidFilter,
    InvalidSegment,
    SpaceNotFound,
    SpaceNotReady,
    TrackNotEmbedded,
    TrackNotFound,
)
from domain.recommendations import (
    ReasonKind,
    RecommendationList,
    RecommendationOptions,
    SimilarRequest,
    StrategyName,
    TrackFilter,
)
from domain.service import RecommendationService
from domain.spaces import backend_facts
from sql.database import Database
from sql.engine import make_engine
from sql.retrieval.recommended import PostgresRetrieval
from sql.spaces.partitions import make_partitions

pytestmark = pytest.mark.anyio

BACH, VIVALDI = 1, 2


@dataclass(frozen=True)
class Row:
    """A track: `cosine` is its similarity to the direction (1, 0); None: not embedded."""

    title: str
    cosine: float | None
    album: int | None
    composer: int | None
    tags: tuple[str, ...] = ()
    silent: bool = False


TRACKS = [
    Row("Air", 1.0, 1, BACH, ("strings", "slow", "violin")),
    Row("Badinerie", 0.96, 1, BACH, ("flute", "fast")),
    Row("Largo", 0.8, 2, VIVALDI, ("violin", "strings", "quiet")),
    Row("Presto", 0.6, 2, VIVALDI, ("fast",)),
    Row("Etude", 0.28, None, None),
    Row("New", None, 2, BACH),
    Row("Silence", None, 2, None, silent=True),
]
AIR, BADINERIE, LARGO, PRESTO, ETUDE, NEW, SILENCE = range(1, 8)


def on_the_circle(cosine: float) -> np.ndarray:
    vector = np.zeros(200, dtype=np.float32)
    vector[:2] = cosine, np.sqrt(1 - cosine**2)
    return vector


def write(url: str, rows: list[Row]) -> int:
    """Write the rows with ids from 1; returns the revision of musicnn-mtt."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO albums (folder, title, sort_key) "
            "VALUES ('/a', 'Suites', 'suites'), ('/b', 'Seasons', 'seasons')"
        )
        connection.execute("INSERT INTO composers (name, sort_key) VALUES ('Bach', 'bach'), ('Vivaldi', 'vivaldi')")
        [(space_id,)] = connection.execute(
            "INSERT INTO spaces (name, backend, dimension, metric) "
            "VALUES ('musicnn-mtt', 'musicnn-mtt', 200, 'cosine') RETURNING id"
        ).fetchall()
        [(revision_id,)] = connection.execute(
            "INSERT INTO space_revisions (space_id, revision, state, indexed) "
            "VALUES (%s, '1', 'FILLING', false) RETURNING id",
            (space_id,),
        ).fetchall()
        connection.execute("UPDATE spaces SET active_revision_id = %s", (revision_id,))
    engine = make_engine(url)
    with engine.begin() as alchemy:
        make_partitions(alchemy, revision_id, 200)
    engine.dispose()
    vocabulary = backend_facts("musicnn-mtt").tags
    with psycopg.connect(url) as connection:
        for row in rows:
            [(track_id,)] = connection.execute(
                "INSERT INTO tracks (content_hash, album_id, composer_id, title, sort_key, duration_seconds, "
                "codec, sample_rate, channels, truncated, silent) "
                "VALUES (%(title)s, %(album)s, %(composer)s, %(title)s, %(title)s, 30, "
                "'flac', 44100, 2, false, %(silent)s) RETURNING id",
                {"title": row.title, "album": row.album, "composer": row.composer, "silent": row.silent},
            ).fetchall()
            if row.cosine is None:
                continue
            vector = Vector(on_the_circle(row.cosine)).to_text()
            connection.execute("INSERT INTO track_embeddings VALUES (%s, %s, %s)", (revision_id, track_id, vector))
            connection.execute(
                "INSERT INTO track_tags VALUES (%s, %s, %s, %s)",
                (revision_id, track_id, [0.0] * len(vocabulary), list(row.tags)),
            )
    return int(revision_id)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, size=1, statement_timeout_seconds=10)
    yield database
    await database.close()


@pytest.fixture
def service(database: Database) -> RecommendationService:
    return RecommendationService(PostgresRetrieval(database, exact_below=20_000))


@pytest.fixture
def archive(database_url: str) -> int:
    return write(database_url, TRACKS)


def titles(found: RecommendationList) -> list[str]:
    return [item.candidate.track.title for item in found.items]


@pytest.mark.usefixtures("archive")
async def test_the_nearest_come_first_with_their_cosine(service: RecommendationService) -> None:
    found = await service.similar(SimilarRequest(AIR))
    assert (found.strategy, found.space, found.fallback_reason) == (StrategyName.KNN, "musicnn-mtt", None)
    assert titles(found) == ["Badinerie", "Largo", "Presto", "Etude"]
    assert [item.rank for item in found.items] == [1, 2, 3, 4]
    assert [item.score for item in found.items] == pytest.approx([0.96, 0.8, 0.6, 0.28], abs=1e-6)


@pytest.mark.usefixtures("archive")
async def test_reasons_are_facts(service: RecommendationService) -> None:
    found = await service.similar(SimilarRequest(AIR))
    reasons = {item.candidate.track.title: [(r.kind, r.text) for r in item.reasons] for item in found.items}
    assert reasons == {
        "Badinerie": [(ReasonKind.SAME_COMPOSER, "Also by Bach"), (ReasonKind.SAME_ALBUM, "Also on Suites")],
        "Largo": [(ReasonKind.SHARED_TAGS, "Both sound like: strings, violin")],
        "Presto": [(ReasonKind.SOUNDS_ALIKE, "Sounds like Air")],
        "Etude": [(ReasonKind.SOUNDS_ALIKE, "Sounds like Air")],
    }
    assert {r.track_id for item in found.items for r in item.reasons} == {AIR}


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (TrackFilter(album_ids=(2,)), ["Largo", "Presto"]),
        (TrackFilter(composer_ids=(BACH,)), ["Badinerie"]),
        (TrackFilter(tags=("fast",)), ["Badinerie", "Presto"]),
        (TrackFilter(tags=("violin", "quiet")), ["Largo"]),
        (TrackFilter(min_duration_seconds=30.5), []),
        (TrackFilter(max_duration_seconds=30, exclude_track_ids=(BADINERIE, PRESTO)), ["Largo", "Etude"]),
        (TrackFilter(exclude_track_ids=(LARGO,)), ["Badinerie", "Presto", "Etude"]),
    ],
)
async def test_filters_say_what_may_appear(
    service: RecommendationService, where: TrackFilter, expected: list[str]
) -> None:
    assert titles(await service.similar(SimilarRequest(AIR, filter=where))) == expected


@pytest.mark.usefixtures("archive")
async def test_caps_and_diversity(service: RecommendationService) -> None:
    capped = SimilarRequest(AIR, options=RecommendationOptions(max_per_album=1))
    assert titles(await service.similar(capped)) == ["Badinerie", "Largo", "Etude"]
    # after Badinerie (0.96) the vectors at arccos .8, .6, .28: with d = 1 the one furthest from it
    diverse = SimilarRequest(AIR, first=2, options=RecommendationOptions(diversity=1.0))
    assert titles(await service.similar(diverse)) == ["Badinerie", "Etude"]


@pytest.mark.usefixtures("archive")
async def test_a_track_that_is_not_embedded_falls_back_and_says_so(service: RecommendationService) -> None:
    found = await service.similar(SimilarRequest(NEW))
    assert (found.strategy, found.space) == (None, None)
    assert (
        found.fallback_reason
        == "This track has no embedding in space 'musicnn-mtt': it is not embedded yet, or could not be."
    )
    # same composer: 1, 2; same album: 3, 4, 7; then 5
    assert [item.candidate.track.id for item in found.items] == [AIR, BADINERIE, LARGO, PRESTO, SILENCE, ETUDE]
    assert {item.score for item in found.items} == {None}
    assert found.items[0].reasons[0].text == "Also by Bach"
    assert found.items[-1].reasons == ()


@pytest.mark.usefixtures("archive")
async def test_an_explicit_wish_that_cannot_be_met_is_an_error(service: RecommendationService) -> None:
    with pytest.raises(TrackNotEmbedded, match="it is not embedded yet"):
        await service.similar(SimilarRequest(NEW, space="musicnn-mtt"))
    with pytest.raises(TrackNotEmbedded, match="it is silent"):
        await service.similar(SimilarRequest(SILENCE, strategy=StrategyName.KNN))
    with pytest.raises(SpaceNotReady, match="segue embed --space musicnn-msd"):
        await service.similar(SimilarRequest(AIR, space="musicnn-msd"))
    with pytest.raises(SpaceNotFound, match="musicnn-mtt, musicnn-msd"):
        await service.similar(SimilarRequest(AIR, space="nonsense"))


@pytest.mark.usefixtures("archive")
async def test_unknown_tracks_and_tags_are_named(service: RecommendationService) -> None:
    for request in (SimilarRequest(999), SimilarRequest(999, space="musicnn-mtt")):
        with pytest.raises(TrackNotFound, match="999"):
            await service.similar(request)
    with pytest.raises(InvalidFilter, match=r"'viola da gamba'.*harpsichord"):
        await service.similar(SimilarRequest(AIR, filter=TrackFilter(tags=("viola da gamba",))))


async def test_an_archive_that_nothing_was_embedded_in(service: RecommendationService, database_url: str) -> None:
    write(database_url, [Row("One", None, 1, BACH), Row("Two", None, None, BACH), Row("Three", None, None, None)])
    found = await service.similar(SimilarRequest(1, options=RecommendationOptions(max_per_composer=1)))
    assert found.fallback_reason == "Space 'musicnn-mtt' holds no embeddings yet."
    assert titles(found) == ["Two", "Three"]
    with pytest.raises(TrackNotFound):
        await service.similar(SimilarRequest(4))
    with pytest.raises(SpaceNotReady):
        await service.similar(SimilarRequest(1, strategy=StrategyName.KNN))


async def test_caps_reach_past_the_nearest_candidates(service: RecommendationService, database_url: str) -> None:
    # 30 near tracks of Bach, then one of Vivaldi: a list of two under a cap of one needs the thirty-first
    rows = [Row("Seed", 1.0, None, None)]
    rows += [Row(f"Bach {n}", 0.99 - n / 100, None, BACH) for n in range(30)]
    rows += [Row("Vivaldi", 0.1, None, VIVALDI)]
    write(database_url, rows)
    for diversity in (0.0, 0.3):
        options = RecommendationOptions(max_per_composer=1, diversity=diversity)
        found = await service.similar(SimilarRequest(1, first=2, options=options))
        assert titles(found) == ["Bach 0", "Vivaldi"]


@pytest.fixture
def segments(archive: int, database_url: str) -> None:
    """Air has two segments, at cosines 1 and 0 to (1, 0); the others one or two."""
    of_tracks = [(AIR, 1.0), (AIR, 0.0), (LARGO, 0.8), (LARGO, 0.6), (PRESTO, 0.0)]
    with psycopg.connect(database_url) as connection:
        for number, (track_id, cosine) in enumerate(of_tracks):
            start = 15.0 * (number in (1, 3))
            [(segment_id,)] = connection.execute(
                "INSERT INTO segments (track_id, source, start_seconds, end_seconds) "
                "VALUES (%s, 'segue', %s, %s) RETURNING id",
                (track_id, start, start + 15),
            ).fetchall()
            vector = Vector(on_the_circle(cosine)).to_text()
            connection.execute(
                "INSERT INTO segment_embeddings VALUES (%s, %s, %s, %s)", (archive, segment_id, track_id, vector)
            )


@pytest.mark.usefixtures("segments")
async def test_similar_segments_of_one_stored_segment(service: RecommendationService) -> None:
    found = await service.similar_segments(AIR, 0, 15, None, 10)
    assert found.space == "musicnn-mtt"
    places = [(item.rank, item.segment.track_id, item.segment.start_seconds) for item in found.items]
    assert places == [(1, LARGO, 0.0), (2, PRESTO, 0.0)]  # one of each track, Air itself left out
    assert [item.score for item in found.items] == pytest.approx([0.8, 0.0], abs=1e-6)


@pytest.mark.usefixtures("segments")
async def test_a_range_is_the_weighted_mean_of_what_it_overlaps(service: RecommendationService) -> None:
    found = await service.similar_segments(AIR, 11, 18, None, 10)
    # 4 s of (1, 0) and 3 s of (0, 1): (4, 3) / 5 = (.8, .6). Largo at 0 s is (.8, .6), Presto (0, 1).
    assert [item.segment.track_id for item in found.items] == [LARGO, PRESTO]
    assert [item.score for item in found.items] == pytest.approx([1.0, 0.6], abs=1e-6)


@pytest.mark.usefixtures("segments")
async def test_any_range_is_what_its_patches_sound_like(
    service: RecommendationService, archive: int, database_url: str
) -> None:
    # Patches of 3 s: (1, 0), (0, 2), and a last one of (0.5, 0.5); our own segments say something else.
    patches = np.zeros((3, 200), "<f2")
    patches[:, :2] = (1, 0), (0, 2), (0.5, 0.5)
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO patch_embeddings VALUES (%s, %s, 3, 3.0, 3.0, %s)", (archive, AIR, patches.tobytes())
        )
    # From 1 to 4: 2 s of (1, 0) and 1 s of (0, 2) make (2, 2). Largo is (.8, .6): 1.4 / √2. Presto is (0, 1): 1 / √2.
    found = await service.similar_segments(AIR, 1, 4, None, 10)
    assert [item.segment.track_id for item in found.items] == [LARGO, PRESTO]
    assert [item.score for item in found.items] == pytest.approx([1.4 / 2**0.5, 1 / 2**0.5], abs=1e-6)
    # Within the second patch there is nothing but (0, 2).
    found = await service.similar_segments(AIR, 4, 5, None, 10)
    assert [item.score for item in found.items] == pytest.approx([1.0, 0.8], abs=1e-6)


@pytest.mark.usefixtures("segments")
@pytest.mark.parametrize("bounds", [(-1, 5), (5, 5), (6, 5), (0, 31), (float("nan"), 5), (0, float("inf"))])
async def test_a_range_outside_the_track_is_refused(
    service: RecommendationService, bounds: tuple[float, float]
) -> None:
    with pytest.raises(InvalidSegment, match=r"which lasts 30\.0 s"):
        await service.similar_segments(AIR, *bounds, None, 10)


@pytest.mark.usefixtures("segments")
async def test_segments_of_what_is_not_there(service: RecommendationService) -> None:
    with pytest.raises(TrackNotFound):
        await service.similar_segments(999, 0, 5, None, 10)
    with pytest.raises(TrackNotEmbedded, match="it is not embedded yet"):
        await service.similar_segments(ETUDE, 0, 5, None, 10)
    with pytest.raises(SpaceNotReady):
        await service.similar_segments(AIR, 0, 5, "musicnn-msd", 10)
