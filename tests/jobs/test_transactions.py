"""Transactions outlast a moment without the database, and nothing else."""

from __future__ import annotations

from threading import Event

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from domain.errors.machine import DatabaseFull
from jobs import transactions
from jobs.transactions import transact

RAISE_DISK_FULL = "DO $$ BEGIN RAISE 'no room' USING ERRCODE = '53100'; END $$"
BREAK_OFF = text("SELECT pg_terminate_backend(pg_backend_pid())")


def test_it_commits_and_returns(engine: Engine) -> None:
    assert transact(engine, lambda connection: connection.scalar(text("SELECT 1 + 1")), stopping=Event()) == 2
    transact(engine, lambda connection: connection.execute(text("CREATE TABLE kept ()")), stopping=Event())
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM kept")) == 0


def test_work_is_done_again_when_the_database_goes_away(engine: Engine) -> None:
    attempts: list[int] = []

    def work(connection: Connection) -> int:
        attempts.append(1)
        if len(attempts) < 3:
            connection.execute(BREAK_OFF)
        return len(attempts)

    assert transact(engine, work, stopping=Event()) == 3


def test_a_mistake_is_not_repeated(engine: Engine) -> None:
    attempts: list[int] = []

    def work(connection: Connection) -> None:
        attempts.append(1)
        connection.execute(text("SELECT * FROM nowhere"))

    with pytest.raises(ProgrammingError):
        transact(engine, work, stopping=Event())
    assert len(attempts) == 1


def test_a_full_disk_is_waited_for_a_moment_only(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "PATIENCE_OF_FULL_DISK_SECONDS", 0.5)
    attempts: list[int] = []

    def work(connection: Connection) -> int:
        attempts.append(1)
        if len(attempts) != 5:
            connection.execute(text(RAISE_DISK_FULL))
        return len(attempts)

    with pytest.raises(DatabaseFull, match="is full: no room"):
        transact(engine, work, stopping=Event())
    # At once, after 0.2 s, and no third time 0.4 s later.
    assert len(attempts) == 2
    monkeypatch.setattr(transactions, "PATIENCE_OF_FULL_DISK_SECONDS", 5.0)
    assert transact(engine, work, stopping=Event()) == 5  # after 0.2 and 0.4 s more


def test_who_is_stopping_does_not_wait(engine: Engine) -> None:
    stopping = Event()
    stopping.set()
    attempts: list[int] = []

    def work(connection: Connection) -> None:
        attempts.append(1)
        connection.execute(BREAK_OFF)

    with pytest.raises(DBAPIError) as gone:
        transact(engine, work, stopping=stopping)
    assert isinstance(gone.value, OperationalError)
    assert len(attempts) == 1
