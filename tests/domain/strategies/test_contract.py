"""What holds for every strategy, whoever asks and whatever they heard."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.errors.listening import SessionNotFound, UserNotFound
from domain.for_listeners import ALL_HEARD, NOTHING_HEARD
from domain.listening import InteractionKind
from domain.recommendations import TRAINED, RecommendationList, RecommendationOptions, StrategyName, TrackFilter
from domain.requests import ListenerRequest
from domain.service import RecommendationService
from sql.database import Database
from sql.listening.impressions import Impressions
from sql.retrieval.recommended import PostgresRetrieval
from tests.domain.listeners import ALBUMS, Archive, ModelsOfTests, filled

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("strategy", list(StrategyName))]

COMPARING = (StrategyName.KNN, *TRAINED, StrategyName.AUTO)
DISLIKE, LIKE, PLAY, SKIP = (InteractionKind[name] for name in ("DISLIKE", "LIKE", "PLAY", "SKIP"))


@pytest.fixture(scope="module")
def archive(new_database: Callable[[], str]) -> Archive:
    """Somebody has played a track of it."""
    made = filled(new_database())
    made.record(made.user(), made.tracks[20:21])
    return made


@pytest.fixture(scope="module")
def tireless(archive: Archive) -> UUID:
    """Somebody who heard the first track once, long ago, and the next forty 250 times each."""
    user = archive.user()
    archive.record(user, archive.tracks[:1])
    archive.record(user, archive.tracks[1:41] * 250)
    return user


@pytest.fixture
async def database(archive: Archive) -> AsyncIterator[Database]:
    database = Database(archive.url, size=2, statement_timeout_seconds=10)
    yield database
    await database.close()


@pytest.fixture
def service(database: Database) -> RecommendationService:
    return RecommendationService(
        PostgresRetrieval(database, exact_below=20_000), ModelsOfTests(), Impressions(database)
    )


def ids(found: RecommendationList) -> list[int]:
    return [item.candidate.track.id for item in found.items]


async def test_nobody_and_no_session(service: RecommendationService, strategy: StrategyName) -> None:
    with pytest.raises(UserNotFound):
        await service.for_listener(ListenerRequest(user_id=uuid4(), strategy=strategy))
    with pytest.raises(SessionNotFound):
        await service.for_listener(ListenerRequest(session_id=uuid4(), strategy=strategy))


async def test_a_session_of_somebody_else(
    service: RecommendationService, archive: Archive, strategy: StrategyName
) -> None:
    session = archive.session(archive.user())
    with pytest.raises(SessionNotFound):
        await service.for_listener(ListenerRequest(user_id=archive.user(), session_id=session, strategy=strategy))


async def test_without_history_the_list_is_full_and_says_why(
    service: RecommendationService, archive: Archive, strategy: StrategyName
) -> None:
    found = await service.for_listener(ListenerRequest(user_id=archive.user(), strategy=strategy))
    assert len(set(ids(found)) & set(archive.playable)) == 10
    assert [item.rank for item in found.items] == list(range(1, 11))
    assert (NOTHING_HEARD in (found.fallback_reason or "")) == (strategy in COMPARING)


@pytest.mark.parametrize("in_session", [False, True])
async def test_one_track_heard(
    service: RecommendationService, archive: Archive, strategy: StrategyName, in_session: bool
) -> None:
    user = archive.user()
    session = archive.session(user) if in_session else None
    archive.record(user, archive.tracks[:1], session=session)
    found = await service.for_listener(
        ListenerRequest(user_id=user, session_id=session, strategy=strategy, filter=TrackFilter())
    )
    assert len(set(ids(found)) & set(archive.playable[1:])) == 10
    assert found.fallback_reason is None
    # Every trained strategy has an active model here, and AUTO takes the first.
    assert found.strategy == (StrategyName.SHALLOW if strategy is StrategyName.AUTO else strategy)
    assert (found.strategy_reason is not None) == (strategy is StrategyName.AUTO)
    assert (found.model is not None) == (found.strategy in TRAINED)


async def test_a_history_of_tracks_that_are_gone_or_never_were_embedded(
    service: RecommendationService, archive: Archive, strategy: StrategyName
) -> None:
    user = archive.user()
    archive.record(user, archive.tracks[-4:])
    found = await service.for_listener(ListenerRequest(user_id=user, strategy=strategy))
    assert len(set(ids(found)) & set(archive.playable[:-2])) == 10


async def test_when_everything_was_heard(
    service: RecommendationService, archive: Archive, strategy: StrategyName
) -> None:
    user = archive.user()
    archive.record(user, archive.tracks)
    asked = ListenerRequest(user_id=user, strategy=strategy)
    found = await service.for_listener(asked)
    assert (ids(found), found.fallback_reason) == ([], ALL_HEARD)
    again = ListenerRequest(user_id=user, strategy=strategy, include_heard=True)
    assert len(set(ids(await service.for_listener(again))) & set(archive.playable)) == 10


async def test_ids_of_another_archive_match_nothing_and_exclude_nothing(
    service: RecommendationService, archive: Archive, strategy: StrategyName
) -> None:
    user = archive.user()
    archive.record(user, archive.tracks[:3])
    foreign = 10**12
    none = TrackFilter(album_ids=(foreign,))
    assert ids(await service.for_listener(ListenerRequest(user_id=user, strategy=strategy, filter=none))) == []
    rest = TrackFilter(exclude_track_ids=(foreign,))
    assert len(ids(await service.for_listener(ListenerRequest(user_id=user, strategy=strategy, filter=rest)))) == 10


async def test_ten_thousand_interactions(
    service: RecommendationService, archive: Archive, tireless: UUID, strategy: StrategyName
) -> None:
    """Of which the newest 500 are read, and all are left out."""
    found = await service.for_listener(ListenerRequest(user_id=tireless, strategy=strategy, first=17))
    assert set(ids(found)) == set(archive.playable[41:])
    assert len(found.items) == 17


async def test_a_track_that_nobody_ever_played_can_be_in_a_list(
    service: RecommendationService, archive: Archive, strategy: StrategyName
) -> None:
    user = archive.user()
    archive.record(user, archive.tracks[:5])
    found = await service.for_listener(ListenerRequest(user_id=user, strategy=strategy, first=100))
    # Also what has no embedding: a list holds all that match.
    assert sorted(ids(found)) == archive.playable[5:]


async def test_filters(service: RecommendationService, archive: Archive, strategy: StrategyName) -> None:
    user = archive.user()
    archive.record(user, archive.tracks[:3])
    where = TrackFilter(album_ids=(_album(archive, 0),), exclude_track_ids=(archive.tracks[4],))
    found = await service.for_listener(ListenerRequest(user_id=user, strategy=strategy, filter=where))
    assert sorted(ids(found)) == [archive.tracks[3], *archive.tracks[5:10]]


@pytest.mark.parametrize("diversity", [0.0, 0.5])
async def test_caps(service: RecommendationService, archive: Archive, strategy: StrategyName, diversity: float) -> None:
    user = archive.user()
    archive.record(user, archive.tracks[:3])
    options = RecommendationOptions(max_per_album=1, diversity=diversity)
    found = await service.for_listener(ListenerRequest(user_id=user, strategy=strategy, options=options))
    assert Counter(item.candidate.track.album_id for item in found.items).most_common(1)[0][1] == 1
    assert len(found.items) == ALBUMS


async def test_what_is_disliked_never_comes_back(
    service: RecommendationService, archive: Archive, strategy: StrategyName
) -> None:
    user = archive.user()
    archive.record(user, archive.tracks[:3])
    archive.record(user, archive.tracks[5:7], DISLIKE)
    archive.record(user, archive.tracks[6:7], LIKE)
    found = await service.for_listener(ListenerRequest(user_id=user, strategy=strategy, first=100, include_heard=True))
    assert set(archive.playable) - set(ids(found)) == {archive.tracks[5]}


async def test_the_same_question_has_the_same_answer_until_something_is_recorded(
    service: RecommendationService, archive: Archive, strategy: StrategyName
) -> None:
    user = archive.user()
    archive.record(user, archive.tracks[:3])
    asked = ListenerRequest(
        user_id=user, strategy=strategy, options=RecommendationOptions(diversity=0.3, max_per_composer=8, interests=2)
    )
    first = ids(await service.for_listener(asked))
    assert ids(await service.for_listener(asked)) == first
    archive.record(user, first[:1], SKIP)
    assert ids(await service.for_listener(asked))[:10] != first


async def test_what_was_shown_is_kept(service: RecommendationService, archive: Archive, strategy: StrategyName) -> None:
    user = archive.user()
    session = archive.session(user)
    archive.record(user, archive.tracks[:3], session=session)
    found = await service.for_listener(ListenerRequest(session_id=session, strategy=strategy, first=4))
    with psycopg.connect(archive.url) as connection:
        kept = connection.execute(
            "SELECT user_id, session_id, strategy, model_id, space, track_ids FROM impressions WHERE id = %s",
            (found.impression_id,),
        ).fetchone()
    model = found.model.id if found.model else None
    assert kept == (user, session, found.strategy, model, found.space, ids(found))


def _album(archive: Archive, row: int) -> int:
    with psycopg.connect(archive.url) as connection:
        [(album,)] = connection.execute("SELECT album_id FROM tracks WHERE id = %s", (archive.tracks[row],)).fetchall()
    return int(album)
