"""Our own PostgreSQL as the broker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import dramatiq
import psycopg
import pytest

from domain.errors.machine import DatabaseUnreachable
from jobs.brokers.postgres import RESTED_SECONDS, client
from tests.jobs.brokers.contract import BrokerContract, Server
from tests.jobs.brokers.proxy import Proxy

MESSAGE = dramatiq.Message(queue_name="embed", actor_name="embed_next", args=("1",), kwargs={}, options={})


class TestPostgres(BrokerContract):
    @pytest.fixture
    def server(self, database_url: str, tmp_path: Path) -> Iterator[Server]:
        parts = urlsplit(database_url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        port = query.get("port", "5432")
        socket = tmp_path / f".s.PGSQL.{port}"
        proxy = Proxy(str(socket), str(Path(query["host"], socket.name)))
        url = urlunsplit(parts._replace(query=urlencode(query | {"host": str(tmp_path)})))

        def count_rejected() -> int:
            with psycopg.connect(database_url) as connection:
                [(rejected,)] = connection.execute("SELECT count(*) FROM dramatiq.queue WHERE state = 'rejected'")
                return int(rejected)

        yield Server(None, url, proxy, count_rejected)
        proxy.close()


def test_without_a_server_a_client_is_told_within_seconds(tmp_path: Path) -> None:
    broker = client(f"postgresql://postgres@/postgres?host={tmp_path}")
    started = time.monotonic()
    try:
        with pytest.raises(DatabaseUnreachable):
            broker.enqueue(MESSAGE)
    finally:
        broker.close()
    assert time.monotonic() - started < 8


def test_without_the_schema_a_client_is_told_at_once(postgres_url: str) -> None:
    broker = client(postgres_url)
    started = time.monotonic()
    try:
        with pytest.raises(psycopg.errors.UndefinedTable):
            broker.enqueue(MESSAGE)
    finally:
        broker.close()
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("rested", [False, True])
def test_a_client_whose_connections_are_gone_sends_all_the_same(
    database_url: str, rested: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of a function that was frozen; after a rest they are not even tried."""
    broker = client(database_url)
    others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    try:
        with psycopg.connect(database_url, autocommit=True) as connection:
            broker.enqueue(MESSAGE)
            first = set(connection.execute(others))
            if rested:
                monkeypatch.setattr(broker, "_used_at", time.time() - RESTED_SECONDS - 1)
            else:
                connection.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM ({others}) AS all_others")
            broker.enqueue(MESSAGE.copy())
            assert first
            assert first.isdisjoint(connection.execute(others))
            assert list(connection.execute("SELECT count(*), min(state) FROM dramatiq.queue")) == [(1, "queued")]
    finally:
        broker.close()
