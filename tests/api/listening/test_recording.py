"""A visitor's way: sessions, and what is recorded in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import anyio
import pytest

from domain.ids import encode
from tests.api.conftest import CountingDatabase
from tests.api.listening.visitor import END, RECORD, SESSION, START, USER, Visitor, entry, rows
from tests.small_archive import SmallArchive

pytestmark = pytest.mark.anyio


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
