"""What is stored of a user comes out completely, and goes completely."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from uuid import UUID

import psycopg
import pytest

from domain.api_key import new_key
from domain.errors.asking import InvalidCursor
from domain.errors.listening import UserNotFound
from domain.ids import encode
from sql.catalogue.pages import Key
from sql.database import Database
from sql.engine import make_engine
from sql.listening.user_export import PARTS, UserExport, UserRow, stream_user
from sql.listening.user_rows import delete_user, find_user
from tests.small_archive import fill

pytestmark = pytest.mark.anyio

ANA, BEN = UUID(int=1), UUID(int=2)
INTERACTIONS = 250


@pytest.fixture(scope="module")
def filled(new_database: Callable[[], str]) -> str:
    """For all tests that only read."""
    url = new_database()
    fill_with_users(url)
    return url


def fill_with_users(database_url: str) -> None:
    """Two users, each with 2 sessions, 250 interactions, 3 impressions and a key."""
    track = fill(database_url).tracks["Prelude"]
    with psycopg.connect(database_url, autocommit=True) as connection:
        for user in (ANA, BEN):
            connection.execute(
                "INSERT INTO users (id, name, external_id, group_name, anonymous) VALUES (%s, %s, %s, 'PT', false)",
                [user, f"User {user.int}", f"listener-{user.int}"],
            )
            for number in range(2):
                connection.execute(
                    "INSERT INTO sessions (user_id, started_at)"
                    " VALUES (%s, timestamptz '2026-07-01' + %s * interval '1 h')",
                    [user, number],
                )
            connection.execute(
                "INSERT INTO interactions (user_id, session_id, track_id, kind, occurred_at, client_id)"
                " SELECT %s, (SELECT id FROM sessions WHERE user_id = %s LIMIT 1), %s, 'PLAY',"
                # Pairs of them at the same time.
                " timestamptz '2026-07-01' + n / 2 * interval '1 s', n::text FROM generate_series(1, %s) AS n",
                [user, user, track, INTERACTIONS],
            )
            for _ in range(3):
                connection.execute(
                    "INSERT INTO impressions (user_id, track_ids) VALUES (%s, ARRAY[%s::bigint])", [user, track]
                )
            key = new_key()
            connection.execute(
                "INSERT INTO api_keys (prefix, digest, label, role, user_id) VALUES (%s, %s, 'a player', 'USER', %s)",
                [key.prefix, key.digest, user],
            )


@pytest.fixture
async def export(filled: str) -> AsyncIterator[UserExport]:
    database = Database(filled, size=1, statement_timeout_seconds=10)
    yield UserExport(database)
    await database.close()


async def pages_of(export: UserExport, user: UUID, first: int) -> list[UserRow]:
    found: list[UserRow] = []
    after: Key | None = None
    while True:
        page = await export.page(user, first, after)
        assert 0 < len(page.rows) <= first
        found += [row for _, row in page.rows]
        if not page.has_next:
            return found
        after = page.rows[-1][0]


@pytest.mark.parametrize("first", [1, 7, 100])
async def test_every_row_comes_once_in_pages_of_any_size(export: UserExport, first: int) -> None:
    rows = await pages_of(export, ANA, first)
    counts = {part.table: sum(row.table == part.table for row in rows) for part in PARTS}
    assert counts == {"users": 1, "sessions": 2, "interactions": INTERACTIONS, "impressions": 3, "api_keys": 1}
    assert len(rows) == await export.count(ANA) == 1 + 2 + INTERACTIONS + 3 + 1
    assert len({(row.table, str(row.row["id"])) for row in rows}) == len(rows)
    of_whom = {row.row["id" if row.table == "users" else "user_id"] for row in rows}
    assert of_whom == {str(ANA)}


async def test_a_row_has_every_column_but_the_secret(export: UserExport, filled: str) -> None:
    rows = await pages_of(export, ANA, 100)
    columns = {row.table: set(row.row) for row in rows}
    with psycopg.connect(filled) as connection:
        for part in PARTS:
            found = connection.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s", [part.table]
            )
            expected = {name for (name,) in found}
            assert columns[part.table] == expected - ({"digest"} if part.table == "api_keys" else set())
    [user] = [row.row for row in rows if row.table == "users"]
    assert (user["name"], user["external_id"], user["group_name"]) == ("User 1", "listener-1", "PT")


async def test_who_is_not_there_has_nothing(export: UserExport) -> None:
    page = await export.page(UUID(int=9), 10, None)
    assert (page.rows, page.has_next) == ([], False)
    assert await export.count(UUID(int=9)) == 0


@pytest.mark.parametrize("key", [(9, "2"), (-1, "2"), (0, "2"), (2, "x"), (2, str(2**63)), (2, "-1"), (1, "1")])
async def test_a_key_that_no_row_has_is_refused(export: UserExport, key: tuple[int, str]) -> None:
    [(number, moment, _)] = [key for key, _ in (await export.page(ANA, 1, None)).rows]
    assert number == 0
    with pytest.raises(InvalidCursor):
        await export.page(ANA, 10, (key[0], moment, key[1]))


async def test_all_at_once_is_the_same(export: UserExport, filled: str) -> None:
    paged = await pages_of(export, ANA, 100)
    with psycopg.connect(filled, autocommit=True) as connection:
        at_once = list(stream_user(connection, ANA))
    assert at_once == paged


async def test_whatever_refers_to_a_user_is_told_and_goes_with_them(database_url: str) -> None:
    """Of every table, also those that will come: one that names a user goes with them, and is among what is told."""
    fill_with_users(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        referring = connection.execute(
            "SELECT conrelid::regclass::text, confdeltype FROM pg_constraint"
            " WHERE contype = 'f' AND confrelid = 'users'::regclass"
        ).fetchall()
        named = connection.execute(
            "SELECT table_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name = 'user_id'"
        ).fetchall()
    told = {part.table for part in PARTS} - {"users"}
    assert {table for table, _ in referring} == {table for (table,) in named} == told
    assert {rule for _, rule in referring} == {"c"}
    engine = make_engine(database_url)
    with engine.begin() as connection:
        delete_user(connection, ANA)
    engine.dispose()
    database = Database(database_url, size=1, statement_timeout_seconds=10)
    export = UserExport(database)
    assert await export.count(ANA) == 0
    assert await export.count(BEN) == 1 + 2 + INTERACTIONS + 3 + 1
    await database.close()


async def test_a_user_is_found_by_any_name(filled: str) -> None:
    engine = make_engine(filled)
    with engine.connect() as connection:
        for name in (str(ANA), encode("User", str(ANA)), "listener-1"):
            assert find_user(connection, name) == ANA
        for name in ("listener-3", str(UUID(int=9)), "", encode("Track", "1"), "\u0130"):
            with pytest.raises(UserNotFound):
                find_user(connection, name)
    engine.dispose()
