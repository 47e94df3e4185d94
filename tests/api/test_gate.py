"""At overload, a real server turns away at once what is too much, answers the rest, and is itself again at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest
from starlette.applications import Starlette

from api.app import create_app
from domain.settings import Settings
from sql.database import Database, Row, Statement
from tests.api.serving import serving
from tests.small_archive import SmallArchive
from tests.waiting import until

pytestmark = pytest.mark.anyio

QUERY = {"query": "query Count { albums { totalCount } }"}
ANSWER = {"albums": {"totalCount": 3}}
MAXIMUM = 3
HEAD = b"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
TURNED_AWAY = {
    "errors": [
        {
            "message": "There are more requests than can be answered at the moment. Try again in 1 s.",
            "extensions": {"code": "OVERLOADED", "retryable": True},
        }
    ]
}


class HeldDatabase(Database):
    """Answers nothing while it is held."""

    def __init__(self, url: str) -> None:
        super().__init__(url, size=2, statement_timeout_seconds=10)
        self.free = threading.Event()
        self.free.set()

    async def rows(self, statement: Statement, parameters: dict[str, Any] | None = None) -> list[Row]:
        await until(self.free.is_set)
        return await super().rows(statement, parameters)


@pytest.fixture(scope="module")
def database(archive_url: str, archive: SmallArchive) -> HeldDatabase:
    return HeldDatabase(archive_url)


@pytest.fixture(scope="module")
def app(database: HeldDatabase) -> Starlette:
    return create_app(Settings(max_requests=MAXIMUM, subsonic=True), database)


@pytest.fixture(scope="module")
def url(app: Starlette) -> Iterator[str]:
    with serving(app) as address:
        yield address


async def until_inside(app: Starlette, number: int) -> None:
    await until(lambda: app.state.services.gate.inside == number)


async def test_what_is_too_much_is_turned_away_at_once_and_the_rest_is_answered(
    app: Starlette, database: HeldDatabase, url: str
) -> None:
    answers: list[httpx.Response] = []
    async with httpx.AsyncClient(base_url=url, timeout=30) as http, anyio.create_task_group() as group:

        async def ask() -> None:
            answers.append(await http.post("/graphql", json=QUERY))

        database.free.clear()
        for _ in range(MAXIMUM):
            group.start_soon(ask)
        await until_inside(app, MAXIMUM)
        for _ in range(20):
            refused = await http.post("/graphql", json=QUERY)
            assert (refused.status_code, refused.headers["retry-after"], refused.json()) == (503, "1", TURNED_AWAY)
        # Players are told in their own way.
        player = await http.get("/rest/ping", params={"f": "json"})
        assert (player.status_code, player.headers["retry-after"]) == (503, "1")
        assert player.json()["subsonic-response"]["status"] == "failed"
        # Who looks after the service is answered all the same.
        assert (await http.get("/healthz")).json() == {"status": "ok"}
        assert answers == []
        database.free.set()
        await until_inside(app, 0)
        # At once, not after some time.
        assert (await http.post("/graphql", json=QUERY)).json()["data"] == ANSWER
        told = (await http.get("/metrics")).text
    assert [answer.json()["data"] for answer in answers] == [ANSWER] * MAXIMUM
    assert 'segue_requests_total{operation="(none)",outcome="shed"} 20' in told
    assert f'segue_requests_total{{operation="Count",outcome="ok"}} {MAXIMUM + 1}' in told
    assert 'segue_errors_total{code="OVERLOADED"} 21' in told


async def test_a_client_that_goes_leaves_its_place(app: Starlette, database: HeldDatabase, url: str) -> None:
    database.free.clear()
    async with httpx.AsyncClient(base_url=url) as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.post("/graphql", json=QUERY, timeout=0.2)
    assert app.state.services.gate.inside == 1
    database.free.set()
    await until_inside(app, 0)


async def test_a_body_that_does_not_come_takes_no_place(app: Starlette, url: str) -> None:
    """Whoever sends slowly, byte by byte, keeps nobody else out."""
    host, port = url.removeprefix("http://").split(":")
    streams = [await anyio.connect_tcp(host, int(port)) for _ in range(MAXIMUM + 1)]
    for stream in streams:
        await stream.send(HEAD + b"{")
    async with httpx.AsyncClient(base_url=url) as http:
        assert (await http.post("/graphql", json=QUERY)).json()["data"] == ANSWER
    assert app.state.services.gate.inside == 0
    for stream in streams:
        await stream.aclose()
