"""What is counted and logged of requests, over HTTP."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from api.app import create_app
from domain.ids import encode
from domain.settings import Settings
from sql.database import Database
from tests.small_archive import SmallArchive

pytestmark = pytest.mark.anyio

PANEL = "query Panel($id: ID!) { recommendSimilar(trackId: $id) { items { track { title } } } }"
LOCAL = "http://127.0.0.1:8000"


@pytest.fixture
async def here(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A client on the server's machine."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=LOCAL) as client:
        yield client


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    wanted = ("operation", "outcome", "code", "role", "request_id")
    return [
        {name: getattr(record, name) for name in wanted}
        for record in caplog.records
        if record.name == "segue.api.requests"
    ]


async def test_every_request_is_a_line_in_the_log(
    here: httpx.AsyncClient, archive: SmallArchive, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "segue.api.requests")
    track = {"id": encode("Track", archive.tracks["Prelude"])}
    given = {"x-request-id": "of-the-proxy-1"}
    asked: list[dict[str, Any]] = [
        {"query": PANEL, "variables": track},
        {"query": PANEL, "variables": {"id": encode("Track", 99_999)}},
        {"query": "query Wrong { nonsense }"},
        {"query": "{ jobs { totalCount } }"},
        {"query": ""},
    ]
    answers = [await here.post("/graphql", json=content, headers=given) for content in asked]
    assert [answer.headers["x-request-id"] for answer in answers] == ["of-the-proxy-1"] * 5
    assert [tuple(line.values())[:3] for line in lines(caplog)] == [
        ("Panel", "ok", None),
        ("Panel", "error", "TRACK_NOT_FOUND"),
        ("(none)", "refused", "GRAPHQL_VALIDATION_FAILED"),
        ("(unnamed)", "ok", None),
        ("(none)", "refused", "BAD_REQUEST"),
    ]
    assert {line["request_id"] for line in lines(caplog)} == {"of-the-proxy-1"}
    panel = next(record for record in caplog.records if record.name == "segue.api.requests")
    assert panel.getMessage().startswith("Panel: ok in ")
    assert panel.cost == answers[0].json()["extensions"]["cost"]  # type: ignore[attr-defined]
    # Nothing of what was asked about is in the log.
    assert track["id"] not in caplog.text


async def test_an_id_that_could_forge_lines_is_not_taken_over(here: httpx.AsyncClient) -> None:
    for given in ("short", 'x" level="ERROR', "x" * 129, "naïve-naïve"):
        answer = await here.post("/graphql", json={"query": "{ __typename }"}, headers={"x-request-id": given.encode()})
        made = answer.headers["x-request-id"]
        assert (len(made), int(made, 16) >= 0) == (32, True)


async def test_our_own_fault_is_found_by_the_id_that_the_client_has(
    here: httpx.AsyncClient, app: Starlette, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a secret place")

    monkeypatch.setattr(app.state.services.catalogue, "album_count", broken)
    answer = await here.post("/graphql", json={"query": "{ albums { totalCount } }"})
    [error] = answer.json()["errors"]
    assert error["extensions"]["requestId"] == answer.headers["x-request-id"]
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.request_id == answer.headers["x-request-id"]  # type: ignore[attr-defined]
    assert "a secret place" not in answer.text
    told = (await here.get("/metrics")).text
    assert 'segue_requests_total{operation="(unnamed)",outcome="failed"} 1' in told


async def test_metrics_tell_what_there_is(here: httpx.AsyncClient, archive: SmallArchive) -> None:
    await here.post("/graphql", json={"query": "query Albums { albums { totalCount } }"})
    answer = await here.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    told = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    expected = {
        'segue_requests_total{operation="Albums",outcome="ok"}': 1,
        'segue_request_seconds_count{operation="Albums"}': 1,
        "segue_requests_in_flight": 0,
        "segue_requests_in_flight_limit": 64,
        "segue_pool_in_use": 0,
        "segue_pool_size": 4,
        "segue_pool_waiting": 0,
        "segue_slow_statements": 0,
        "segue_database_up": 1,
        # One job of the small archive runs, none waits.
        'segue_jobs{status="WAITING"}': 0,
        'segue_jobs{status="RUNNING"}': 1,
    }
    assert {name: float(told[name]) for name in expected} == expected
    assert float(told['segue_oldest_job_seconds{status="WAITING"}']) == 0
    # It was made in May 2024.
    assert float(told['segue_oldest_job_seconds{status="RUNNING"}']) > 365 * 86_400
    [space] = [name for name in told if name.startswith("segue_space_tracks")]
    assert 'space="musicnn-mtt"' in space
    assert 'state="FILLING",indexed="false"' in space
    assert float(told[space]) == 5
    assert float(told["process_resident_memory_bytes"]) > 10_000_000


async def test_metrics_without_the_database(here: httpx.AsyncClient) -> None:
    app = create_app(
        Settings(connection_wait_seconds=0.1, database_url="postgresql:///x?host=/nowhere"),
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=LOCAL) as client:
        told = (await client.get("/metrics")).text
    await app.state.services.close()
    assert "segue_database_up 0" in told
    assert "segue_requests_in_flight 0" in told


async def test_strangers_are_told_no_metrics(app: Starlette, database: Database) -> None:
    for url, client, headers in (
        ("http://archive.example", ("192.0.2.1", 1), {}),
        # A proxy on this machine passes it on, under the name it is known by or as this machine.
        ("http://archive.example", ("127.0.0.1", 1), {}),
        (LOCAL, ("127.0.0.1", 1), {"x-forwarded-for": "192.0.2.1"}),
    ):
        settings = Settings(host="0.0.0.0", allowed_hosts=("archive.example",))  # noqa: S104 -- is the test
        transport = httpx.ASGITransport(create_app(settings, database), client=client)
        async with httpx.AsyncClient(transport=transport, base_url=url, headers=headers) as http:
            answer = await http.get("/metrics")
            assert (answer.status_code, "segue_" in answer.text) == (403, False)


@pytest.mark.parametrize(("namespace", "told"), [("Segue/other", "Segue/other"), (None, "Segue")])
async def test_cloudwatch_is_told_of_what_no_visitor_can_help(
    namespace: str | None, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """GraphQL answers with status 200 where the database is away: nobody else would count it."""
    away = Database("postgresql://nobody@127.0.0.1:1/none", size=1, statement_timeout_seconds=1, wait_seconds=0.2)
    app = create_app(Settings(metrics_namespace=namespace), away, in_cloud=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://archive.example") as http:
        for query in ("{ albums { totalCount } }", '{ album(id: "x") { title } }'):
            assert (await http.post("/graphql", json={"query": query})).status_code == 200
    await app.state.services.close()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["code"], line["outcome"], line["Failed"]) for line in lines] == [
        ("DATABASE_UNREACHABLE", "error", 1),
        ("INVALID_ID", "error", 0),
    ]
    assert [line["_aws"]["CloudWatchMetrics"][0]["Namespace"] for line in lines] == [told, told]


async def test_in_the_cloud_there_is_a_line_for_cloudwatch(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    app = create_app(Settings(), database, in_cloud=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://archive.example") as http:
        answer = await http.post("/graphql", json={"query": "query Albums { albums { totalCount } }"})
        await http.post("/graphql", json={"query": "{"})
        assert (await http.get("/metrics")).status_code == 404
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    [metrics] = first["_aws"]["CloudWatchMetrics"]
    assert (metrics["Namespace"], metrics["Dimensions"]) == ("Segue", [[]])
    assert {metric["Name"] for metric in metrics["Metrics"]} == {"Requests", "Failed", "Shed", "Duration", "Cost"}
    assert {name: first[name] for name in ("Operation", "Requests", "Failed", "Shed", "Cost", "outcome")} == {
        "Operation": "Albums",
        "Requests": 1,
        "Failed": 0,
        "Shed": 0,
        "Cost": answer.json()["extensions"]["cost"],
        "outcome": "ok",
    }
    assert first["request_id"] == answer.headers["x-request-id"]
    assert (second["outcome"], second["code"], "Cost" in second) == ("refused", "GRAPHQL_PARSE_FAILED", False)
    # Every metric that is announced is in the line, as CloudWatch wants it.
    for line in (first, second):
        assert all(isinstance(line[m["Name"]], int | float) for m in line["_aws"]["CloudWatchMetrics"][0]["Metrics"])
