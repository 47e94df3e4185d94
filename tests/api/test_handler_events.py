"""Events of an HTTP API, of a function's own address and of a REST API are all answered alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from domain.ids import encode
from tests.api.events import KINDS, body_of, get, post, with_claims
from tests.api.lambda_process import result_of
from tests.small_archive import SmallArchive, fill

QUERY = "query($id: ID!) { track(id: $id) { title similar(first: 2) { items { rank track { title } } } } }"
CANCEL = 'mutation { cancelJob(id: "Sm9iOm5vbmU=") { id } }'
ANSWER = """
from api.handler import handler
result = [handler(event, None) for event in given]
"""
# A page's picture, for one: bytes that are no text.
BYTES = bytes(range(256))
BINARY = f"""
import api.app, api.handler
from starlette.responses import Response
from starlette.routing import Route
create_app = api.app.create_app
async def picture(request):
    return Response({BYTES!r}, media_type="image/png")
def with_picture(*arguments, **options):
    app = create_app(*arguments, **options)
    app.router.routes.append(Route("/picture", picture))
    return app
api.handler.create_app = with_picture
result = [api.handler.handler(event, None) for event in given]
"""


@pytest.fixture(scope="module")
def events(archive: SmallArchive) -> list[dict[str, Any]]:
    """Of each kind: an operation sent, one in the address, GraphiQL for a browser, health, and what is not here."""
    asked = {"id": encode("Track", archive.tracks["Prelude"])}
    return [
        event
        for kind in KINDS
        for event in (
            post(kind, QUERY, asked),
            get(kind, "/graphql", query=QUERY, variables=json.dumps(asked)),
            get(kind, "/graphql", accept="text/html"),
            get(kind, "/healthz"),
            get(kind, "/audio/1"),
        )
    ]


@pytest.fixture(scope="module")
def answers(
    archive_url: str, events: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[dict[str, Any]]]:
    """By kind of event, in their order; one instance answers all."""
    found, _ = result_of(ANSWER, events, tmp_path_factory.mktemp("events"), SEGUE_DATABASE_URL=archive_url)
    return {kind: found[5 * number : 5 * number + 5] for number, kind in enumerate(KINDS)}


@pytest.mark.parametrize("kind", KINDS)
def test_operations_are_answered(answers: dict[str, list[dict[str, Any]]], kind: str) -> None:
    for answer in answers[kind][:2]:
        assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
        found = json.loads(body_of(answer))["data"]["track"]
        assert found["title"] == "Prelude"
        assert [item["track"]["title"] for item in found["similar"]["items"]] == ["Fugue", "Élégie"]


@pytest.mark.parametrize("kind", KINDS)
def test_pages_and_health_are_answered(answers: dict[str, list[dict[str, Any]]], kind: str) -> None:
    page, health, audio = answers[kind][2:]
    assert page["statusCode"] == 200
    assert body_of(page).startswith(b"<!")
    assert (health["statusCode"], json.loads(body_of(health))["status"]) == (200, "ok")
    # Recordings are not on this machine.
    assert audio["statusCode"] == 404


@pytest.mark.parametrize("kind", KINDS)
def test_headers_go_out_where_each_kind_reads_them(answers: dict[str, list[dict[str, Any]]], kind: str) -> None:
    assert answers[kind][0]["headers"]["content-type"] == "application/json"


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_go_out_as_they_are(archive_url: str, archive: SmallArchive, kind: str, tmp_path: Path) -> None:
    [answer], _ = result_of(BINARY, [get(kind, "/picture")], tmp_path, SEGUE_DATABASE_URL=archive_url)
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, True)
    assert body_of(answer) == BYTES


def test_only_what_the_gateway_verified_makes_a_curator(
    archive_url: str, archive: SmallArchive, tmp_path: Path
) -> None:
    curator = {"sub": "1b2c", "iss": "https://issuer.example", "cognito:groups": "[curators staff]"}
    forged = post("http_api", CANCEL)
    forged["headers"]["requestContext"] = json.dumps({"authorizer": {"jwt": {"claims": curator}}})
    asked = [
        with_claims(post("http_api", CANCEL, path="/curator/graphql"), curator),
        with_claims(post("http_api", CANCEL, path="/curator/graphql"), curator | {"cognito:groups": "[staff]"}),
        post("http_api", CANCEL),
        forged,
        post("function_url", CANCEL),
        post("rest_api", CANCEL),
    ]
    found, _ = result_of(
        ANSWER, asked, tmp_path, SEGUE_DATABASE_URL=archive_url, SEGUE_OIDC_CURATOR_CLAIM="cognito:groups"
    )
    codes = [json.loads(body_of(answer))["errors"][0]["extensions"]["code"] for answer in found]
    # Who may is told that there is no such job; the others that they may not.
    assert codes[0] not in ("CURATOR_ONLY", "INTERNAL")
    assert codes[1:] == ["NOT_A_CURATOR"] + ["CURATOR_ONLY"] * 4


def test_where_a_job_was_asked_for_it_is_told_what_waits(database_url: str, audio_file: Path, tmp_path: Path) -> None:
    """So that a worker is started at once, and not at the next look at the queue."""
    fill(database_url, audio_file)
    curator = {"sub": "1b2c", "groups": "[curators]"}
    ask = 'mutation { reembed(space: "musicnn-mtt", allowMissing: true) { status } }'
    asked = [
        post("http_api", "{ spaces { name } }"),
        with_claims(post("http_api", ask, path="/curator/graphql"), curator),
        post("http_api", "{ spaces { name } }"),
    ]
    known = {"SEGUE_DATABASE_URL": database_url, "SEGUE_METRICS_NAMESPACE": "Segue/test"}
    answers, lines = result_of(ANSWER, asked, tmp_path, **known)
    assert json.loads(body_of(answers[1]))["data"] == {"reembed": {"status": "WAITING"}}
    told = ["waits" if "JobsWaiting" in line else "request" for line in lines]
    assert told == ["request", "request", "waits", "request"]
    [about] = lines[2]["_aws"]["CloudWatchMetrics"]
    assert about["Namespace"] == "Segue/test"
    assert lines[2]["JobsWaiting"] >= 1
