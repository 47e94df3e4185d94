"""Transactions outlast a moment without the database, and nothing else."""

from __future__ import annotations

from threading import Event

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from jobs.transactions import transact

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
