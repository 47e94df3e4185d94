"""Redis as the broker, against a real server."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from itertools import count

import pytest
import redis

from jobs.brokers.redis import NAMESPACE
from tests.jobs.brokers.contract import BrokerContract, Server
from tests.jobs.brokers.proxy import Proxy

_databases = count()


@pytest.fixture(scope="session")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not here (apt-get install redis-server)")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    folder = tmp_path_factory.mktemp("redis")
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [program, "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--save", ""],
            stdout=log,
            stderr=log,
        )
    try:
        _wait(port)
        yield port
    finally:
        server.terminate()
        server.wait(10)


class TestRedis(BrokerContract):
    @pytest.fixture
    def server(self, redis_port: int, database_url: str) -> Iterator[Server]:
        proxy = Proxy(("127.0.0.1", 0), ("127.0.0.1", redis_port))
        database = next(_databases) % 16
        with redis.Redis(port=redis_port, db=database) as direct:
            direct.flushdb()
            yield Server(
                f"redis://127.0.0.1:{proxy.address[1]}/{database}",
                database_url,
                proxy,
                lambda: int(direct.zcard(f"{NAMESPACE}:embed.XQ")),
            )
        proxy.close()


def _wait(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            with redis.Redis(port=port) as connection:
                connection.ping()
        except redis.exceptions.ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
