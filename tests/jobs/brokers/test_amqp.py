"""RabbitMQ as the broker, against a real server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pika
import pytest

from tests.jobs.brokers.contract import BrokerContract, Server
from tests.jobs.brokers.proxy import Proxy

# The program itself: what lies on the PATH wants to become the user `rabbitmq`.
PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
QUEUES = ("embed", "embed.DQ", "embed.XQ")


@pytest.fixture(scope="session")
def rabbit_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    epmd = shutil.which("epmd")
    if not PROGRAM.exists() or epmd is None:
        pytest.skip("RabbitMQ is not here (apt-get install rabbitmq-server)")
    folder = tmp_path_factory.mktemp("rabbit")
    (folder / "plugins").write_text("[].")
    port, distribution_port, epmd_port = (free_port() for _ in range(3))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "RABBITMQ_NODENAME": "segue@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(distribution_port),
        "ERL_EPMD_PORT": str(epmd_port),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_CONFIG_FILE": str(folder / "none"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
    }
    with (folder / "log").open("wb") as log:
        # Started here, or the server would start one that outlives it.
        names = subprocess.Popen([epmd], env=environment, stdout=log, stderr=log)
        server = subprocess.Popen([PROGRAM], env=environment, cwd=folder, stdout=log, stderr=log)
    try:
        wait(port, server, folder / "log")
        yield port
    finally:
        server.terminate()
        server.wait(20)
        names.terminate()
        names.wait(10)


class TestAmqp(BrokerContract):
    @pytest.fixture
    def server(self, rabbit_port: int, database_url: str) -> Iterator[Server]:
        proxy = Proxy(("127.0.0.1", 0), ("127.0.0.1", rabbit_port))
        with pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", rabbit_port)) as direct:
            for queue in QUEUES:
                direct.channel().queue_delete(queue)

        def count_rejected() -> int:
            with pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", rabbit_port)) as direct:
                return int(direct.channel().queue_declare("embed.XQ", passive=True).method.message_count)

        yield Server(f"amqp://guest:guest@127.0.0.1:{proxy.address[1]}", database_url, proxy, count_rejected)
        proxy.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        with suppress(pika.exceptions.AMQPConnectionError):
            pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", port)).close()
            return
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"RabbitMQ does not start: {log.read_text()[-2000:]}")
        time.sleep(0.2)
