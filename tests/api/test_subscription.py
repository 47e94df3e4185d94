"""Following a job over WebSocket and as server-sent events, from a real server."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import anyio
import httpx
import psycopg
import pytest
import uvicorn
from starlette.applications import Starlette

from api.app import create_app
from api.services import MAX_SUBSCRIPTIONS
from api.websocket_route import MAX_OPERATIONS, PROTOCOL
from domain import ids
from domain.api_key import new_key
from domain.settings import Settings
from tests.api.conftest import CountingDatabase
from tests.waiting import until

websockets = pytest.importorskip("websockets", reason="no WebSocket library here (pip install websockets)")
from websockets.asyncio.client import ClientConnection, connect  # noqa: E402 -- only where it is
from websockets.exceptions import ConnectionClosed, InvalidStatus  # noqa: E402
from websockets.typing import Origin, Subprotocol  # noqa: E402

pytestmark = pytest.mark.anyio

JOB = UUID(int=41)
ID = ids.encode("Job", str(JOB))
FOLLOW = "subscription($id: ID!) { jobProgress(jobId: $id) { id status total done failed current error } }"
POLL = "query($id: ID!) { job(id: $id) { id status total done failed current error } }"


class Served:
    """A server on loopback, its application, and the job that its tests follow."""

    def __init__(self, url: str, app: Starlette, database: CountingDatabase, database_url: str) -> None:
        self.url = url
        self.app = app
        self.database = database
        self._database_url = database_url

    @property
    def subscriptions(self) -> int:
        return int(self.app.state.services.subscriptions.taken)

    def change(self, **columns: object) -> None:
        sets = ", ".join(f"{name} = %({name})s" for name in columns)
        with psycopg.connect(self._database_url, autocommit=True) as connection:
            connection.execute(f"UPDATE jobs SET {sets} WHERE id = '{JOB}'", columns)

    async def poll(self) -> Any:  # Any: JSON
        async with httpx.AsyncClient() as http:
            answer = await http.post(f"{self.url}/graphql", json={"query": POLL, "variables": {"id": ID}})
        return answer.json()["data"]["job"]

    async def until_followed_by(self, number: int) -> None:
        with anyio.fail_after(5):
            while True:
                if self.subscriptions == number:
                    return
                await anyio.sleep(0.02)


@pytest.fixture
def served(database_url: str) -> Iterator[Served]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO jobs (id, kind, status, arguments, total, done, failed)"
            " VALUES (%s, 'embed', 'WAITING', '{}', 3, 0, 0)",
            [JOB],
        )
    database = CountingDatabase(database_url, size=2, statement_timeout_seconds=10)
    app = create_app(Settings(cors_origins=("https://archive.example",)), database)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=2))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            deadline = time.monotonic() + 10
            while not server.started:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            yield Served(f"http://127.0.0.1:{listening.getsockname()[1]}", app, database, database_url)
        finally:
            server.should_exit = True
            thread.join()


# The field costs 100, and 1 for each of the seven that FOLLOW asks of the job.
COUNTED = {"extensions": {"cost": 107, "costLimit": 20_000}}


def expected(**changed: object) -> dict[str, object]:
    return {"id": ID, "status": "WAITING", "total": 3, "done": 0, "failed": 0, "current": None, "error": None} | changed


@asynccontextmanager
async def opened(served: Served, *, origin: str | None = None, protocol: str = PROTOCOL) -> AsyncIterator[Any]:
    async with connect(
        served.url.replace("http", "ws") + "/graphql",
        subprotocols=[Subprotocol(protocol)],
        origin=Origin(origin) if origin else None,
    ) as client:
        yield client


@asynccontextmanager
async def connected(served: Served) -> AsyncIterator[ClientConnection]:
    async with opened(served) as client:
        await say(client, type="connection_init")
        assert await hear(client) == {"type": "connection_ack"}
        yield client


async def say(client: ClientConnection, **message: Any) -> None:  # Any: JSON
    await client.send(json.dumps(message))


async def hear(client: ClientConnection) -> Any:  # Any: JSON
    with anyio.fail_after(5):
        return json.loads(await client.recv())


async def follow(client: ClientConnection, id_: str = "1", job: str = ID) -> None:
    await say(client, type="subscribe", id=id_, payload={"query": FOLLOW, "variables": {"id": job}})


async def test_a_job_is_followed_to_its_end_over_websocket(served: Served) -> None:
    async with connected(served) as client:
        await follow(client)
        payload = {"data": {"jobProgress": expected()}, **COUNTED}
        assert await hear(client) == {"id": "1", "type": "next", "payload": payload}
        before = served.database.statements
        started = time.monotonic()
        for change in (
            {"status": "RUNNING", "current": "Largo"},
            {"done": 2, "failed": 1, "current": None},
            {"status": "SUCCEEDED"},
        ):
            served.change(**change)
            told = (await hear(client))["payload"]["data"]["jobProgress"]
            assert told == await served.poll()
        assert told == expected(status="SUCCEEDED", done=2, failed=1)
        assert await hear(client) == {"id": "1", "type": "complete"}
        # One statement a second for following, one with each of three events for who asks, and two for each poll.
        assert served.database.statements - before - 3 - 3 * 2 <= time.monotonic() - started + 1
    assert served.subscriptions == 0


async def events(served: Served, body: dict[str, Any], *, by_get: bool = False) -> AsyncIterator[tuple[str, Any]]:
    accept = {"accept": "text/event-stream"}
    async with httpx.AsyncClient(headers=accept, timeout=10) as http:
        url = f"{served.url}/graphql"
        parameters = {**body, "variables": json.dumps(body.get("variables"))} if by_get else None
        request = (
            http.build_request("GET", url, params=parameters) if by_get else http.build_request("POST", url, json=body)
        )
        answer = await http.send(request, stream=True)
        assert answer.headers["content-type"].startswith("text/event-stream")
        kind = ""
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield kind, json.loads(line.removeprefix("data: ") or "null")
        await answer.aclose()


@pytest.mark.parametrize("by_get", [False, True])
async def test_a_job_is_followed_to_its_end_as_events(served: Served, by_get: bool) -> None:
    body = {"query": FOLLOW, "variables": {"id": ID}}
    told = []
    async for kind, answer in events(served, body, by_get=by_get):
        told.append((kind, answer))
        if len(told) == 1:
            served.change(status="FAILED", error="the disk is full")
    assert told == [
        ("next", {"data": {"jobProgress": expected()}, **COUNTED}),
        ("next", {"data": {"jobProgress": expected(status="FAILED", error="the disk is full")}, **COUNTED}),
        ("complete", None),
    ]
    assert served.subscriptions == 0


async def test_polling_gives_what_events_give(served: Served) -> None:
    """Whoever cannot hold a stream open misses nothing but the moment."""
    changes = iter([{"status": "RUNNING", "current": "Largo"}, {"done": 3, "current": None}, {"status": "SUCCEEDED"}])
    told, polled = [], []
    async for kind, answer in events(served, {"query": FOLLOW, "variables": {"id": ID}}):
        if kind == "next":
            told.append(answer["data"]["jobProgress"])
            polled.append(await served.poll())
            served.change(**next(changes, {}) or {"failed": 0})
    assert told == polled
    assert [job["status"] for job in told] == ["WAITING", "RUNNING", "RUNNING", "SUCCEEDED"]


async def test_who_takes_json_as_well_gets_events_only_of_subscriptions(served: Served) -> None:
    """urql accepts all of this for whatever it asks."""
    headers = {"accept": "application/graphql-response+json, application/json, text/event-stream, multipart/mixed"}
    served.change(status="CANCELLED")
    async with httpx.AsyncClient(headers=headers) as http:
        for query, content_type in ((POLL, "application/json"), (FOLLOW, "text/event-stream; charset=utf-8")):
            answer = await http.post(f"{served.url}/graphql", json={"query": query, "variables": {"id": ID}})
            assert answer.headers["content-type"] == content_type


async def test_what_has_ended_is_told_once(served: Served) -> None:
    served.change(status="CANCELLED")
    told = [kind async for kind, _ in events(served, {"query": FOLLOW, "variables": {"id": ID}})]
    assert told == ["next", "complete"]


@pytest.mark.parametrize(
    ("job", "code"),
    [
        (ids.encode("Job", str(UUID(int=7))), "JOB_NOT_FOUND"),
        (ids.encode("Track", 7), "INVALID_ID"),
        ("x", "INVALID_ID"),
    ],
)
async def test_a_job_that_is_not_there(served: Served, job: str, code: str) -> None:
    async with connected(served) as client:
        await follow(client, job=job)
        answer = await hear(client)
        assert (answer["id"], answer["type"]) == ("1", "error")
        assert answer["payload"][0]["extensions"]["code"] == code
        # The id is free again.
        await follow(client)
        assert (await hear(client))["type"] == "next"
    [(kind, answer), end] = [told async for told in events(served, {"query": FOLLOW, "variables": {"id": job}})]
    assert (kind, answer["errors"][0]["extensions"]["code"], end) == ("next", code, ("complete", None))


async def test_clients_that_go_leave_nothing_running(served: Served) -> None:
    async with connected(served) as client:
        for number in range(3):
            await follow(client, str(number))
        for _ in range(3):
            await hear(client)
        assert served.subscriptions == 3
        await say(client, type="complete", id="1")
        await served.until_followed_by(2)
        client.transport.abort()  # as when its machine dies
        await served.until_followed_by(0)
    async for _ in events(served, {"query": FOLLOW, "variables": {"id": ID}}):
        assert served.subscriptions == 1
        break
    await served.until_followed_by(0)


async def test_subscriptions_are_bounded(served: Served) -> None:
    served.app.state.services.subscriptions.taken = MAX_SUBSCRIPTIONS - 1
    async with connected(served) as client:
        await follow(client, "a")
        assert (await hear(client))["type"] == "next"
        await follow(client, "b")
        [error] = (await hear(client))["payload"]
        assert error["extensions"] == {"code": "TOO_MANY_SUBSCRIPTIONS", "maximum": 100, "retryable": True}
    await served.until_followed_by(MAX_SUBSCRIPTIONS - 1)


async def closed(client: ClientConnection) -> int:
    """The code with which the server closes, whatever it says before."""
    with anyio.fail_after(5):
        while True:
            try:
                await client.recv()
            except ConnectionClosed as error:
                return int(error.rcvd.code) if error.rcvd else 0


async def test_one_client_is_bounded(served: Served) -> None:
    async with connected(served) as client:
        for number in range(MAX_OPERATIONS + 1):
            await follow(client, str(number))
        assert await closed(client) == 4400
    await served.until_followed_by(0)


async def test_what_breaks_the_protocol_is_closed(served: Served) -> None:
    subscribe = {"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}}
    async with opened(served) as client:
        await say(client, **subscribe)
        assert await closed(client) == 4401
    async with opened(served, protocol="graphql-ws") as client:
        assert await closed(client) == 4406
    for message, code in (
        ({"type": "connection_init"}, 4429),
        ({"type": "nonsense"}, 4400),
        ({"type": "subscribe", "id": "", "payload": {}}, 4400),
        ({"type": "subscribe", "id": "1", "payload": {}}, 4400),
        ([], 4400),
    ):
        async with connected(served) as client:
            await client.send(json.dumps(message))
            assert await closed(client) == code
    for raw, code in (("{", 4400), (b"\x00", 4400), ("x" * 600_001, 1009)):
        async with connected(served) as client:
            await client.send(raw)
            assert await closed(client) == code
    async with connected(served) as client:
        await follow(client)
        await follow(client)
        assert await closed(client) == 4409


async def test_queries_are_answered_and_mutations_are_not(served: Served) -> None:
    async with connected(served) as client:
        await say(client, type="ping")
        assert await hear(client) == {"type": "pong"}
        await say(client, type="subscribe", id="q", payload={"query": "{ jobs { totalCount } }"})
        answer = await hear(client)
        assert (answer["id"], answer["type"]) == ("q", "next")
        # A page of 20, and its count.
        assert answer["payload"] == {
            "data": {"jobs": {"totalCount": 1}},
            "extensions": {"cost": 1 + 20 + 20, "costLimit": 20_000},
        }
        assert await hear(client) == {"id": "q", "type": "complete"}
        mutation = 'mutation { cancelJob(id: "%s") { id } }' % ID  # noqa: UP031 -- braces of GraphQL
        await say(client, type="subscribe", id="m", payload={"query": mutation})
        answer = await hear(client)
        assert answer["payload"] == [{"message": "Send mutations with POST.", "extensions": {"code": "BAD_REQUEST"}}]
        await say(client, type="subscribe", id="x", payload={"query": "{ nonsense }"})
        assert (await hear(client))["payload"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    # They are counted as those over HTTP are.
    counted = served.app.state.services.observer.requests.values
    await until(lambda: counted == {("(unnamed)", "ok"): 1, ("(unnamed)", "refused"): 1, ("(none)", "refused"): 1})
    assert (await served.poll())["status"] == "WAITING"


async def test_pages_of_elsewhere_cannot_connect(served: Served) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with opened(served, origin="https://elsewhere.example"):
            pass
    assert refused.value.response.status_code == 403
    for origin in (served.url, "https://archive.example"):
        async with opened(served, origin=origin) as client:
            await say(client, type="connection_init")
            assert await hear(client) == {"type": "connection_ack"}


async def test_a_subscription_needs_a_stream(served: Served) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{served.url}/graphql", json={"query": FOLLOW, "variables": {"id": ID}})
    assert answer.json()["errors"][0]["message"] == (
        "Subscriptions are answered over WebSocket, or to who accepts text/event-stream."
    )
    assert served.subscriptions == 0


async def test_in_the_cloud_there_are_no_streams(database_url: str) -> None:
    app = create_app(Settings(database_url=database_url), in_cloud=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as http:
        answer = await http.post(
            "/graphql", json={"query": FOLLOW, "variables": {"id": ID}}, headers={"accept": "text/event-stream"}
        )
        assert '"code":"CURATOR_ONLY"' in answer.text
        key = new_key()
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(
                "INSERT INTO api_keys (prefix, digest, label, role) VALUES ('x', %s, 'x', 'CURATOR')", [key.digest]
            )
        headers = {"accept": "text/event-stream", "authorization": f"Bearer {key.text}"}
        answer = await http.post("/graphql", json={"query": FOLLOW, "variables": {"id": ID}}, headers=headers)
        assert '"code":"SUBSCRIPTIONS_UNAVAILABLE"' in answer.text
        mutation = {"query": 'mutation { importTracks(path: "/") { id } }'}
        assert '"code":"CURATOR_ONLY"' in (await http.post("/graphql", json=mutation)).text
        assert (await http.put("/upload/x", content=b"")).status_code == 404
    await app.state.services.close()


async def test_a_user_is_known_by_the_token_of_the_first_message_or_of_the_handshake(served: Served) -> None:
    async with httpx.AsyncClient() as http:
        query = {"query": "mutation { createUser { token user { id } } }"}
        made = (await http.post(f"{served.url}/graphql", json=query)).json()["data"]["createUser"]
        ben = (await http.post(f"{served.url}/graphql", json=query)).json()["data"]["createUser"]
    bearer = f"Bearer {made['token']}"
    who = {"query": "query($id: ID!) { user(id: $id) { id } }", "variables": {"id": made["user"]["id"]}}
    known = {"data": {"user": {"id": made["user"]["id"]}}, "extensions": {"cost": 2, "costLimit": 20_000}}
    address = served.url.replace("http", "ws") + "/graphql"
    for headers, payload, expects in (
        ({}, {"Authorization": bearer}, known),
        ({"Authorization": bearer}, None, known),
        ({"Authorization": bearer}, {"authorization": 7}, known),
        ({}, {"authorization": f"Bearer {ben['token']}"}, "USER_NOT_FOUND"),
        ({}, {"authorization": "Bearer made.up"}, "TOKEN_INVALID"),
    ):
        async with connect(address, subprotocols=[Subprotocol(PROTOCOL)], additional_headers=headers) as client:
            await say(client, type="connection_init", payload=payload)
            assert (await hear(client))["type"] == "connection_ack"
            await say(client, type="subscribe", id="q", payload=who)
            answer = (await hear(client))["payload"]
            assert (answer if answer == known else answer["errors"][0]["extensions"]["code"]) == expects
