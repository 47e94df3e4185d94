"""GraphQL over HTTP: what is answered, what is refused, and what a browser gets."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette

from api.app import create_app
from domain.ids import encode
from domain.settings import Settings
from sql.database import Database
from tests.small_archive import SmallArchive

pytestmark = pytest.mark.anyio

QUERY = "{ albums { totalCount } }"
# A page of 20, and its count.
ANSWER = {"data": {"albums": {"totalCount": 3}}, "extensions": {"cost": 1 + 20 + 20, "costLimit": 20_000}}


async def test_a_post_with_json(http: httpx.AsyncClient) -> None:
    answer = await http.post("/graphql", json={"query": QUERY})
    assert (answer.status_code, answer.json()) == (200, ANSWER)


async def test_the_operation_is_chosen_by_name(http: httpx.AsyncClient) -> None:
    both = "query a { albums { totalCount } } query b { composers { totalCount } }"
    answer = await http.post("/graphql", json={"query": both, "operationName": "a", "variables": None})
    assert answer.json() == ANSWER


async def test_a_get_answers_queries(http: httpx.AsyncClient, archive: SmallArchive) -> None:
    answer = await http.get("/graphql", params={"query": QUERY})
    assert (answer.status_code, answer.json()) == (200, ANSWER)
    named = await http.get(
        "/graphql",
        params={
            "query": "query q($id: ID!) { album(id: $id) { title } }",
            "variables": '{"id": "%s"}' % encode("Album", archive.albums["Ära"]),  # noqa: UP031 -- braces of JSON
            "operationName": "q",
        },
    )
    assert named.json()["data"] == {"album": {"title": "Ära"}}


@pytest.mark.parametrize(
    ("content", "status", "message"),
    [
        (b"", 400, "The body is no JSON."),
        (b"{", 400, "The body is no JSON."),
        (b"\xff", 400, "The body is no JSON."),
        (b"7", 400, "The body is no JSON object."),
        (b"[]", 400, "Send one operation at a time; a batch is not answered."),
        (b'[{"query": "{ __typename }"}]', 400, "Send one operation at a time; a batch is not answered."),
        (b"{}", 400, "`query` is missing: the text of a GraphQL operation."),
        (b'{"query": 7}', 400, "`query` is missing: the text of a GraphQL operation."),
        (b'{"query": " "}', 400, "`query` is missing: the text of a GraphQL operation."),
        (b'{"query": "{ __typename }", "variables": []}', 400, "`variables` is no JSON object."),
        (b'{"query": "{ __typename }", "operationName": 7}', 400, "`operationName` is no text."),
        (b'{"query": "' + b"x" * 600_000 + b'"}', 413, "A request takes at most 600000 bytes."),
    ],
)
async def test_what_is_no_operation_is_refused(
    http: httpx.AsyncClient, content: bytes, status: int, message: str
) -> None:
    answer = await http.post("/graphql", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert answer.json() == {"errors": [{"message": message, "extensions": {"code": "BAD_REQUEST"}}]}


async def test_other_content_types_are_refused(http: httpx.AsyncClient) -> None:
    """Those that a page of another origin could send without asking."""
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = await http.post(
            "/graphql", content=b'{"query": "{ __typename }"}', headers={"content-type": content_type}
        )
        assert answer.status_code == 415
    right = await http.post(
        "/graphql",
        content=b'{"query": "{ __typename }"}',
        headers={"content-type": "Application/JSON; charset=utf-8"},
    )
    assert right.json()["data"] == {"__typename": "Query"}


async def test_other_methods_are_refused(http: httpx.AsyncClient) -> None:
    assert (await http.put("/graphql", json={"query": QUERY})).status_code == 405


async def test_a_browser_gets_the_page_and_executes_nothing(
    http: httpx.AsyncClient, database: Database, archive: SmallArchive
) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    answer = await http.get("/graphql", params={"query": "{ albums { totalCount } }</script>"}, headers=browser)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert encode("Track", archive.tracks["Prelude"]) in answer.text
    assert "totalCount" not in answer.text
    assert database.statements == 1  # type: ignore[attr-defined]  # which track to show, and nothing else
    # Nobody is led to press its button from within a page of elsewhere: what it sends comes from here.
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"


async def test_the_page_of_an_empty_archive_has_a_query_too(database_url: str) -> None:
    app = create_app(Settings(database_url=database_url))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://archive.test") as client:
        answer = await client.get("/graphql", headers={"accept": "text/html"})
    await app.state.services.close()
    assert "Nothing is embedded yet" in answer.text


async def test_health_needs_no_database(http: httpx.AsyncClient, database: Database) -> None:
    answer = await http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert database.statements == 0  # type: ignore[attr-defined]  # of the counting one


async def preflight(app: Starlette, origin: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://archive.test") as client:
        return await client.options(
            "/graphql",
            headers={
                "origin": origin,
                "access-control-request-method": "POST",
                "access-control-request-headers": "content-type",
            },
        )


async def test_pages_of_other_origins_may_call_only_when_named(database: Database) -> None:
    app = create_app(Settings(cors_origins=("https://archive.example",)), database)
    allowed = await preflight(app, "https://archive.example")
    assert allowed.headers["access-control-allow-origin"] == "https://archive.example"
    assert "access-control-allow-origin" not in (await preflight(app, "https://elsewhere.example")).headers
    closed = await preflight(create_app(Settings(), database), "https://archive.example")
    assert "access-control-allow-origin" not in closed.headers
