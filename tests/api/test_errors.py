"""What clients are told when something goes wrong, and what they are not told."""

from __future__ import annotations

import logging
from string import Formatter
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
import pytest
from graphql import GraphQLError
from starlette.applications import Starlette

from api.app import create_app
from api.errors import EXPECTED, UNREACHABLE, formatted
from domain.errors.base import SegueError
from domain.errors.machine import DatabaseFull
from domain.ids import encode
from domain.settings import Settings
from sql.database import Database, Row, Statement
from tests.api.client import Client
from tests.every_error import ERRORS
from tests.small_archive import SmallArchive

pytestmark = pytest.mark.anyio

SEGMENTS = """query($id: ID!, $from: Float!, $to: Float!, $space: String) {
    similarSegments(trackId: $id, startSeconds: $from, endSeconds: $to, space: $space) { id } }"""
SIMILAR = """query($id: ID!, $space: String, $strategy: Strategy, $where: TrackFilter, $options: RecommendationOptions)
    { recommendSimilar(trackId: $id, space: $space, strategy: $strategy, filter: $where, options: $options) { id } }"""


@pytest.mark.parametrize(
    ("field", "kind", "code"),
    [
        ("album", "Album", "ALBUM_NOT_FOUND"),
        ("track", "Track", "TRACK_NOT_FOUND"),
        ("node", "Album", "ALBUM_NOT_FOUND"),
        ("node", "Track", "TRACK_NOT_FOUND"),
        ("node", "Composer", "COMPOSER_NOT_FOUND"),
        ("node", "Segment", "SEGMENT_NOT_FOUND"),
        ("node", "Space", "SPACE_NOT_FOUND"),
    ],
)
async def test_what_is_not_there_is_named(client: Client, field: str, kind: str, code: str) -> None:
    missing = encode(kind, 2**63 - 1)
    response = await client.response(f"query($id: ID!) {{ found: {field}(id: $id) {{ id }} }}", id=missing)
    assert response["data"] == {"found": None}
    [error] = response["errors"]
    assert error["path"] == ["found"]
    assert error["extensions"]["code"] == code
    assert missing in error["message"]


async def test_a_job_that_is_not_there_is_named(curator: Client) -> None:
    missing = encode("Job", "00000000-0000-0000-0000-0000000000ff")
    for field in ("job", "node"):
        error = await curator.error(f"query($id: ID!) {{ {field}(id: $id) {{ id }} }}", id=missing)
        assert error["message"] == f"There is no job {missing}."
        assert error["extensions"] == {"code": "JOB_NOT_FOUND", "id": missing}


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "7",
        "nonsense",
        "\0",
        "𝄞",
        encode("Track", "x"),
        encode("Track", "-1"),
        encode("Track", 2**63),
        encode("Track", "1" * 5_000),
        encode("Planet", 1),
    ],
)
async def test_what_is_no_id_is_refused(client: Client, curator: Client, bad: str) -> None:
    for asker, field in ((client, "node"), (client, "track"), (curator, "job")):
        error = await asker.error(f"query($id: ID!) {{ {field}(id: $id) {{ id }} }}", id=bad)
        assert error["extensions"]["code"] == "INVALID_ID"
        assert len(error["message"]) < 200
    assert client.statements == 0
    assert await curator.code("query($id: ID!) { node(id: $id) { id } }", id=encode("Job", 1)) == "INVALID_ID"


async def test_an_id_of_another_type_is_refused(client: Client, archive: SmallArchive) -> None:
    album = encode("Album", archive.albums["Ära"])
    assert await client.code("query($id: ID!) { track(id: $id) { id } }", id=album) == "INVALID_ID"
    assert await client.code(SIMILAR, id=album) == "INVALID_ID"
    seed = encode("Track", archive.tracks["Prelude"])
    assert await client.code(SIMILAR, id=seed, where={"composerIds": [album]}) == "INVALID_ID"


async def test_one_bad_field_leaves_the_others(client: Client, archive: SmallArchive) -> None:
    response = await client.response(
        "query($id: ID!) { track(id: $id) { title similar(first: 0) { id } album { title } } albums { totalCount } }",
        id=encode("Track", archive.tracks["Prelude"]),
    )
    assert response["data"] == {
        "track": {"title": "Prelude", "similar": None, "album": {"title": "Zürich 1998"}},
        "albums": {"totalCount": 3},
    }
    assert [error["extensions"]["code"] for error in response["errors"]] == ["INVALID_PAGE_SIZE"]


async def test_recommending_after_a_track_that_is_not_there(client: Client) -> None:
    missing = encode("Track", 999_999)
    error = await client.error(SIMILAR, id=missing)
    assert error["message"] == f"There is no track {missing}."
    assert error["extensions"] == {"code": "TRACK_NOT_FOUND", "id": missing}


async def test_an_explicit_wish_that_cannot_be_met(client: Client, archive: SmallArchive) -> None:
    seed, newcomer = (encode("Track", archive.tracks[title]) for title in ("Prelude", "Newcomer"))
    unknown = await client.error(SIMILAR, id=seed, space="no\0such")
    assert unknown["extensions"] == {
        "code": "SPACE_NOT_FOUND",
        "name": "no�such",
        "known": unknown["extensions"]["known"],
    }
    assert await client.code(SIMILAR, id=seed, space="musicnn-msd") == "SPACE_NOT_READY"
    assert await client.code(SEGMENTS, id=seed, **{"from": 0, "to": 9}, space="musicnn-msd") == "SPACE_NOT_READY"
    absent = await client.error(SIMILAR, id=newcomer, strategy="KNN")
    assert absent["extensions"]["code"] == "TRACK_NOT_EMBEDDED"
    assert absent["extensions"]["id"] == newcomer
    assert newcomer in absent["message"]


@pytest.mark.parametrize(("start", "end"), [(-1, 5), (5, 5), (9, 5), (55, 61), (0, 1e308)])
async def test_a_segment_outside_the_track(client: Client, archive: SmallArchive, start: float, end: float) -> None:
    """Prelude lasts 60 s, and half a second of grace."""
    seed = encode("Track", archive.tracks["Prelude"])
    error = await client.error(SEGMENTS, id=seed, **{"from": start, "to": end})
    assert error["extensions"] == {
        "code": "INVALID_SEGMENT",
        "id": seed,
        "start": start,
        "end": end,
        "duration": 60.0,
    }


@pytest.mark.parametrize(
    ("where", "field"),
    [
        ({"tags": ["sexy"]}, "tags"),
        ({"minDurationSeconds": 9, "maxDurationSeconds": 8}, "minDurationSeconds"),
        ({"yearFrom": 2001, "yearTo": 2000}, "yearFrom"),
        ({"performers": ["x"] * 1_001}, "performers"),
    ],
)
async def test_a_filter_that_cannot_be_names_the_field(
    client: Client, archive: SmallArchive, where: dict[str, Any], field: str
) -> None:
    seed = encode("Track", archive.tracks["Prelude"])
    for error in (
        await client.error(SIMILAR, id=seed, where=where),
        await client.error("query($w: TrackFilter) { tracks(filter: $w) { totalCount } }", w=where),
    ):
        assert error["extensions"]["code"] == "INVALID_FILTER"
        assert error["extensions"]["field"] == field
        assert f"`{field}`" in error["message"]


@pytest.mark.parametrize(
    "options", [{"diversity": 1.5}, {"diversity": -0.1}, {"maxPerAlbum": 0}, {"maxPerComposer": -3}]
)
async def test_options_out_of_range_name_the_option(
    client: Client, archive: SmallArchive, options: dict[str, float]
) -> None:
    error = await client.error(SIMILAR, id=encode("Track", archive.tracks["Prelude"]), options=options)
    [name] = options
    assert error["extensions"]["code"] == "INVALID_OPTION"
    assert error["extensions"]["field"] == name


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ albums { ", "GRAPHQL_PARSE_FAILED"),
        ('{ node(id: "\\uD800") { id } }', "GRAPHQL_PARSE_FAILED"),
        ("{ nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ tracks(first: 2147483648) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ tracks(orderBy: LOUDNESS) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ("fragment a on Query { ...a } { ...a }", "GRAPHQL_VALIDATION_FAILED"),
        ("query a { __typename } query b { __typename }", "BAD_USER_INPUT"),
        ("query($id: ID!) { track(id: $id) { id } }", "BAD_USER_INPUT"),
        ("mutation { deleteEverything }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_graphqls_own_errors_keep_their_message(client: Client, query: str, code: str) -> None:
    error = await client.error(query)
    assert error["extensions"] == {"code": code}
    assert error["message"] not in ("", "Something went wrong on our side.")
    assert client.statements == 0


MACHINE = [cls for cls in ERRORS if cls not in (*EXPECTED, *UNREACHABLE)]


@pytest.mark.parametrize("cls", MACHINE, ids=lambda cls: cls.__name__)
def test_errors_of_the_machine_are_not_for_clients(cls: type[SegueError]) -> None:
    names = [name for _, name, _, _ in Formatter().parse(cls.__doc__ or "") if name]
    error = GraphQLError("", original_error=cls(**dict.fromkeys(names, "/srv/secret")))
    answer = formatted(error)
    assert answer["message"] == "Something went wrong on our side."
    assert set(answer["extensions"]) == {"code", "requestId"}


@pytest.mark.parametrize("cls", UNREACHABLE, ids=lambda cls: cls.__name__)
def test_what_is_away_or_full_is_named(cls: type[SegueError]) -> None:
    names = [name for _, name, _, _ in Formatter().parse(cls.__doc__ or "") if name]
    answer = formatted(GraphQLError("", original_error=cls(**dict.fromkeys(names, "/srv/secret"))))
    assert answer["message"] == UNREACHABLE[cls]
    # A full disk waits for a person; the others pass by themselves.
    assert answer["extensions"] == {"code": cls.code} | ({} if cls is DatabaseFull else {"retryable": True})


class Broken(Database):
    """Fails the way a programming error would."""

    async def rows(self, statement: Statement, parameters: dict[str, Any] | None = None) -> list[Row]:
        raise psycopg.errors.SyntaxError('syntax error at or near "FORM" in /srv/secret.sql')


async def ask(app: Starlette, query: str) -> dict[str, Any]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://archive.test") as client:
        answer: dict[str, Any] = (await client.post("/graphql", json={"query": query})).json()
    return answer


async def test_what_nobody_expected_is_masked_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(Settings(), Broken("postgresql://", size=1, statement_timeout_seconds=1))
    with caplog.at_level(logging.ERROR, logger="segue.api"):
        answer = await ask(app, "{ albums { nodes { title } } }")
    [error] = answer["errors"]
    assert error["message"] == "Something went wrong on our side."
    assert set(error["extensions"]) == {"code", "requestId"}
    assert error["extensions"]["code"] == "INTERNAL"
    assert "secret" not in str(answer)
    assert error["extensions"]["requestId"] in caplog.text
    assert "syntax error at or near" in caplog.text
    assert "Traceback" in caplog.text


async def test_a_database_that_is_away_is_retryable_and_comes_back(
    postgres_url: str, template_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sql.database.CONNECTION_WAIT_SECONDS", 0.3)
    later = urlunsplit(urlsplit(postgres_url)._replace(path="/comes_later"))
    database = Database(later, size=1, statement_timeout_seconds=1)
    app = create_app(Settings(), database)
    try:
        away = await ask(app, "{ albums { totalCount } }")
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE comes_later TEMPLATE {template_database} STRATEGY file_copy")
        back = await ask(app, "{ albums { totalCount } }")
    finally:
        await database.close()
    assert away == {
        "data": {"albums": None},
        "errors": [
            {
                "message": "The database does not answer. Try again in a moment.",
                "locations": [{"line": 1, "column": 3}],
                "path": ["albums"],
                "extensions": {"code": "DATABASE_UNREACHABLE", "retryable": True},
            }
        ],
        "extensions": {"cost": 1 + 20 + 20, "costLimit": 20_000},
    }
    assert back == {"data": {"albums": {"totalCount": 0}}, "extensions": away["extensions"]}
