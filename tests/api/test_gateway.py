"""Curators in the cloud: known by what the gateway verified, out of the event, and by nothing that a client sends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from mangum import Mangum

from api.app import create_app
from domain.api_key import new_key
from domain.settings import Settings
from tests.api.events import Event, body_of, post, with_claims

Function = Callable[[Event], dict[str, Any]]  # Any: JSON
JOBS = "{ jobs { totalCount } }"
CLAIMS = {"iss": "https://issuer.example", "sub": "ana", "groups": "[readers curators]"}


@pytest.fixture(scope="module")
def database_url(new_database: Callable[[], str]) -> str:
    return new_database()


@contextmanager
def deployed(settings: Settings) -> Iterator[Function]:
    """Answers events, on a loop of its own: Mangum takes the thread's."""
    loop = asyncio.new_event_loop()
    app = create_app(settings, in_cloud=True)
    asyncio.set_event_loop(loop)
    adapter = Mangum(app, lifespan="off")
    asyncio.set_event_loop(None)

    def answer(event: Event) -> dict[str, Any]:  # Any: JSON
        asyncio.set_event_loop(loop)
        try:
            return adapter(event, None)  # type: ignore[arg-type]  # handed on as it is
        finally:
            asyncio.set_event_loop(None)

    yield answer
    loop.run_until_complete(app.state.services.close())
    loop.close()


@pytest.fixture(scope="module")
def function(database_url: str) -> Iterator[Function]:
    with deployed(Settings(database_url=database_url)) as function:
        yield function


def outcome(function: Function, event: Event) -> Any:  # Any: JSON
    content = json.loads(body_of(function(event)))
    return content["errors"][0]["extensions"]["code"] if "errors" in content else content["data"]


def test_verified_claims_make_a_curator(function: Function) -> None:
    for path in ("/curator/graphql", "/graphql"):
        event = with_claims(post("http_api", JOBS, path=path), CLAIMS)
        assert outcome(function, event) == {"jobs": {"totalCount": 0}}


@pytest.mark.parametrize("groups", ["[readers]", "readers", "[]", "", "[curators2 /curators]", "map[roles:[curators]]"])
def test_somebody_else_is_none(function: Function, groups: str) -> None:
    event = with_claims(post("http_api", JOBS, path="/curator/graphql"), CLAIMS | {"groups": groups})
    assert outcome(function, event) == "NOT_A_CURATOR"


def test_the_claim_is_the_one_that_is_set(database_url: str) -> None:
    settings = Settings(database_url=database_url, oidc_curator_claim="cognito:groups", oidc_curator_value="staff")
    with deployed(settings) as function:
        for claims, expected in (
            ({"cognito:groups": "[staff other]"}, {"jobs": {"totalCount": 0}}),
            ({"cognito:groups": "staff"}, {"jobs": {"totalCount": 0}}),
            ({"groups": "[curators staff]"}, "NOT_A_CURATOR"),
        ):
            assert outcome(function, with_claims(post("http_api", JOBS), claims)) == expected


@pytest.mark.parametrize("kind", ["http_api", "function_url", "rest_api"])
def test_without_claims_there_is_no_curator(function: Function, kind: str) -> None:
    for path in ("/curator/graphql", "/graphql"):
        assert outcome(function, post(kind, JOBS, path=path)) == "CURATOR_ONLY"


def test_claims_that_a_client_sends_are_words(function: Function) -> None:
    claims = json.dumps(CLAIMS)
    sent = {
        "x-amzn-oidc-data": claims,
        "x-amzn-request-context": json.dumps({"authorizer": {"jwt": {"claims": CLAIMS}}}),
        "requestcontext": claims,
        "aws.event": claims,
        "x-forwarded-for": "127.0.0.1",
        "host": "127.0.0.1",
    }
    event = post("http_api", JOBS, path="/curator/graphql")
    event["headers"] |= sent
    event["authorizer"] = {"jwt": {"claims": CLAIMS}}
    event["requestContext"]["authorizer"] = {"lambda": {"claims": CLAIMS}, "claims": CLAIMS}
    event["requestContext"]["jwt"] = {"claims": CLAIMS}
    assert outcome(function, event) == "CURATOR_ONLY"


@pytest.mark.parametrize("claims", [None, [], "curators", 7])
def test_an_event_that_holds_no_claims(function: Function, claims: object) -> None:
    event = post("http_api", JOBS)
    event["requestContext"]["authorizer"] = {"jwt": {"claims": claims}}
    assert outcome(function, event) == "CURATOR_ONLY"
    event["requestContext"]["authorizer"] = claims
    assert outcome(function, event) == "CURATOR_ONLY"


def test_keys_and_users_are_known_there_and_an_issuers_tokens_are_not_believed(
    function: Function, database_url: str
) -> None:
    key = new_key()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO api_keys (prefix, digest, label, role) VALUES (%s, %s, 'x', 'CURATOR')",
            [key.prefix, key.digest],
        )
    made = outcome(function, post("http_api", "mutation { createUser { token user { id } } }"))["createUser"]
    user = made["user"]["id"]
    for token, query, expected in (
        (key.text, JOBS, {"jobs": {"totalCount": 0}}),
        (made["token"], JOBS, "NOT_A_CURATOR"),
        (made["token"], f'{{ user(id: "{user}") {{ id }} }}', {"user": {"id": user}}),
        ("eyJhbGciOiJub25lIn0.e30.", JOBS, "TOKEN_INVALID"),
    ):
        event = post("http_api", query)
        event["headers"]["authorization"] = f"Bearer {token}"
        assert outcome(function, event) == expected
