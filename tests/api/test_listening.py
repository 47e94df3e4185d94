"""A visitor's way: a user with a token, sessions, and what is recorded in them; and that nobody sees anybody else's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import anyio
import httpx
import psycopg
import pytest
from starlette.applications import Starlette

from api.app import create_app
from domain import ids
from domain.ids import encode
from domain.settings import Settings
from domain.signing import Signer
from domain.user_token import LIFE, user_token
from tests.api.conftest import CountingDatabase
from tests.small_archive import SmallArchive, fill

pytestmark = pytest.mark.anyio

VISITORS, CURATORS = "http://archive.test", "http://127.0.0.1:8000"
CREATE = """
mutation($name: String, $anonymous: Boolean) {
  createUser(name: $name, anonymous: $anonymous) { token expiresAt user { id name anonymous simulated } }
}
"""
RENEW = "mutation($id: ID) { renewToken(userId: $id) { token user { id } } }"
DELETE = "mutation($id: ID!) { deleteUser(id: $id) }"
START = "mutation($user: ID) { startSession(userId: $user) { id startedAt endedAt user { id } } }"
END = "mutation($id: ID!) { endSession(id: $id) { id endedAt } }"
RECORD = """
mutation($entries: [InteractionInput!]!, $session: ID, $user: ID) {
  recordInteractions(interactions: $entries, sessionId: $session, userId: $user) { recorded repeated }
}
"""
USER = "query($id: ID!) { user(id: $id) { id name history { totalCount nodes { clientId } } } }"
SESSION = """
query($id: ID!) { session(id: $id) { id user { id } interactions { totalCount
  nodes { clientId kind playedSeconds occurredAt plays listId rank track { title } session { id } }
} } }
"""
MADE_UP = "made.up"
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


class Visitor:
    """Asks with a token; at the server's own address and without token it is a curator."""

    def __init__(self, app: Starlette, address: str = VISITORS, token: str | None = None) -> None:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=address, headers=headers)
        self.id = ""

    async def answer(self, query: str, **variables: Any) -> dict[str, Any]:  # Any: JSON
        response = await self.http.post("/graphql", json={"query": query, "variables": variables})
        assert response.status_code == 200, response.text
        content: dict[str, Any] = response.json()
        return content

    async def data(self, query: str, **variables: Any) -> Any:
        """The one field of an operation that must succeed."""
        content = await self.answer(query, **variables)
        assert "errors" not in content, content["errors"]
        [field] = content["data"].values()
        return field

    async def error(self, query: str, **variables: Any) -> dict[str, Any]:
        [error] = (await self.answer(query, **variables))["errors"]
        assert isinstance(error, dict)
        return error

    async def code(self, query: str, **variables: Any) -> str:
        return str((await self.error(query, **variables))["extensions"]["code"])


@pytest.fixture
def archive(database_url: str) -> SmallArchive:
    return fill(database_url)


@pytest.fixture
async def database(database_url: str, archive: SmallArchive) -> AsyncIterator[CountingDatabase]:
    database = CountingDatabase(database_url, size=8, statement_timeout_seconds=10)
    yield database
    await database.close()


@pytest.fixture
def app(database: CountingDatabase) -> Starlette:
    return create_app(Settings(), database)


@pytest.fixture
def stranger(app: Starlette) -> Visitor:
    """Somebody without a token, from elsewhere."""
    return Visitor(app)


@pytest.fixture
def curator(app: Starlette) -> Visitor:
    return Visitor(app, CURATORS)


async def new_visitor(app: Starlette, **variables: Any) -> Visitor:
    made = await Visitor(app).data(CREATE, **variables)
    visitor = Visitor(app, token=made["token"])
    visitor.id = made["user"]["id"]
    return visitor


@pytest.fixture
async def ana(app: Starlette) -> Visitor:
    return await new_visitor(app, name="Ana")


@pytest.fixture
async def ben(app: Starlette) -> Visitor:
    return await new_visitor(app)


@pytest.fixture
def track(archive: SmallArchive) -> str:
    return encode("Track", archive.tracks["Fugue"])


def entry(track: str, client_id: str = "a", **more: Any) -> dict[str, Any]:
    return {"clientId": client_id, "trackId": track, "kind": "PLAY", "occurredAt": NOON.isoformat(), **more}


def rows(database: CountingDatabase, statement: str) -> list[tuple[Any, ...]]:  # Any: columns
    with psycopg.connect(database.url) as connection:
        return connection.execute(statement).fetchall()


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


async def test_a_visitors_way(database: CountingDatabase, ana: Visitor, archive: SmallArchive) -> None:
    session = await ana.data(START)
    assert session["user"]["id"] == ana.id
    assert session["endedAt"] is None
    batch = [
        entry(
            encode("Track", archive.tracks["Fugue"]), "a", playedSeconds=42.5, occurredAt="2026-07-01T14:00:00+02:00"
        ),
        entry(encode("Track", archive.tracks["Waltz"]), "b", kind="SKIP", occurredAt="2026-07-01T12:01:00Z"),
    ]
    before = database.statements
    assert await ana.data(RECORD, session=session["id"], entries=batch) == {"recorded": 2, "repeated": 0}
    assert database.statements - before == 1
    [waltz, fugue] = (found := (await ana.data(SESSION, id=session["id"]))["interactions"])["nodes"]
    assert found["totalCount"] == 2
    assert fugue == {
        "clientId": "a",
        "kind": "PLAY",
        "playedSeconds": 42.5,
        "occurredAt": "2026-07-01T12:00:00+00:00",
        "plays": 1,
        "listId": None,
        "rank": None,
        "track": {"title": "Fugue"},
        "session": {"id": session["id"]},
    }
    assert (waltz["clientId"], waltz["kind"], waltz["track"]["title"]) == ("b", "SKIP", "Waltz")
    ended = (await ana.data(END, id=session["id"]))["endedAt"]
    assert (await ana.data(END, id=session["id"]))["endedAt"] == ended
    # What was still under way when it ended belongs to it.
    late = [entry(batch[0]["trackId"], "c")]
    assert await ana.data(RECORD, session=session["id"], entries=late) == {"recorded": 1, "repeated": 0}
    # Outside of sessions.
    assert await ana.data(RECORD, entries=[entry(batch[0]["trackId"], "d", kind="LIKE")]) == {
        "recorded": 1,
        "repeated": 0,
    }
    history = (await ana.data(USER, id=ana.id))["history"]
    # Newest first; of the same time, what was recorded later first.
    assert [node["clientId"] for node in history["nodes"]] == ["b", "d", "c", "a"]
    assert history["totalCount"] == 4


async def test_sessions_and_histories_come_in_pages(ana: Visitor, track: str) -> None:
    sessions = [(await ana.data(START))["id"] for _ in range(3)]
    for number, session in enumerate(sessions):
        batch = [entry(track, f"{number}-{place}") for place in range(2)]
        await ana.data(RECORD, session=session, entries=batch)
    query = "query($id: ID!, $after: String) { sessions(userId: $id, first: 2, after: $after) { totalCount nodes { id }\
        pageInfo { hasNextPage endCursor } } }"
    first = await ana.data(query, id=ana.id)
    second = await ana.data(query, id=ana.id, after=first["pageInfo"]["endCursor"])
    assert [node["id"] for node in first["nodes"] + second["nodes"]] == sessions[::-1]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (
        3,
        True,
        False,
    )
    history = "query($id: ID!, $after: String) { user(id: $id) { history(first: 4, after: $after) {\
        nodes { clientId } pageInfo { endCursor } } } }"
    page = (await ana.data(history, id=ana.id))["history"]
    rest = (await ana.data(history, id=ana.id, after=page["pageInfo"]["endCursor"]))["history"]
    assert [node["clientId"] for node in page["nodes"] + rest["nodes"]] == ["2-1", "2-0", "1-1", "1-0", "0-1", "0-0"]


async def test_the_interactions_of_all_sessions_take_one_statement(
    database: CountingDatabase, ana: Visitor, track: str
) -> None:
    for number in range(3):
        session = (await ana.data(START))["id"]
        await ana.data(RECORD, session=session, entries=[entry(track, f"{number}")])
    before = database.statements
    found = await ana.data(
        "query($id: ID!) { user(id: $id) { sessions { nodes { interactions { totalCount nodes { clientId } } } } } }",
        id=ana.id,
    )
    # The user, the sessions, their interactions, and how many those are.
    assert database.statements - before == 4
    assert [node["interactions"] for node in found["sessions"]["nodes"]] == [
        {"totalCount": 1, "nodes": [{"clientId": f"{number}"}]} for number in (2, 1, 0)
    ]


async def test_a_batch_that_is_sent_again_counts_once(database: CountingDatabase, ana: Visitor, track: str) -> None:
    session = (await ana.data(START))["id"]
    batch = [entry(track, f"{number}") for number in range(3)]
    assert await ana.data(RECORD, session=session, entries=batch[:2]) == {"recorded": 2, "repeated": 0}
    assert await ana.data(RECORD, session=session, entries=batch) == {"recorded": 1, "repeated": 2}
    assert await ana.data(RECORD, session=session, entries=[*batch, batch[0]]) == {"recorded": 0, "repeated": 4}
    # The first word stands.
    other = [entry(track, "0", kind="DISLIKE")]
    assert await ana.data(RECORD, session=session, entries=other) == {"recorded": 0, "repeated": 1}
    assert rows(database, "SELECT client_id, kind FROM interactions ORDER BY client_id") == [
        ("0", "PLAY"),
        ("1", "PLAY"),
        ("2", "PLAY"),
    ]


async def test_a_client_id_belongs_to_its_user(ana: Visitor, ben: Visitor, track: str) -> None:
    for visitor in (ana, ben):
        assert await visitor.data(RECORD, entries=[entry(track)]) == {"recorded": 1, "repeated": 0}


async def test_eight_that_send_the_same_at_once_record_it_once(
    database: CountingDatabase, ana: Visitor, archive: SmallArchive
) -> None:
    session = (await ana.data(START))["id"]
    tracks = [encode("Track", key) for key in archive.tracks.values()]
    batch = [entry(tracks[number % len(tracks)], f"{number}") for number in range(200)]
    answers: list[dict[str, int]] = []

    async def send(turn: int) -> None:
        # Each in another order, as clients that lock each other out would.
        shifted = batch[turn * 25 :] + batch[: turn * 25]
        answers.append(await ana.data(RECORD, session=session, entries=shifted))

    async with anyio.create_task_group() as group:
        for turn in range(8):
            group.start_soon(send, turn)
    assert sorted((answer["recorded"], answer["repeated"]) for answer in answers) == [(0, 200)] * 7 + [(200, 0)]
    assert rows(database, "SELECT count(*), count(DISTINCT client_id) FROM interactions") == [(200, 200)]


async def test_a_full_batch_is_taken_and_no_larger_one(ana: Visitor, track: str) -> None:
    batch = [entry(track, str(uuid4())) for _ in range(1_001)]
    error = await ana.error(RECORD, entries=batch)
    assert error["extensions"] == {"code": "BATCH_TOO_LARGE", "count": 1_001, "maximum": 1_000}
    assert await ana.data(RECORD, entries=batch[:1_000]) == {"recorded": 1_000, "repeated": 0}
    assert await ana.data(RECORD, entries=[]) == {"recorded": 0, "repeated": 0}


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"trackId": encode("Track", 999_999)}, "there is no such track."),
    ({"trackId": encode("Album", 1)}, f"'{encode('Album', 1)}' is not an id of the kind that belongs there."),
    ({"listId": encode("Impression", str(UUID(int=1)))}, "there is no such list of recommendations for this user."),
    ({"listId": encode("Album", 1)}, f"'{encode('Album', 1)}' is not an id of the kind that belongs there."),
    ({"listId": "made.up"}, "the list that it names was not made here."),
    ({"occurredAt": "2126-07-01T12:00:00Z"}, "its time lies more than a day in the future."),
    ({"occurredAt": "2026-07-01T12:00:00"}, "its time names no time zone."),
    ({"playedSeconds": -1.0}, "its played seconds must be 0 to 604800."),
    ({"clientId": ""}, "its client id must have 1 to 100 characters."),
]


async def test_a_batch_with_a_fault_is_not_recorded_at_all(
    database: CountingDatabase, ana: Visitor, track: str
) -> None:
    for wrong, reason in FAULTS:
        at_fault = entry(track, "b") | wrong
        error = await ana.error(RECORD, entries=[entry(track, "a"), at_fault, entry(track, "c")])
        name = at_fault["clientId"]
        assert error["extensions"] == {"code": "INVALID_INTERACTION", "index": 1, "entry": name, "reason": reason}
        assert error["message"] == (
            f"Entry 1 of the batch ('{name}') cannot be recorded: {reason} Nothing of the batch was recorded."
        )
    assert rows(database, "SELECT count(*) FROM interactions") == [(0,)]


async def test_a_clock_that_is_ahead_is_set_right(ana: Visitor, track: str) -> None:
    now = datetime.now(UTC)
    batch = [
        entry(track, "a", occurredAt=(now + timedelta(minutes=50)).isoformat()),
        entry(track, "b", occurredAt=(now + timedelta(hours=1)).isoformat()),
    ]
    session = (await ana.data(START))["id"]
    await ana.data(RECORD, session=session, entries=batch)
    nodes = (await ana.data(SESSION, id=session))["interactions"]["nodes"]
    newest, oldest = (datetime.fromisoformat(node["occurredAt"]) for node in nodes)
    assert newest - oldest == timedelta(minutes=10)
    assert timedelta() <= newest - now < timedelta(minutes=1)


async def test_an_interaction_names_the_anonymous_list_that_it_came_from(
    database: CountingDatabase, ana: Visitor, ben: Visitor, archive: SmallArchive
) -> None:
    seed = encode("Track", archive.tracks["Prelude"])
    shown = await ana.data(
        "query($id: ID!) { recommendSimilar(trackId: $id) { id items { track { id title } } } }", id=seed
    )
    titles = [item["track"]["title"] for item in shown["items"]]
    assert titles[:2] == ["Fugue", "Élégie"]
    session = (await ana.data(START))["id"]
    batch = [
        entry(shown["items"][1]["track"]["id"], "a", listId=shown["id"]),
        entry(
            shown["items"][0]["track"]["id"], "b", listId=shown["id"], kind="SKIP", occurredAt="2026-07-01T12:01:00Z"
        ),
    ]
    for repeated in (0, 2):
        answer = await ana.data(RECORD, session=session, entries=batch)
        assert answer == {"recorded": 2 - repeated, "repeated": repeated}
    nodes = (await ana.data(SESSION, id=session))["interactions"]["nodes"]
    assert [(node["track"]["title"], node["rank"]) for node in nodes] == [("Fugue", 1), ("Élégie", 2)]
    [(impression, strategy, space, tracks)] = rows(
        database, "SELECT id, strategy, space, track_ids FROM impressions WHERE session_id IS NOT NULL"
    )
    assert (strategy, space, tracks) == ("KNN", "musicnn-mtt", [archive.tracks[title] for title in titles])
    kept = encode("Impression", str(impression))
    assert {node["listId"] for node in nodes} == {kept}
    # From now on it goes by its own name, too; and is Ana's alone.
    assert (await ana.data(RECORD, entries=[entry(batch[0]["trackId"], "c", listId=kept)]))["recorded"] == 1
    error = await ben.error(RECORD, entries=[entry(batch[0]["trackId"], "c", listId=kept)])
    assert error["extensions"]["reason"] == "there is no such list of recommendations for this user."
    # The seed is not in its own list.
    error = await ana.error(RECORD, entries=[entry(seed, "d", listId=shown["id"])])
    assert error["extensions"]["reason"] == "its track is not in the list that it names."


async def test_an_interaction_names_the_list_of_segments_that_it_came_from(
    database: CountingDatabase, ana: Visitor, archive: SmallArchive
) -> None:
    query = """query($id: ID!) {
      similarSegments(trackId: $id, startSeconds: 0, endSeconds: 15) { id items { rank segment { track { id } } } }
    }"""
    shown = await ana.data(query, id=encode("Track", archive.tracks["Prelude"]))
    last = shown["items"][-1]
    heard = entry(last["segment"]["track"]["id"], listId=shown["id"])
    assert await ana.data(RECORD, entries=[heard]) == {"recorded": 1, "repeated": 0}
    [(rank, strategy, space, tracks)] = rows(
        database,
        "SELECT i.rank, p.strategy, p.space, p.track_ids FROM interactions i"
        " JOIN impressions p ON p.id = i.impression_id",
    )
    assert (rank, strategy, space) == (last["rank"], None, "musicnn-mtt")
    assert [encode("Track", key) for key in tracks] == [item["segment"]["track"]["id"] for item in shown["items"]]


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
