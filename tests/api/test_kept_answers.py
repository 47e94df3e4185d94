"""What everybody gets alike is made once in the time that caches may keep it, and no longer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import psycopg
import pytest
from starlette.requests import Request
from starlette.responses import Response

from api.app import create_app
from api.kept_answers import LARGEST_BYTES, OVERHEAD_BYTES, KeptAnswers
from domain.ids import encode
from domain.settings import Settings
from tests.api.conftest import CountingDatabase
from tests.small_archive import SmallArchive, fill

pytestmark = pytest.mark.anyio

QUERY = "query Title($id: ID!) { track(id: $id) { title } }"
EDIT = 'mutation($id: ID!) { editTrack(id: $id, changes: { title: "Passacaglia" }) { title } }'


@pytest.fixture
def own(database_url: str) -> tuple[CountingDatabase, SmallArchive]:
    return CountingDatabase(database_url, size=2, statement_timeout_seconds=10), fill(database_url)


@pytest.fixture
async def http(own: tuple[CountingDatabase, SmallArchive]) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(), own[0])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client:
        yield client
    await app.state.services.close()


def asked(archive: SmallArchive, query: str = QUERY) -> dict[str, str]:
    return {"query": query, "variables": '{"id": "%s"}' % encode("Track", archive.tracks["Fugue"])}  # noqa: UP031 -- JSON


async def test_an_answer_is_made_once(http: httpx.AsyncClient, own: tuple[CountingDatabase, SmallArchive]) -> None:
    database, archive = own
    first = await http.get("/graphql", params=asked(archive))
    before = database.statements
    for _ in range(3):
        again = await http.get("/graphql", params=asked(archive))
        assert (again.status_code, again.content, again.headers["etag"]) == (200, first.content, first.headers["etag"])
        # What is left of a minute, which began a moment ago.
        assert again.headers["cache-control"] in [
            f"public, max-age={left}, stale-while-revalidate=600" for left in (59, 60)
        ]
        assert again.headers["x-request-id"] != first.headers["x-request-id"]
    known = await http.get("/graphql", params=asked(archive), headers={"if-none-match": first.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    assert database.statements == before
    told = (await http.get("/metrics")).text
    assert 'segue_requests_total{operation="Title",outcome="ok"} 5' in told


async def test_what_a_curator_changes_is_seen_at_once(
    http: httpx.AsyncClient, own: tuple[CountingDatabase, SmallArchive]
) -> None:
    _, archive = own

    async def title() -> str:
        content: Any = (await http.get("/graphql", params=asked(archive))).json()
        return str(content["data"]["track"]["title"])

    assert await title() == "Fugue"
    variables = {"id": encode("Track", archive.tracks["Fugue"])}
    edited = await http.post("/graphql", json={"query": EDIT, "variables": variables})
    assert edited.json()["data"] == {"editTrack": {"title": "Passacaglia"}}
    assert await title() == "Passacaglia"


async def test_what_is_somebodys_own_or_failed_is_made_anew(
    http: httpx.AsyncClient, own: tuple[CountingDatabase, SmallArchive], database_url: str
) -> None:
    database, archive = own
    for parameters, headers in (
        ({"query": "{ jobs { totalCount } }"}, {}),
        ({"query": "query($id: ID!) { node(id: $id) { id } }", "variables": asked(archive)["variables"]}, {}),
        (asked(archive), {"authorization": "Bearer made.up"}),
        ({"query": '{ track(id: "x") { title } a: albums { totalCount } }'}, {}),
    ):
        statements = []
        for _ in range(2):
            before = database.statements
            answer = await http.get("/graphql", params=parameters, headers=headers)
            assert "public" not in answer.headers["cache-control"]
            statements.append(database.statements - before)
        assert statements[0] == statements[1] > 0
    # Nor is what a POST asks.
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE tracks SET title = 'Other' WHERE id = %s", [archive.tracks["Fugue"]])
    body = {"query": QUERY, "variables": {"id": encode("Track", archive.tracks["Fugue"])}}
    assert (await http.post("/graphql", json=body)).json()["data"] == {"track": {"title": "Other"}}


def request(query: str, **headers: str) -> Request:
    raw = [(name.encode(), value.encode()) for name, value in ({"host": "a.example"} | headers).items()]
    scope = {"type": "http", "method": "GET", "scheme": "http", "path": "/graphql", "query_string": query.encode()}
    return Request(scope | {"headers": raw})


def answer(size: int) -> Response:
    return Response(b"x" * size, headers={"Cache-Control": "public, max-age=60", "ETag": 'W/"1"', "Vary": "Accept"})


def test_it_holds_so_many_bytes_and_lets_the_oldest_go() -> None:
    # Three of a query of one letter and 999 bytes, and what it was asked for at: 3 × 2,024.
    kept = KeptAnswers(max_bytes=3 * (999 + len("http://a.example/graphql") + 1 + OVERHEAD_BYTES))
    for query in "abcd":
        kept.keep(request(query), answer(999), 60, "A", 1)
    assert [kept.find(request(query)) is not None for query in "abcd"] == [False, True, True, True]
    # The same again takes no more room.
    kept.keep(request("d"), answer(999), 60, "A", 1)
    assert kept.find(request("b")) is not None
    kept.keep(request("large"), answer(LARGEST_BYTES + 1), 60, "A", 1)
    assert kept.find(request("large")) is None
    kept.clear()
    assert kept.find(request("d")) is None


def test_what_hosts_are_called_takes_room_too() -> None:
    kept = KeptAnswers(max_bytes=11_000)
    for number in range(3):
        kept.keep(request("q", host=f"{number}" * 4_000), answer(1), 60, "A", 1)
    assert [kept.find(request("q", host=f"{number}" * 4_000)) is not None for number in range(3)] == [
        False, True, True,
    ]  # fmt: skip


def test_it_forgets_in_time_and_keeps_hosts_and_forms_apart() -> None:
    kept = KeptAnswers()
    kept.keep(request("past"), answer(1), 0, "A", 1)
    assert kept.find(request("past")) is None
    kept.keep(request("q"), answer(1), 60, "A", 1)
    assert kept.find(request("q")) is not None
    for other in (
        request("q", host="b.example"),
        request("q", accept="text/html"),
        request("q", accept="text/event-stream"),
        request("q", authorization="Bearer x"),
    ):
        assert kept.find(other) is None
