"""Queries known by hash or name, and what a cache between clients and us may keep of their answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import parse, print_ast
from starlette.applications import Starlette

from api.app import create_app
from api.documents import prepare
from api.persisted import MAX_LEARNED, OWN_QUERIES, KnownQueries
from domain.errors.operations import OperationNotAllowed, PersistedQueryNotFound, QueryFileInvalid
from domain.ids import encode
from domain.settings import Settings
from sql.database import Database
from tests.small_archive import SmallArchive

pytestmark = pytest.mark.anyio

QUERY = "query Count { albums { totalCount } }"
ALBUM = "query Album($id: ID!) {\n  album(id: $id) {\n    title\n  }\n}\n"
NOT_FOUND = {
    "errors": [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}],
}


def digest(query: str) -> str:
    return sha256(query.encode()).hexdigest()


def hashed(query: str) -> dict[str, Any]:  # Any: JSON
    return {"persistedQuery": {"version": 1, "sha256Hash": digest(query)}}


async def get(http: httpx.AsyncClient, headers: dict[str, str] | None = None, **parameters: Any) -> httpx.Response:
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
    return await http.get("/graphql", params=texts, headers=headers)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "album.graphql").write_text(ALBUM, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("{ nothing }", encoding="utf-8")
    return tmp_path


@pytest.fixture
async def strict(folder: Path, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service that answers nothing but what is in the folder."""
    app = create_app(Settings(queries_dir=folder, only_known_queries=True, allowed_hosts=("archive.test",)), database)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://archive.test") as client:
        yield client


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_hash_is_learned_with_its_text(http: httpx.AsyncClient, method: str) -> None:
    """Apollo's protocol: the hash alone, then with the text, then alone again."""

    async def send(**parameters: Any) -> Any:  # Any: JSON
        if method == "GET":
            return (await get(http, **parameters)).json()
        return (await http.post("/graphql", json=parameters)).json()

    query = f"{QUERY} # {method}"
    assert await send(extensions=hashed(query)) == NOT_FOUND
    told = await send(extensions=hashed(query), query=query)
    assert told["data"] == {"albums": {"totalCount": 3}}
    assert await send(extensions=hashed(query)) == told


async def test_a_hash_must_be_that_of_the_text(http: httpx.AsyncClient) -> None:
    answer = await http.post("/graphql", json={"query": QUERY, "extensions": hashed("{ other }")})
    assert answer.json()["errors"][0]["extensions"] == {"code": "PERSISTED_QUERY_MISMATCH"}
    assert (await get(http, extensions=hashed("{ other }"))).json() == NOT_FOUND
    for wrong in ({"persistedQuery": {"version": 2, "sha256Hash": "x"}}, {"persistedQuery": 7}):
        answer = await http.post("/graphql", json={"extensions": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]) == (400, {"code": "BAD_REQUEST"})
    assert (await get(http, extensions="{")).status_code == 400


async def test_what_is_not_valid_is_not_learned(http: httpx.AsyncClient, app: Starlette) -> None:
    query = "{ nonsense }"
    answer = await http.post("/graphql", json={"query": query, "extensions": hashed(query)})
    assert answer.json()["errors"][0]["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert (await get(http, extensions=hashed(query))).json() == NOT_FOUND


def test_only_so_many_are_learned() -> None:
    """So that nobody fills the memory; what was not asked for in the longest time is forgotten first."""
    known = KnownQueries([])
    texts = [f"{{ __typename }} # {number}" for number in range(MAX_LEARNED + 1)]
    for text in texts[:-1]:
        known.learn(text)
    assert known.text(None, digest(texts[0]), None) == texts[0]
    known.learn(texts[-1])
    with pytest.raises(PersistedQueryNotFound):
        known.text(None, digest(texts[1]), None)
    assert [known.text(None, digest(text), None) for text in (texts[0], texts[2], texts[-1])] == [
        texts[0],
        texts[2],
        texts[-1],
    ]


@pytest.mark.parametrize("form", [ALBUM, ALBUM.strip(), print_ast(parse(ALBUM))])
async def test_files_are_known_by_the_hash_of_their_text(
    strict: httpx.AsyncClient, archive: SmallArchive, form: str
) -> None:
    variables = {"id": encode("Album", archive.albums["Ära"])}
    answers = [
        await get(strict, extensions=hashed(form), variables=variables),
        await get(strict, documentId=f"sha256:{digest(form)}", variables=variables),
        await strict.post("/graphql", json={"query": form, "variables": variables}),
        await strict.post("/graphql", json={"query": form, "variables": variables, "extensions": hashed(form)}),
    ]
    assert [answer.json()["data"] for answer in answers] == [{"album": {"title": "Ära"}}] * 4


async def test_files_are_known_by_their_name_and_that_of_the_operation(
    strict: httpx.AsyncClient, archive: SmallArchive
) -> None:
    variables = {"id": encode("Album", archive.albums["Ära"])}
    for name in ("album", "Album"):
        answer = await get(strict, documentId=name, variables=variables)
        assert answer.json()["data"] == {"album": {"title": "Ära"}}
    for name in ("notes", "../album", "album.graphql", "", "sha256:", "\0"):
        assert "data" not in (await get(strict, documentId=name, variables=variables)).json()


async def test_other_operations_are_refused_where_only_known_ones_are_answered(strict: httpx.AsyncClient) -> None:
    for parameters in (
        {"query": QUERY},
        {"query": QUERY, "extensions": hashed(QUERY)},
        {"query": ALBUM + " "},
        {"query": "{ __schema { queryType { name } } }"},
    ):
        answer = await strict.post("/graphql", json=parameters)
        assert answer.json()["errors"][0]["extensions"] == {"code": "OPERATION_NOT_ALLOWED"}
    assert (await get(strict, extensions=hashed(QUERY))).json() == NOT_FOUND
    events = await strict.post("/graphql", json={"query": QUERY}, headers={"accept": "text/event-stream"})
    assert "OPERATION_NOT_ALLOWED" in events.text


def test_the_pages_own_queries_are_known_and_valid() -> None:
    known = KnownQueries(only=True)
    files = sorted(OWN_QUERIES.glob("*.graphql"))
    assert {path.stem for path in files} <= known.names
    assert [path.stem for path in files if prepare(path.read_text("utf-8")).errors] == []
    for path in files:
        assert known.text(path.read_text("utf-8"), None, None) == path.read_text("utf-8")
    with pytest.raises(OperationNotAllowed):
        known.text(QUERY, None, None)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for content in (b"query {", b"\xff"):
        (tmp_path / "broken.graphql").write_bytes(content)
        with pytest.raises(QueryFileInvalid, match=r"broken\.graphql' cannot be used"):
            KnownQueries([tmp_path])
    with pytest.raises(QueryFileInvalid, match="there is no such folder"):
        KnownQueries([tmp_path / "elsewhere"])


PUBLIC = "public, max-age=60, stale-while-revalidate=600"
NOT_KEPT = "private, no-store"


async def test_what_everybody_gets_may_be_kept(http: httpx.AsyncClient, archive: SmallArchive) -> None:
    answer = await get(http, query=QUERY)
    assert answer.headers["cache-control"] == PUBLIC
    assert answer.headers["vary"] == "Accept, Authorization, Origin"
    again = await get(http, query=QUERY, headers={"if-none-match": f'"x", {answer.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"].startswith("public, max-age=")
    other = await get(http, query="{ composers { totalCount } }", headers={"if-none-match": answer.headers["etag"]})
    assert (other.status_code, other.json()["data"]) == (200, {"composers": {"totalCount": 3}})
    panel = "query($id: ID!) { recommendSimilar(trackId: $id, first: 2) { id items { track { title audioUrl } } } }"
    seed = {"id": encode("Track", archive.tracks["Prelude"])}
    first, second = [await get(http, query=panel, variables=seed) for _ in range(2)]
    assert first.headers["cache-control"] == PUBLIC
    # Lists and addresses are signed without a time, so that the answer stays the same.
    assert (first.content, first.headers["etag"]) == (second.content, second.headers["etag"])


@pytest.mark.parametrize(
    "query",
    [
        '{ session(id: "x") { id } }',
        "{ jobs { totalCount } }",
        "{ albums { totalCount } jobs { totalCount } }",
        "{ ...a } fragment a on Query { jobs { totalCount } }",
        '{ node(id: "x") { id } }',
        '{ track(id: "x") { id } }',  # an error: it may be another in a moment
        "{ __schema { queryType { name } } }",
        "mutation { createUser { token } }",
        "{ nonsense }",
    ],
)
async def test_what_is_somebodys_own_or_changes_is_not_kept(http: httpx.AsyncClient, query: str) -> None:
    answer = await get(http, query=query)
    assert answer.headers["cache-control"] == NOT_KEPT
    assert "etag" not in answer.headers


async def test_an_answer_to_somebody_is_not_kept(http: httpx.AsyncClient) -> None:
    """Whoever it is, and even if it would be the same."""
    create = "mutation { createUser { token } }"
    made = (await http.post("/graphql", json={"query": create})).json()["data"]["createUser"]["token"]
    answer = await get(http, query=QUERY, headers={"authorization": f"Bearer {made}"})
    assert answer.json()["data"] == {"albums": {"totalCount": 3}}
    assert answer.headers["cache-control"] == NOT_KEPT
    assert "cache-control" not in (await http.post("/graphql", json={"query": QUERY})).headers


async def test_caching_can_be_switched_off(database: Database) -> None:
    app = create_app(Settings(cache_seconds=0, allowed_hosts=("archive.test",)), database)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://archive.test") as client:
        answer = await get(client, query=QUERY)
    assert (answer.json()["data"], answer.headers["cache-control"]) == ({"albums": {"totalCount": 3}}, NOT_KEPT)


async def test_a_mutation_that_is_known_is_not_executed_by_get(http: httpx.AsyncClient) -> None:
    mutation = "mutation { createUser { token } }"
    await http.post("/graphql", json={"query": mutation, "extensions": hashed(mutation)})
    answer = await get(http, extensions=hashed(mutation))
    assert answer.json()["errors"][0]["message"] == "GET only answers queries; send this with POST."
