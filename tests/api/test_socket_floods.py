"""What strangers do with WebSockets, on a server with the bounds of `segue serve`."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from typing import Any

import anyio
import pytest
import uvicorn
from starlette.applications import Starlette

from api.app import create_app
from api.services import MAX_SOCKETS
from api.websocket_route import MAX_OPERATIONS, PROTOCOL
from domain.settings import Settings
from jobs.cli.serve import BOUNDS
from sql.database import Database
from tests.small_archive import SmallArchive

pytest.importorskip("websockets", reason="no WebSocket library here (pip install websockets)")
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

pytestmark = pytest.mark.anyio

QUERY = "{ albums { totalCount } }"
DEAR = "{ tracks(first: 100) { nodes { similar(first: 100) { id } } } }"


class Served:
    def __init__(self, url: str, app: Starlette) -> None:
        self.url = url
        self.app = app

    @property
    def sockets(self) -> int:
        return int(self.app.state.services.sockets.taken)

    async def until_sockets(self, number: int) -> None:
        with anyio.fail_after(10):
            while True:
                if self.sockets == number:
                    return
                await anyio.sleep(0.02)


@pytest.fixture(scope="module")
def served(archive_url: str, archive: SmallArchive) -> Iterator[Served]:
    """Shared by all: each test leaves it without sockets."""
    app = create_app(Settings(), Database(archive_url, size=2, statement_timeout_seconds=10))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, **BOUNDS | {"timeout_graceful_shutdown": 2}))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            deadline = time.monotonic() + 10
            while not server.started:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            yield Served(f"ws://127.0.0.1:{listening.getsockname()[1]}/graphql", app)
        finally:
            server.should_exit = True
            thread.join()


# What is too big is refused with 1009; who is still sending may find the connection gone before reading that.
TOO_BIG = (1009, 0)


@asynccontextmanager
async def opened(served: Served) -> AsyncIterator[ClientConnection]:
    # It offers compression, as clients do.
    protocols = [Subprotocol(PROTOCOL)]
    async with connect(served.url, subprotocols=protocols, compression="deflate", close_timeout=1) as client:
        yield client


async def say(client: ClientConnection, **message: Any) -> None:  # Any: JSON
    await client.send(json.dumps(message))


async def hear(client: ClientConnection) -> Any:  # Any: JSON
    with anyio.fail_after(10):
        return json.loads(await client.recv())


async def begun(client: ClientConnection) -> ClientConnection:
    await say(client, type="connection_init")
    assert await hear(client) == {"type": "connection_ack"}
    return client


async def closed(client: ClientConnection) -> int:
    with anyio.fail_after(10):
        while True:
            try:
                await client.recv()
            except ConnectionClosed as error:
                return int(error.rcvd.code) if error.rcvd else 0


async def test_compression_is_not_agreed_on_and_messages_are_bounded(served: Served) -> None:
    async with opened(served) as client:
        await begun(client)
        assert client.protocol.extensions == []
        with suppress(ConnectionClosed):
            await client.send("x" * 1_100_000)
        assert await closed(client) in TOO_BIG
    async with opened(served) as client:
        await begun(client)
        with suppress(ConnectionClosed):
            await client.send(iter(["x" * 100_000] * 12))  # in pieces
        assert await closed(client) in TOO_BIG
    await served.until_sockets(0)


async def test_who_does_not_begin_is_closed(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.websocket_route.INIT_SECONDS", 0.3)
    async with opened(served) as silent, opened(served) as chatty:
        for _ in range(5):
            await say(chatty, type="ping")
        assert await closed(silent) == 4408
        assert await closed(chatty) == 4408
    await served.until_sockets(0)


async def test_connections_are_bounded(served: Served) -> None:
    services = served.app.state.services
    async with opened(served) as client:
        await begun(client)
        services.sockets.taken += MAX_SOCKETS - 1
        try:
            with pytest.raises(Exception, match=r"403|1013"):
                async with opened(served) as other:
                    await begun(other)
        finally:
            services.sockets.taken -= MAX_SOCKETS - 1
        # Those that are there go on.
        await say(client, type="subscribe", id="q", payload={"query": QUERY})
        assert (await hear(client))["payload"]["data"] == {"albums": {"totalCount": 3}}
    await served.until_sockets(0)


async def test_operations_of_a_flood_are_bounded_and_the_others_answered(served: Served) -> None:
    async with opened(served) as flooding, opened(served) as other:
        await begun(flooding)
        await begun(other)
        for number in range(MAX_OPERATIONS * 20):
            try:
                await say(flooding, type="subscribe", id=str(number), payload={"query": DEAR})
            except ConnectionClosed:
                break
        await say(other, type="subscribe", id="q", payload={"query": QUERY})
        assert (await hear(other))["payload"]["data"] == {"albums": {"totalCount": 3}}
    await served.until_sockets(0)


async def test_a_flood_of_pings_is_answered_one_by_one(served: Served) -> None:
    async with opened(served) as client:
        await begun(client)
        for _ in range(500):
            await say(client, type="ping")
        assert [await hear(client) for _ in range(500)] == [{"type": "pong"}] * 500
    await served.until_sockets(0)


async def test_limits_are_those_of_http(served: Served) -> None:
    async with opened(served) as client:
        await begun(client)
        await say(client, type="subscribe", id="dear", payload={"query": DEAR})
        answer = await hear(client)
        assert (answer["id"], answer["type"]) == ("dear", "error")
        assert [error["extensions"] for error in answer["payload"]] == [
            {"code": "OPERATION_TOO_EXPENSIVE", "cost": 30_202, "limit": 20_000}
        ]
        hash_ = {"persistedQuery": {"version": 1, "sha256Hash": sha256(QUERY.encode()).hexdigest()}}
        await say(client, type="subscribe", id="hash", payload={"extensions": hash_})
        assert (await hear(client))["payload"][0]["extensions"] == {"code": "PERSISTED_QUERY_NOT_FOUND"}
        for payload in ({"query": QUERY, "extensions": hash_}, {"extensions": hash_}):
            await say(client, type="subscribe", id="hash", payload=payload)
            assert (await hear(client))["payload"]["data"] == {"albums": {"totalCount": 3}}
            assert await hear(client) == {"id": "hash", "type": "complete"}
        await say(
            client,
            type="subscribe",
            id="nested",
            payload={"query": QUERY, "variables": json.loads("[" * 99 + "]" * 99)},
        )
        assert await closed(client) == 4400
    await served.until_sockets(0)
