"""What is worth another try."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy
from sqlalchemy import Engine, text

from domain.errors.base import Retryable
from domain.errors.recordings import NotAudio
from jobs.brokers.retrying import MAX_RETRIES, may_pass, retries


def test_what_may_pass_is_ours_to_retry_or_an_absent_database_or_network() -> None:
    assert may_pass(Retryable())
    assert may_pass(psycopg.OperationalError("server closed the connection"))
    assert may_pass(psycopg.errors.DeadlockDetected())
    assert may_pass(ConnectionResetError())
    assert may_pass(TimeoutError())
    assert not may_pass(NotAudio(path="a.flac", reason="a picture"))
    assert not may_pass(psycopg.errors.UndefinedTable())
    assert not may_pass(ValueError())


def test_what_sqlalchemy_wraps_counts_like_its_cause(engine: Engine) -> None:
    with engine.connect() as connection:
        with pytest.raises(sqlalchemy.exc.ProgrammingError) as missing:
            connection.execute(text("SELECT * FROM nowhere"))
        connection.rollback()
        with pytest.raises(sqlalchemy.exc.OperationalError) as gone:
            connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert not may_pass(missing.value)
    assert may_pass(gone.value)


def test_what_may_pass_is_tried_ten_times_more_and_what_is_final_never() -> None:
    retry_when = retries().retry_when
    assert retry_when is not None
    assert retry_when(MAX_RETRIES - 1, Retryable())
    assert not retry_when(MAX_RETRIES, Retryable())
    assert not retry_when(0, ValueError())
