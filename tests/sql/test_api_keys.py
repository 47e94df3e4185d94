"""API keys: whose request it is, when they were used last, and that a guess is told nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Engine

from domain.api_key import new_key
from domain.errors.access import ApiKeyNotFound
from domain.errors.machine import DatabaseFull
from domain.identity import Identity, Role
from sql.api_key_rows import add_key, all_keys, curators_have_keys, revoke_key
from sql.api_keys import NOTE_USE, ApiKeys
from sql.database import Database, Row, Statement

pytestmark = pytest.mark.anyio


class Watched(Database):
    """Remembers what it was sent; its disk can be full."""

    is_full = False

    def __init__(self, url: str) -> None:
        super().__init__(url, size=1, statement_timeout_seconds=10)
        self.sent: list[tuple[Statement, dict[str, Any] | None]] = []

    async def rows(self, statement: Statement, parameters: dict[str, Any] | None = None) -> list[Row]:
        self.sent.append((statement, parameters))
        if self.is_full and statement == NOTE_USE:
            raise DatabaseFull(place="here", reason="no space left")
        return await super().rows(statement, parameters)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Watched]:
    database = Watched(database_url)
    yield database
    await database.close()


def last_used(engine: Engine) -> datetime | None:
    with engine.connect() as connection:
        [key] = all_keys(connection)
    return key.last_used_at


async def test_a_key_says_whose_it_is(engine: Engine, database: Watched) -> None:
    keys, curator, player = ApiKeys(database), new_key(), new_key()
    with engine.begin() as connection:
        user: UUID = connection.exec_driver_sql("INSERT INTO users (anonymous) VALUES (true) RETURNING id").scalar_one()
        assert not curators_have_keys(connection)
        add_key(connection, player, "a player", user, None)
        assert not curators_have_keys(connection)
        add_key(connection, curator, "a script", None, datetime.now(UTC) + timedelta(days=1))
        assert curators_have_keys(connection)
    assert await keys.identity(curator.text) == Identity(Role.CURATOR, None, curator.prefix)
    assert await keys.identity(player.text) == Identity(Role.USER, user, player.prefix)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM users")
        assert [key.label for key in all_keys(connection)] == ["a script"]
    assert await keys.identity(player.text) is None
    assert await keys.any_of_curators()


async def test_no_secret_is_stored(engine: Engine, database_url: str) -> None:
    key = new_key()
    with engine.begin() as connection:
        add_key(connection, key, "a script", None, None)
    with psycopg.connect(database_url) as connection:
        [(row,)] = connection.execute("SELECT to_jsonb(k)::text FROM api_keys k").fetchall()
    secret = key.text.removeprefix(key.prefix + "_")
    assert len(secret) == 43
    assert secret not in row
    assert key.prefix in row
    assert key.digest.hex() in row


async def test_last_use_is_noted_once_a_minute(engine: Engine, database: Watched) -> None:
    keys, key = ApiKeys(database), new_key()
    with engine.begin() as connection:
        add_key(connection, key, "a script", None, None)
    assert last_used(engine) is None
    for _ in range(5):
        assert await keys.identity(key.text)
    # The first use is noted; the others only read.
    assert [statement == NOTE_USE for statement, _ in database.sent] == [False, True, False, False, False, False]
    first = last_used(engine)
    assert first is not None
    for seconds, noted in ((50, False), (61, True)):
        with engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE api_keys SET last_used_at = now() - interval '{seconds} s'")
        before = last_used(engine)
        await keys.identity(key.text)
        assert (last_used(engine) != before) is noted


async def test_a_full_disk_locks_nobody_out(engine: Engine, database: Watched) -> None:
    keys, key = ApiKeys(database), new_key()
    with engine.begin() as connection:
        add_key(connection, key, "a script", None, None)
    database.is_full = True
    assert await keys.identity(key.text) == Identity(Role.CURATOR, None, key.prefix)
    assert last_used(engine) is None


async def test_a_guess_takes_one_statement_and_the_same_way_whatever_is_right_of_it(
    engine: Engine, database: Watched
) -> None:
    """What is sent to the database is the digest of the guess alone, which its sender cannot steer: nothing that is
    compared there, or here, depends on how much of the key was right."""
    keys, key = ApiKeys(database), new_key()
    with engine.begin() as connection:
        add_key(connection, key, "a script", None, None)
    other = new_key()
    guesses = [
        "segue_",
        other.text,
        key.prefix,
        key.prefix + "_" + other.text.rpartition("_")[2],
        key.text[:-1] + ("A" if key.text[-1] != "A" else "B"),
        key.text + " ",
    ]
    for guess in guesses:
        assert await keys.identity(guess) is None
    assert len(database.sent) == len(guesses)
    assert len({statement for statement, _ in database.sent}) == 1
    for _, parameters in database.sent:
        assert parameters is not None
        assert [(name, len(value)) for name, value in parameters.items()] == [("digest", 32)]


@pytest.mark.parametrize("ended", ["expires_at", "revoked_at"])
async def test_an_ended_key_is_nobodys(engine: Engine, database: Watched, ended: str) -> None:
    keys, key = ApiKeys(database), new_key()
    with engine.begin() as connection:
        add_key(connection, key, "a script", None, None)
        connection.exec_driver_sql(f"UPDATE api_keys SET {ended} = now()")
        # Time alone opens nothing.
        assert curators_have_keys(connection) is (ended == "expires_at")
    assert await keys.identity(key.text) is None
    assert await keys.any_of_curators() is (ended == "expires_at")
    assert last_used(engine) is None


async def test_a_key_is_revoked_once(engine: Engine) -> None:
    key = new_key()
    with engine.begin() as connection:
        add_key(connection, key, "a script", None, None)
    revoked = []
    for _ in range(2):
        with engine.begin() as connection:
            revoked.append(revoke_key(connection, key.prefix).revoked_at)
    assert revoked[0] is not None
    assert revoked[0] == revoked[1]
    with engine.begin() as connection, pytest.raises(ApiKeyNotFound, match="segue keys list"):
        revoke_key(connection, "segue_0")


async def test_a_key_is_a_curators_or_of_one_user(engine: Engine) -> None:
    insert = "INSERT INTO api_keys (prefix, digest, label, role) VALUES ('a', 'a', 'a', '{}')"
    for role in ("USER", "PUBLIC", "", "curator"):
        with pytest.raises(Exception, match="api_keys_of_whom"), engine.begin() as connection:
            connection.exec_driver_sql(insert.format(role))
