"""What strangers send: each is refused with a code, quickly, and before anything of it runs."""

from __future__ import annotations

import gzip
import json
import time
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from api.app import create_app
from domain.ids import encode
from domain.settings import Settings
from tests.api.client import Client
from tests.api.conftest import CountingDatabase
from tests.small_archive import SmallArchive

pytestmark = pytest.mark.anyio

PANEL = 'recommendSimilar(trackId: "x") { id }'
ALL = "fragment all on Track { id title similar { items { track { ...%s } } } }"
DOCUMENTS = {
    "aliases": ("{ " + " ".join(f"a{n}: {PANEL}" for n in range(90)) + " }", "GRAPHQL_VALIDATION_FAILED"),
    "aliases in fragments": (
        "{ " + "...f " * 40 + "} fragment f on Query { a: __typename b: __typename }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "repeated fields": ("{ " + "spaces { id } " * 200 + "}", "GRAPHQL_VALIDATION_FAILED"),
    "nested lists": ("{ track(id: 1) { " + "otherPerformances { " * 90 + "id" + " }" * 92, "GRAPHQL_VALIDATION_FAILED"),
    "nested values": ("{ tracks(filter: " + "{tags: [" * 300 + "]}" * 300 + ") { totalCount } }", None),
    "deep fragments": (
        "{ ...f0 } "
        + " ".join(f"fragment f{n} on Query {{ ...f{n + 1} }}" for n in range(150))
        + " fragment f150 on Query { __typename }",
        None,
    ),
    "fragments that double": (
        "{ ...f0 } "
        + " ".join(f"fragment f{n} on Query {{ ...f{n + 1} ... on Query {{ ...f{n + 1} }} }}" for n in range(60))
        + " fragment f60 on Query { spaces { id } }",
        None,
    ),
    "fragments that double under a condition": (
        "query($x: Boolean = true) { ...f0 @include(if: $x) } "
        + " ".join(f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(60))
        + " fragment f60 on Query { __typename }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "fragments that double towards nothing": (
        "query($x: Boolean = true) { ...f0 @include(if: $x) } "
        + " ".join(f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(60))
        + " fragment f60 on Query { __typename @skip(if: true) }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "fragments that double towards another type": (
        "query($x: Boolean = true) { node(id: 1) { ...f0 @include(if: $x) } } "
        + " ".join(f"fragment f{n} on Node {{ ...f{n + 1} ...f{n + 1} }}" for n in range(60))
        + " fragment f60 on Node { ... on Work { id } }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "circular fragments": ("{ track(id: 1) { ...all } } " + ALL % "all", "GRAPHQL_VALIDATION_FAILED"),
    "a circle of two": (
        "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "unknown directives": ("{ __typename " + "@x" * 400 + " }", "GRAPHQL_VALIDATION_FAILED"),
    "repeated directives": ("{ __typename " + "@skip(if: false) " * 120 + "}", "GRAPHQL_VALIDATION_FAILED"),
    "directives on every fragment": (
        "{ " + "... @include(if: true) { __typename } " * 80 + "}",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "lists of lists": ("{ tracks(first: 100) { nodes { similar(first: 100) { id } } } }", "OPERATION_TOO_EXPENSIVE"),
    "introspection": ("{ " + " ".join(f"a{n}: __schema {{ queryType {{ name }} }}" for n in range(9)) + " }", None),
    "deep introspection": (
        "{ __schema { types { " + "fields { type { " * 20 + "name" + " } }" * 20 + " } } }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "tokens": ("{ " + "a " * 2_000 + "}", "GRAPHQL_PARSE_FAILED"),
    "length": ("#" * 30_000 + "\n{ __typename }", "GRAPHQL_PARSE_FAILED"),
    "a long name": ("{ " + "a" * 19_000 + " }", "GRAPHQL_VALIDATION_FAILED"),
    "brackets": ("{" * 900, "GRAPHQL_PARSE_FAILED"),
    "lists of types": ("query($a: " + "[" * 450 + "Int" + "]" * 450 + ") { __typename }", "GRAPHQL_PARSE_FAILED"),
    "variables": (
        "query(" + " ".join(f"$v{n}: Int" for n in range(190)) + ") { __typename }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "operations": (" ".join(f"query q{n} {{ __typename }}" for n in range(200)), None),
    "a number of thousands of digits": (
        "{ tracks(first: " + "9" * 15_000 + ") { totalCount } }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "a number of thousands of digits by default": (
        "query($n: Int = " + "9" * 15_000 + ") { tracks(first: $n) { totalCount } }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "an infinite number": ("{ tracks(filter: { minDurationSeconds: 1e999 }) { nodes { id } } }", None),
    "NUL": ("{ __type\0name }", "GRAPHQL_PARSE_FAILED"),
    "no selection": ("{ albums }", "GRAPHQL_VALIDATION_FAILED"),
    "a subscription of many": (
        'subscription { jobProgress(jobId: "x") { id } more: jobProgress(jobId: "y") { id } }',
        "GRAPHQL_VALIDATION_FAILED",
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_document_that_is_made_to_be_slow(client: Client, name: str) -> None:
    query, code = DOCUMENTS[name]
    started = time.perf_counter()
    response = await client.response(query)
    took = time.perf_counter() - started
    assert client.statements <= 1
    if code is not None:
        assert {error["extensions"]["code"] for error in response["errors"]} == {code}
        assert "data" not in response
    else:
        assert {error["extensions"]["code"] for error in response.get("errors", [])} <= {
            "GRAPHQL_VALIDATION_FAILED",
            "GRAPHQL_PARSE_FAILED",
            "OPERATION_TOO_EXPENSIVE",
            "BAD_USER_INPUT",
        }
    assert len(json.dumps(response)) < 50_000
    # An answer, not a measurement: what such documents are made for takes minutes.
    assert took < 5


async def test_fragments_that_double_below_a_list(client: Client, archive: SmallArchive) -> None:
    """What a list is asked for is looked up in them, for it is searched otherwise with reasons than without."""
    query = (
        "query($id: ID!) { recommendSimilar(trackId: $id, first: 1) { ...f0 } } # reasons\n"
        + " ".join(f"fragment f{n} on RecommendationList {{ ...f{n + 1} ...f{n + 1} }}" for n in range(60))
        + " fragment f60 on RecommendationList { items { rank } }"
    )
    started = time.perf_counter()
    data = await client.data(query, id=encode("Track", archive.tracks["Prelude"]))
    assert data == {"recommendSimilar": {"items": [{"rank": 1}]}}
    assert time.perf_counter() - started < 5


async def test_operations_in_a_batch_are_not_answered(http: httpx.AsyncClient) -> None:
    for batch in ([], [{"query": "{ __typename }"}] * 100, [[]]):
        answer = await http.post("/graphql", json=batch)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]) == (400, {"code": "BAD_REQUEST"})


def nested(depth: int) -> Any:  # Any: JSON
    value: Any = 1
    for _ in range(depth):
        value = {"a": [value]}
    return value


@pytest.mark.parametrize(
    ("variables", "status"),
    [
        ({"a": nested(5)}, 200),
        ({"a": nested(6)}, 400),
        ({"a": nested(200)}, 400),
        ({"a": list(range(19_000))}, 200),
        ({"a": list(range(20_000))}, 400),
        ({f"v{number}": [[]] for number in range(12_000)}, 400),
        ({"a": "x" * 500_000}, 200),
        ({"a": "x" * 600_000}, 413),
        ({"a": 10**300}, 200),
    ],
)
async def test_huge_variables(http: httpx.AsyncClient, variables: dict[str, Any], status: int) -> None:
    answer = await http.post("/graphql", json={"query": "query($a: ID) { __typename }", "variables": variables})
    assert answer.status_code == status
    assert len(answer.content) < 2_000


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b'{"query": "\\ud800"}', b'{"query": "\xff"}'])
async def test_json_that_is_made_to_hurt(http: httpx.AsyncClient, body: bytes) -> None:
    answer = await http.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (400, "The body is no JSON.")


TEXTS = ["", "\0", "a\0b", "\ufeff", "\u202etxet", "𝄞" * 60, "é", "'; DROP TABLE tracks; --", "%_\\", "\x7f\x1b[31m"]
TEXTS += ["&|!():*<->", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "\uffff", "A" * 5_000]


@pytest.mark.parametrize("text", TEXTS)
async def test_odd_texts_in_every_argument_that_takes_one(client: Client, text: str) -> None:
    asked = {
        "query($t: ID!) { node(id: $t) { id } }": {"INVALID_ID"},
        "query($t: ID!) { track(id: $t) { id } }": {"INVALID_ID"},
        "query($t: ID!) { session(id: $t) { id } }": {"TOKEN_MISSING"},
        "query($t: ID!) { recommendSimilar(trackId: $t) { id } }": {"INVALID_ID"},
        "query($t: String!) { search(text: $t) { tracks { id } albums { id } composers { id } } }": {
            None,
            "SEARCH_TEXT_TOO_LONG",
        },
        "query($t: String) { albums(after: $t) { totalCount } }": {"INVALID_CURSOR"},
        "query($t: String!) { tracks(filter: { performers: [$t] }) { totalCount } }": {None},
        "query($t: String!) { tracks(filter: { tags: [$t] }) { totalCount } }": {"INVALID_FILTER"},
        "query($t: String!) { searchByText(text: $t) { items { rank } } }": {
            "SEARCH_TEXT_TOO_LONG",
            "SPACE_HAS_NO_TEXT",
            "SPACE_NOT_READY",
            "TEXT_TOWER_MISSING",
        },
        "mutation($t: String) { createUser(name: $t) { token } }": {None, "INVALID_USER_NAME"},
    }
    for query, codes in asked.items():
        response = await client.response(query, t=text)
        [code] = [error["extensions"]["code"] for error in response.get("errors", [])] or [None]
        assert code in codes, (query, response)


@pytest.mark.parametrize("first", [2_147_483_647, -2_147_483_648, -1, 0, 101])
async def test_lengths_out_of_range_are_refused_before_anything_is_read(
    client: Client, archive: SmallArchive, first: int
) -> None:
    seed = encode("Track", archive.tracks["Prelude"])
    for field in (
        "albums(first: $n) { totalCount }",
        "tracks(first: $n) { nodes { id } }",
        "recommendSimilar(trackId: $id, first: $n) { id }",
        "recommendFrom(like: [$id], first: $n) { id }",
        "similarSegments(trackId: $id, startSeconds: 0, endSeconds: 9, first: $n) { id }",
        "jobs(first: $n) { totalCount }",
    ):
        code = await client.code(
            f"query($id: ID!, $n: Int!) {{ x: __typename {field} t: track(id: $id) {{ id }} }}", id=seed, n=first
        )
        assert code in ("INVALID_PAGE_SIZE", "CURATOR_ONLY")
        assert client.statements <= 2


async def test_pages_of_elsewhere_get_no_permission(database: CountingDatabase) -> None:
    named = Settings(cors_origins=("https://archive.example",), allowed_hosts=("archive.test",))
    for settings in (named, Settings(allowed_hosts=("archive.test",))):
        app = create_app(settings, database)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://archive.test") as http:
            for origin in (
                "https://evil.example",
                "null",
                "https://archive.example.evil.example",
                "http://archive.example",
            ):
                asking = {"origin": origin, "access-control-request-method": "POST"}
                preflight = await http.options("/graphql", headers=asking)
                assert "access-control-allow-origin" not in preflight.headers
                plain = await http.get("/graphql?query={__typename}", headers={"origin": origin})
                assert "access-control-allow-origin" not in plain.headers
                for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
                    sent = {"origin": origin, "content-type": content_type}
                    body = b'{"query": "mutation { createUser { token } }"}'
                    assert (await http.post("/graphql", content=body, headers=sent)).status_code == 415


async def test_nothing_is_decompressed(http: httpx.AsyncClient) -> None:
    bomb = gzip.compress(b'{"query": "' + b" " * 50_000_000 + b'"}', 1)
    for encoding in ("gzip", "deflate", "br", "zstd", "gzip, gzip"):
        headers = {"content-type": "application/json", "content-encoding": encoding}
        answer = await http.post("/graphql", content=bomb, headers=headers)
        assert (answer.status_code, answer.json()["errors"][0]["message"]) == (
            415,
            "Send the operation as it is: nothing is decompressed here.",
        )


PATHS = [
    "/audio/1",
    "/audio/" + "9" * 5_000,
    "/audio/-1",
    "/audio/%00",
    "/audio/..%2f..%2fetc%2fpasswd",
    "/audio/1?expires=9999999999&signature=x",
    "/audio/1?expires=" + "9" * 5_000 + "&signature=" + "A" * 5_000,
    "/audio/1?expires=%00&signature=%ff",
    "/cover/..%2f..%2f..%2fetc%2fpasswd?expires=9999999999&signature=x",
    "/cover/" + "0" * 64 + ".jpg?expires=9999999999&signature=x",
    "/cover/%00.jpg",
    "/cover/x.svg",
    "/upload/..%2f..%2fx",
    "/upload/x.y",
    "/..%2f..%2f..%2fetc%2fpasswd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/static/..%2f..%2fapp.py",
    "/web/..%2f..%2fapp.py",
    "/graphql/..%2fapp.py",
    "/report/x.y/..%2f..%2fetc%2fpasswd",
    "/rest/getSonicSimilarTracks.view?id=..%2f..%2fetc%2fpasswd",
    "/graphql?query=%ff%00&variables=%ff",
    "/graphql?extensions=[]&query={__typename}",
    "/.git/config",
    "//etc/passwd",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "HEAD"])
async def test_addresses_that_were_made_up_lead_nowhere(http: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await http.request(method, path, content=b"x" if method in ("PUT", "POST") else None)
    assert answer.status_code < 500
    for secret in ("root:", "import ", "Traceback", "[core]"):
        assert secret not in answer.text


@pytest.mark.parametrize(
    "host", ["[", "]", "a:b:c", "\t", "", "[::1", "127.0.0.1:x", "localhost:99999", "evil.example"]
)
async def test_odd_hosts(app: Starlette, host: str) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://archive.test") as http:
        query = {"query": "{ tracks(first: 1) { nodes { audioUrl coverUrl } } }"}
        answer = await http.post("/graphql", json=query, headers={"host": host})
    assert answer.status_code < 500


@pytest.fixture
def slow(archive_url: str, archive: SmallArchive) -> CountingDatabase:
    """A database that gives every statement a twentieth of a second."""
    return CountingDatabase(archive_url, size=1, statement_timeout_seconds=0.05)


async def test_a_statement_that_takes_too_long_has_an_error_of_its_own(
    slow: CountingDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(Settings(allowed_hosts=("archive.test",)), slow)
    rows = CountingDatabase.rows

    async def sleeping(self: Any, statement: Any, parameters: Any = None) -> Any:
        return await rows(self, "SELECT pg_sleep(5)")

    monkeypatch.setattr(CountingDatabase, "rows", sleeping)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://archive.test") as http:
        [error] = (await http.post("/graphql", json={"query": "{ albums { totalCount } }"})).json()["errors"]
    await slow.close()
    assert error["extensions"] == {"code": "STATEMENT_TIMEOUT", "seconds": 0.05}
    assert "SEGUE_STATEMENT_TIMEOUT_SECONDS" in error["message"]


async def test_introspection_and_graphiql_can_be_switched_off(database: CountingDatabase) -> None:
    app = create_app(Settings(introspection=False, graphiql=False, allowed_hosts=("archive.test",)), database)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://archive.test") as http:
        for query in (
            "{ __schema { queryType { name } } }",
            '{ __type(name: "Track") { name } }',
            "{ ...a } fragment a on Query { ... { __schema { queryType { name } } } }",
        ):
            answer = (await http.post("/graphql", json={"query": query})).json()
            assert "data" not in answer
            assert answer["errors"][0]["extensions"] == {"code": "INTROSPECTION_OFF"}
        assert (await http.post("/graphql", json={"query": "{ __typename }"})).json()["data"] == {"__typename": "Query"}
        page = await http.get("/graphql", headers={"accept": "text/html"})
    assert (page.status_code, page.json()["errors"][0]["extensions"]) == (404, {"code": "GRAPHIQL_OFF"})
