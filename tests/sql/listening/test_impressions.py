"""What was shown is stored once, and nothing of who is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest

from domain.listening import Impression, InteractionKind, NewInteraction
from sql.database import Database
from sql.listening.impressions import Impressions
from sql.listening.recording import Recorded, Recording
from sql.listening.sessions import Sessions
from sql.listening.users import Users
from tests.domain.test_batches import NOW
from tests.small_archive import SmallArchive, fill

pytestmark = pytest.mark.anyio

ANA, SITTING = UUID(int=1), UUID(int=2)
SHOWN = Impression(UUID(int=3), ANA, None, "BERT4REC", 7, "musicnn-mtt", (5, 4))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, size=2, statement_timeout_seconds=10)
    yield database
    await database.close()


@pytest.fixture
def archive(database_url: str) -> SmallArchive:
    return fill(database_url)


def stored(database: Database) -> list[tuple[Any, ...]]:  # Any: columns
    with psycopg.connect(database.url) as connection:
        return connection.execute(
            "SELECT id, user_id, session_id, strategy, model_id, space, track_ids FROM impressions ORDER BY id"
        ).fetchall()


async def test_what_is_shown_is_stored_once(database: Database) -> None:
    await Users(database).create(ANA, "Ana", anonymous=False)
    for _ in range(2):
        await Impressions(database).store(SHOWN)
    assert stored(database) == [(UUID(int=3), ANA, None, "BERT4REC", 7, "musicnn-mtt", [5, 4])]


async def test_of_a_user_who_is_gone_nothing_is_kept(database: Database) -> None:
    await Impressions(database).store(SHOWN)
    assert stored(database) == []


@pytest.mark.parametrize("by_session", [False, True])
async def test_an_interaction_gets_the_rank_that_its_track_was_shown_at(
    database: Database, archive: SmallArchive, by_session: bool
) -> None:
    await Users(database).create(ANA, "Ana", anonymous=False)
    await Sessions(database).start(SITTING, ANA)
    shown = replace(SHOWN, track_ids=(archive.tracks["Waltz"], archive.tracks["Fugue"]))
    await Impressions(database).store(replace(shown, user_id=None, session_id=SITTING) if by_session else shown)
    heard = NewInteraction("a", archive.tracks["Fugue"], InteractionKind.PLAY, NOW, impression_id=SHOWN.id)
    assert await Recording(database).record(None, SITTING, [heard], {}) == Recorded(new=1, repeated=0)
    with psycopg.connect(database.url) as connection:
        assert connection.execute("SELECT impression_id, rank FROM interactions").fetchall() == [(SHOWN.id, 2)]


async def test_a_session_is_one_users(database: Database, archive: SmallArchive) -> None:
    other = UUID(int=9)
    for user in (ANA, other):
        await Users(database).create(user, None, anonymous=True)
    await Sessions(database).start(SITTING, ANA)
    heard = NewInteraction("a", archive.tracks["Fugue"], InteractionKind.PLAY, NOW)
    record = Recording(database).record
    assert await record(other, SITTING, [heard], {}) is None
    assert await record(ANA, UUID(int=8), [heard], {}) is None
    assert await record(UUID(int=7), None, [heard], {}) is None
    assert await record(ANA, SITTING, [heard], {}) == Recorded(new=1, repeated=0)
    assert await Sessions(database).end(SITTING, other) is None
    assert await Sessions(database).start(UUID(int=4), UUID(int=7)) is None
