"""What the database's errors mean, with a real server's where it can be had without filling a disk."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from domain.errors.machine import DatabaseFull, DatabaseUnreachable
from sql.database import Database
from sql.engine import make_engine
from sql.faults import fault_of, is_disk_full, naming_faults, place_of

RAISE_DISK_FULL = """
    DO $$ BEGIN
        RAISE 'could not extend file "base/5/16399": No space left on device' USING ERRCODE = '53100';
    END $$
"""


def test_a_full_disk_is_told_with_its_place(database_url: str) -> None:
    engine = make_engine(database_url)
    with pytest.raises(OperationalError) as raised, engine.begin() as connection:
        connection.execute(text(RAISE_DISK_FULL))
    engine.dispose()
    assert is_disk_full(raised.value)
    fault = fault_of(raised.value, "db.example.org")
    assert isinstance(fault, DatabaseFull)
    assert str(fault).startswith(
        "The disk of the database at 'db.example.org' is full: could not extend file \"base/5/16399\": No space left on"
        " device. Make room there and try again"
    )


@pytest.mark.anyio
async def test_who_writes_through_the_api_is_told_too(database_url: str) -> None:
    database = Database(database_url, size=1, statement_timeout_seconds=5)
    with pytest.raises(DatabaseFull, match="is full: could not extend file"):
        await database.rows(RAISE_DISK_FULL)
    await database.close()


def test_a_server_that_is_away_is_told_as_such() -> None:
    with pytest.raises(DatabaseUnreachable, match="nowhere"), naming_faults("postgresql:///segue?host=/nowhere"):
        psycopg.connect("postgresql:///segue?host=/nowhere")


def test_other_errors_are_left_as_they_are(database_url: str) -> None:
    engine = make_engine(database_url)
    with pytest.raises(DBAPIError) as raised, naming_faults(database_url), engine.begin() as connection:
        connection.execute(text("SELECT * FROM nowhere"))
    engine.dispose()
    assert not is_disk_full(raised.value)
    assert fault_of(raised.value, "here") is None
    assert fault_of(ValueError(), "here") is None


def test_what_has_a_name_of_ours_keeps_it() -> None:
    own = DatabaseUnreachable(reason="too many clients")
    own.__cause__ = psycopg.errors.DiskFull()
    assert not is_disk_full(own)
    assert fault_of(own, "here") is None


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql://me:secret@db.example.org:5432/segue?sslmode=require", "db.example.org"),
        ("postgresql+psycopg://me:***@db.example.org/segue", "db.example.org"),
        ("postgresql:///segue?host=/srv/segue/postgres", "/srv/segue/postgres"),
        ("postgresql:///segue?host=%2Fsrv%2Fsegue%2Fpostgres", "/srv/segue/postgres"),
        ("postgresql:///segue", "localhost"),
    ],
)
def test_a_place_is_a_server_or_a_folder_and_no_secret(url: str, place: str) -> None:
    assert place_of(url) == place


REFUSED = 'connection failed: connection to server on socket "/data/.s.PGSQL.5432" failed: FATAL:  '


def test_a_server_that_lets_nobody_in_for_want_of_room_is_full_and_not_away() -> None:
    error = psycopg.OperationalError(REFUSED + "could not write init file: No space left on device")
    assert is_disk_full(error)
    fault = fault_of(error, "/data")
    assert isinstance(fault, DatabaseFull)
    assert str(fault).startswith(
        "The disk of the database at '/data' is full: could not write init file: No space left on device. "
    )


def test_a_server_that_is_not_there_is_away() -> None:
    error = psycopg.OperationalError(REFUSED + "the database system is starting up")
    assert not is_disk_full(error)
    assert isinstance(fault_of(error, "/data"), DatabaseUnreachable)
