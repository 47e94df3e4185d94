"""The broker: what is retried, and enqueuing that ends."""

from __future__ import annotations

import time
from uuid import uuid4

import dramatiq
import psycopg
import pytest
import sqlalchemy
from dramatiq.middleware import Retries
from sqlalchemy import Engine, text

from domain.errors import DatabaseUnreachable, NotAudio, Retryable
from jobs.broker import MAX_RETRIES, client_broker, may_pass, worker_broker

MESSAGE = dramatiq.Message(queue_name="embed", actor_name="embed_next", args=("1",), kwargs={}, options={})


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


def test_a_worker_retries_ten_times_and_never_what_is_final(database_url: str) -> None:
    broker = worker_broker(database_url, uuid4())
    try:
        [retries] = broker.middleware
        assert isinstance(retries, Retries)
        assert retries.retry_when is not None
        assert retries.retry_when(MAX_RETRIES - 1, Retryable())
        assert not retries.retry_when(MAX_RETRIES, Retryable())
        assert not retries.retry_when(0, ValueError())
    finally:
        broker.close()


def test_a_message_is_stored(database_url: str, engine: Engine) -> None:
    broker = client_broker(database_url)
    try:
        broker.enqueue(MESSAGE)
    finally:
        broker.close()
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT queue_name, state::text, message ->> 'actor_name', message -> 'args' FROM dramatiq.queue")
        )
        assert [tuple(row) for row in rows] == [("embed", "queued", "embed_next", ["1"])]


def test_without_a_server_a_client_is_told_within_seconds(tmp_path) -> None:
    broker = client_broker(f"postgresql://postgres@/postgres?host={tmp_path}")
    started = time.monotonic()
    try:
        with pytest.raises(DatabaseUnreachable):
            broker.enqueue(MESSAGE)
    finally:
        broker.close()
    assert time.monotonic() - started < 8


def test_without_the_schema_a_client_is_told_at_once(postgres_url: str) -> None:
    broker = client_broker(postgres_url)
    started = time.monotonic()
    try:
        with pytest.raises(psycopg.errors.UndefinedTable):
            broker.enqueue(MESSAGE)
    finally:
        broker.close()
    assert time.monotonic() - started < 3
