"""Users with tokens: what they may see and do, and that nobody sees or does what is somebody else's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from starlette.applications import Starlette

from domain import ids
from domain.ids import encode
from domain.signing import Signer
from domain.user_token import LIFE, user_token
from tests.api.conftest import CountingDatabase
from tests.api.listening.visitor import (
    CREATE,
    CURATORS,
    DELETE,
    END,
    MADE_UP,
    RECORD,
    RENEW,
    SESSION,
    START,
    USER,
    Visitor,
    entry,
    rows,
)

pytestmark = pytest.mark.anyio


async def test_users_are_made_with_a_token_that_holds_for_400_days(stranger: Visitor) -> None:
    made = await stranger.data(CREATE, name="  Ana  ")
    assert {name: made["user"][name] for name in ("name", "anonymous", "simulated")} == {
        "name": "Ana",
        "anonymous": False,
        "simulated": False,
    }
    left = datetime.fromisoformat(made["expiresAt"]) - datetime.now(UTC)
    assert timedelta(days=400) - timedelta(minutes=1) < left < timedelta(days=400)
    anonymous = (await stranger.data(CREATE))["user"]
    assert (anonymous["name"], anonymous["anonymous"]) == (None, True)
    assert (await stranger.data(CREATE, name="Ana", anonymous=True))["user"]["anonymous"] is True
    for name in ("", " ", "x" * 201, "\0"):
        assert await stranger.code(CREATE, name=name) == "INVALID_USER_NAME"


async def test_nobody_else_sees_or_writes_it(
    app: Starlette, ana: Visitor, ben: Visitor, stranger: Visitor, track: str
) -> None:
    session = (await ana.data(START))["id"]
    await ana.data(RECORD, session=session, entries=[entry(track)])
    nobody, nothing = encode("User", str(UUID(int=1))), encode("Session", str(UUID(int=1)))
    asked: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
        (USER, {"id": ana.id}, "USER_NOT_FOUND", {"id": nobody}),
        (DELETE, {"id": ana.id}, "USER_NOT_FOUND", {"id": nobody}),
        (RENEW, {"id": ana.id}, "USER_NOT_FOUND", {"id": nobody}),
        (START, {"user": ana.id}, "USER_NOT_FOUND", {"user": nobody}),
        (SESSION, {"id": session}, "SESSION_NOT_FOUND", {"id": nothing}),
        (END, {"id": session}, "SESSION_NOT_FOUND", {"id": nothing}),
        ("query($id: ID!) { node(id: $id) { id } }", {"id": session}, "SESSION_NOT_FOUND", {"id": nothing}),
        ("query($id: ID!) { node(id: $id) { id } }", {"id": ana.id}, "USER_NOT_FOUND", {"id": nobody}),
        ("query($id: ID!) { sessions(userId: $id) { totalCount } }", {"id": ana.id}, "USER_NOT_FOUND", {"id": nobody}),
        (
            RECORD,
            {"entries": [entry(track, "x")], "session": session},
            "SESSION_NOT_FOUND",
            {"entries": [entry(track, "x")], "session": nothing},
        ),
        (
            RECORD,
            {"entries": [entry(track, "x")], "user": ana.id},
            "USER_NOT_FOUND",
            {"entries": [entry(track, "x")], "user": nobody},
        ),
    ]
    for query, variables, code, absent in asked:
        # What is there and what is not are told in the same words, but for the id that was asked with.
        there, not_there = await ben.answer(query, **variables), await ben.answer(query, **absent)
        assert there["errors"][0]["extensions"]["code"] == code
        asked_with = (variables.get("session") or variables.get("user") or variables.get("id"), nothing, nobody)
        assert _without(there, *asked_with) == _without(not_there, *asked_with)
        assert [await stranger.code(query, **words) for words in (variables, absent)] == ["TOKEN_MISSING"] * 2
        assert await Visitor(app, token=MADE_UP).code(query, **variables) == "TOKEN_INVALID"
    assert (await ana.data(USER, id=ana.id))["history"]["totalCount"] == 1


def _without(answer: dict[str, Any], *asked_with: str | None) -> str:
    text = repr(answer)
    for word in asked_with:
        text = text.replace(word or "", "?")
    return text


async def test_at_the_servers_own_address_a_token_makes_nobody_more_than_its_user(
    app: Starlette, ana: Visitor, ben: Visitor
) -> None:
    there = Visitor(app, CURATORS, token=str(ben.http.headers["authorization"]).removeprefix("Bearer "))
    assert await there.code(USER, id=ana.id) == "USER_NOT_FOUND"
    assert (await there.data(USER, id=ben.id))["id"] == ben.id


async def test_curators_speak_for_everybody(curator: Visitor, ana: Visitor, track: str) -> None:
    session = await curator.data(START, user=ana.id)
    assert await curator.data(RECORD, session=session["id"], entries=[entry(track, "a")]) == {
        "recorded": 1,
        "repeated": 0,
    }
    assert await curator.data(RECORD, user=ana.id, entries=[entry(track, "b")]) == {"recorded": 1, "repeated": 0}
    assert (await curator.data(USER, id=ana.id))["history"]["totalCount"] == 2
    assert (await curator.data(RENEW, id=ana.id))["user"]["id"] == ana.id
    # They are nobody themselves.
    assert await curator.code(START) == "TOKEN_MISSING"
    assert await curator.code(RECORD, entries=[entry(track, "c")]) == "TOKEN_MISSING"
    assert await curator.code(USER, id=encode("User", str(UUID(int=1)))) == "USER_NOT_FOUND"
    assert await curator.code(RECORD, session=session["id"], user=ana.id, entries=[]) == "CONFLICTING_ARGUMENTS"
    assert await curator.data(DELETE, id=ana.id) == ana.id


async def test_a_token_expires_and_can_be_renewed_before(
    app: Starlette, database: CountingDatabase, ana: Visitor
) -> None:
    renewed = Visitor(app, token=(await ana.data(RENEW))["token"])
    assert (await renewed.data(USER, id=ana.id))["name"] == "Ana"
    [(key,)] = rows(database, "SELECT key FROM signing_keys")
    expired = user_token(Signer([bytes(key)]), ids.decode_uuid("User", ana.id), datetime.now(UTC) - LIFE)
    assert await Visitor(app, token=expired).code(USER, id=ana.id) == "TOKEN_INVALID"
    # What everybody may see is not withheld from who has an old token.
    assert (await Visitor(app, token=expired).data("{ albums { totalCount } }"))["totalCount"] == 3


async def test_a_user_is_forgotten_completely(
    database: CountingDatabase, ana: Visitor, ben: Visitor, track: str
) -> None:
    seed = track
    shown = await ana.data("query($id: ID!) { recommendSimilar(trackId: $id) { id items { track { id } } } }", id=seed)
    heard = [entry(shown["items"][0]["track"]["id"], "a", listId=shown["id"])]
    for visitor in (ana, ben):
        session = (await visitor.data(START))["id"]
        await visitor.data(RECORD, session=session, entries=heard)
    tables = ("users", "sessions", "interactions", "impressions")
    assert [rows(database, f"SELECT count(*) FROM {table}") for table in tables] == [[(2,)]] * 4
    assert await ana.data(DELETE, id=ana.id) == ana.id
    assert [rows(database, f"SELECT count(*) FROM {table}") for table in tables] == [[(1,)]] * 4
    # The token is still well signed; there is nobody behind it.
    assert await ana.code(USER, id=ana.id) == "USER_NOT_FOUND"
    assert await ana.code(DELETE, id=ana.id) == "USER_NOT_FOUND"
    assert await ana.code(RENEW) == "USER_NOT_FOUND"
    assert await ana.code(START) == "USER_NOT_FOUND"
    assert await ana.code(RECORD, entries=heard) == "USER_NOT_FOUND"
