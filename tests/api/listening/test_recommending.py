"""Lists for users and sessions, from several tracks, and ways, as clients ask for them.

In the small archive Prelude is (1, 0, 0), Fugue (.8, .6, 0), Élégie (.6, 0, .8), Toccata (.28, .96, 0) and Waltz
(0, 1, 0).
"""

from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette

from domain import ids
from domain.ids import encode
from tests.api.conftest import CountingDatabase
from tests.api.listening.visitor import CURATORS, START, Visitor, new_visitor
from tests.small_archive import SmallArchive

pytestmark = pytest.mark.anyio

LIST = "{ id strategy strategyReason fallbackReason space { name } model { id } items { rank score track { title } } }"
FOR_USER = f"""query($id: ID!, $strategy: Strategy, $space: String, $model: String, $heard: Boolean! = false,
    $options: RecommendationOptions, $filter: TrackFilter, $first: Int! = 10) {{
  recommendForUser(userId: $id, strategy: $strategy, space: $space, model: $model, includeHeard: $heard,
    options: $options, filter: $filter, first: $first) {LIST} }}"""
NEXT = f"query($id: ID!, $options: RecommendationOptions) {{ recommendNext(sessionId: $id, options: $options) {LIST} }}"
REASONS = """query($id: ID!) { recommendNext(sessionId: $id) { ...Why } }
fragment Why on RecommendationList { items { track { title } reasons { kind text track { title } } } }"""
FROM = f"""query($like: [ID!]!, $unlike: [ID!], $space: String, $first: Int! = 3) {{
  recommendFrom(like: $like, unlike: $unlike, space: $space, first: $first) {LIST} }}"""
WAY = f"""query($from: ID!, $to: ID!, $length: Int! = 4) {{
  pathBetween(fromTrackId: $from, toTrackId: $to, length: $length) {LIST} }}"""
RECORD = """mutation($entries: [InteractionInput!]!, $session: ID) {
  recordInteractions(interactions: $entries, sessionId: $session) { recorded } }"""


def track(archive: SmallArchive, title: str) -> str:
    return encode("Track", archive.tracks[title])


class Log:
    """What Ana does, in her session."""

    def __init__(self, ana: Visitor, archive: SmallArchive, session: str) -> None:
        self.ana, self.archive, self.session, self.count = ana, archive, session, 0

    async def add(self, kind: str, title: str, list_id: str | None = None) -> None:
        self.count += 1
        entry = {
            "clientId": f"{self.count}",
            "trackId": track(self.archive, title),
            "kind": kind,
            "occurredAt": f"2026-07-01T12:00:{self.count:02}Z",
            "listId": list_id,
        }
        assert (await self.ana.data(RECORD, entries=[entry], session=self.session))["recorded"] == 1


@pytest.fixture
async def log(ana: Visitor, archive: SmallArchive) -> Log:
    return Log(ana, archive, (await ana.data(START))["id"])


def titles(found: dict[str, Any]) -> list[str]:
    return [item["track"]["title"] for item in found["items"]]


async def test_what_is_recorded_now_changes_what_follows(ana: Visitor, log: Log) -> None:
    before = await ana.data(NEXT, id=log.session)
    assert (before["strategy"], len(before["items"])) == (None, 7)
    assert before["fallbackReason"].startswith("Nothing has been listened to yet.")
    await log.add("PLAY", "Prelude")
    found = await ana.data(NEXT, id=log.session)
    assert (found["strategy"], found["space"], found["model"]) == ("KNN", {"name": "musicnn-mtt"}, None)
    assert found["strategyReason"] == "KNN: no trained model is active here."
    assert titles(found)[:4] == ["Fugue", "Élégie", "Toccata", "Waltz"]
    assert [item["score"] for item in found["items"]][:4] == pytest.approx([0.8, 0.6, 0.28, 0.0], abs=1e-6)
    await log.add("LIKE", "Waltz")
    found = await ana.data(NEXT, id=log.session)
    # Waltz is newer and liked: 2 · (0, 1) and 2^(−1/5) · (1, 0), so Toccata is nearer than Fugue.
    assert titles(found)[:3] == ["Toccata", "Fugue", "Élégie"]
    await log.add("DISLIKE", "Waltz")
    # What is left is Prelude, away from Waltz by a quarter: 0.8 − 0.6/4, 0.6, 0.28 − 0.96/4.
    found = await ana.data(NEXT, id=log.session)
    assert titles(found)[:3] == ["Fugue", "Élégie", "Toccata"]
    expected = [value / (1 + 1 / 16) ** 0.5 for value in (0.65, 0.6, 0.04)]
    assert [item["score"] for item in found["items"]][:3] == pytest.approx(expected, abs=1e-6)


async def test_reasons_name_what_was_heard(ana: Visitor, log: Log) -> None:
    await log.add("PLAY", "Prelude")
    found = await ana.data(REASONS, id=log.session)
    why = {item["track"]["title"]: item["reasons"] for item in found["items"]}
    prelude = {"title": "Prelude"}
    assert why["Élégie"] == [
        {"kind": "SHARED_TAGS", "text": "Both sound like: slow", "track": prelude},
        {"kind": "NEAR_HEARD", "text": "Sounds like Prelude, which you heard", "track": prelude},
    ]
    assert why["Newcomer"] == []


async def test_what_was_shown_can_be_named_by_what_is_done_with_it(ana: Visitor, log: Log) -> None:
    await log.add("PLAY", "Prelude")
    found = await ana.data(NEXT, id=log.session)
    assert ids.decode(found["id"])[0] == "Impression"
    await log.add("COMPLETE", "Élégie", list_id=found["id"])
    history = await ana.data("query($id: ID!) { user(id: $id) { history { nodes { rank listId } } } }", id=ana.id)
    assert history["history"]["nodes"][0] == {"rank": 2, "listId": found["id"]}


async def test_a_users_list_leaves_out_what_was_heard_unless_asked(ana: Visitor, log: Log) -> None:
    await log.add("PLAY", "Prelude")
    await log.add("DISLIKE", "Fugue")
    assert titles(await ana.data(FOR_USER, id=ana.id))[:3] == ["Élégie", "Toccata", "Waltz"]
    heard = await ana.data(FOR_USER, id=ana.id, heard=True)
    assert titles(heard)[0] == "Prelude"
    assert "Fugue" not in titles(heard)


async def test_who_may(app: Starlette, ana: Visitor, log: Log) -> None:
    ben, curator, stranger = await new_visitor(app, name="Ben"), Visitor(app, CURATORS), Visitor(app)
    await log.add("PLAY", "Prelude")
    assert titles(await curator.data(FOR_USER, id=ana.id))[0] == "Fugue"
    assert titles(await curator.data(NEXT, id=log.session))[0] == "Fugue"
    assert await ben.code(FOR_USER, id=ana.id) == "USER_NOT_FOUND"
    assert await ben.code(NEXT, id=log.session) == "SESSION_NOT_FOUND"
    assert await stranger.code(FOR_USER, id=ana.id) == "TOKEN_MISSING"
    assert await stranger.code(NEXT, id=log.session) == "TOKEN_MISSING"


async def test_explicit_wishes_that_cannot_be_met(ana: Visitor) -> None:
    error = await ana.error(FOR_USER, id=ana.id, strategy="BERT4REC")
    assert error["extensions"]["code"] == "MODEL_NOT_READY"
    assert "segue train BERT4REC --space musicnn-mtt" in error["message"]
    assert await ana.code(FOR_USER, id=ana.id, model="best") == "MODEL_NOT_FOUND"
    assert await ana.code(FOR_USER, id=ana.id, space="mert-95m") == "SPACE_NOT_READY"
    assert await ana.code(FOR_USER, id=ana.id, space="elsewhere") == "SPACE_NOT_FOUND"
    assert await ana.code(FOR_USER, id=ana.id, options={"interests": 6}) == "INVALID_OPTION"
    assert await ana.code(FOR_USER, id=ana.id, filter={"tags": ["shiny"]}) == "INVALID_FILTER"
    assert await ana.code(FOR_USER, id=ana.id, first=101) == "INVALID_PAGE_SIZE"
    similar = "query($id: ID!, $strategy: Strategy) { recommendSimilar(trackId: $id, strategy: $strategy) { id } }"
    assert await ana.code(similar, id=encode("Track", 1), strategy="POPULAR") == "STRATEGY_NOT_APPLICABLE"
    assert await ana.code(similar, id=encode("Track", 1), strategy="HYBRID") == "MODEL_NOT_READY"


async def test_popularity_says_who_played(ana: Visitor, app: Starlette, archive: SmallArchive, log: Log) -> None:
    await log.add("PLAY", "Waltz")
    ben = await new_visitor(app, name="Ben")
    query = """query($id: ID!) { recommendForUser(userId: $id, strategy: POPULAR, first: 1) {
      strategy fallbackReason items { score track { title } reasons { kind text track { title } } } } }"""
    assert await ben.data(query, id=ben.id) == {
        "strategy": "POPULAR",
        "fallbackReason": None,
        "items": [
            {
                "score": None,
                "track": {"title": "Waltz"},
                "reasons": [
                    {"kind": "POPULAR_HERE", "text": "One listener played it here", "track": {"title": "Waltz"}}
                ],
            }
        ],
    }


async def test_lists_from_several_tracks(app: Starlette, archive: SmallArchive) -> None:
    stranger = Visitor(app)
    prelude, waltz, elegy = (track(archive, title) for title in ("Prelude", "Waltz", "Élégie"))
    found = await stranger.data(FROM, like=[prelude, waltz])
    # The mean is (.5, .5): cosines with Toccata 1.24, Fugue 1.4, Élégie .6 times √½.
    assert titles(found) == ["Fugue", "Toccata", "Élégie"]
    assert [item["score"] for item in found["items"]] == pytest.approx(
        [1.4 * 0.5**0.5, 1.24 * 0.5**0.5, 0.6 * 0.5**0.5], abs=1e-6
    )
    assert found["id"].count(".") == 1
    # (.5, .5, 0) − ½ · (.6, 0, .8) = (.2, .5, −.4): Fugue .46, Toccata .536 over √.45.
    away = await stranger.data(FROM, like=[prelude, waltz], unlike=[elegy], first=2)
    assert titles(away) == ["Toccata", "Fugue"]
    assert [item["score"] for item in away["items"]] == pytest.approx([0.536 / 0.45**0.5, 0.46 / 0.45**0.5], abs=1e-6)
    unheard_of = await stranger.data(FROM, like=[track(archive, "Newcomer")])
    assert (unheard_of["strategy"], len(unheard_of["items"])) == (None, 3)
    assert "None of the tracks has an embedding" in unheard_of["fallbackReason"]


async def test_wrong_seeds(app: Starlette, archive: SmallArchive) -> None:
    stranger, prelude = Visitor(app), track(archive, "Prelude")
    assert await stranger.code(FROM, like=[]) == "NOTHING_LIKED"
    assert await stranger.code(FROM, like=[prelude], unlike=[prelude]) == "CONFLICTING_ARGUMENTS"
    assert await stranger.code(FROM, like=[encode("Track", 10**9)]) == "TRACK_NOT_FOUND"
    assert await stranger.code(FROM, like=[encode("Album", 1)]) == "INVALID_ID"
    assert await stranger.code(FROM, like=[track(archive, "Broken")], space="musicnn-mtt") == "TRACK_NOT_EMBEDDED"


async def test_a_way_between_two_tracks(app: Starlette, archive: SmallArchive) -> None:
    stranger = Visitor(app)
    ends = {"from": track(archive, "Prelude"), "to": track(archive, "Waltz")}
    found = await stranger.data(WAY, **ends)
    assert titles(found) == ["Prelude", "Fugue", "Toccata", "Waltz"]
    # Each to the one before: .8; .8 · .28 + .6 · .96; .96.
    assert [item["score"] for item in found["items"]] == [None, *(pytest.approx(s, abs=1e-6) for s in (0.8, 0.8, 0.96))]
    assert titles(await stranger.data(WAY, **ends, length=2)) == ["Prelude", "Waltz"]
    assert len(titles(await stranger.data(WAY, **ends, length=50))) == 5
    assert await stranger.code(WAY, **ends, length=1) == "INVALID_PATH_LENGTH"
    assert await stranger.code(WAY, **(ends | {"to": ends["from"]})) == "CONFLICTING_ARGUMENTS"
    assert await stranger.code(WAY, **(ends | {"to": track(archive, "Silence")})) == "TRACK_NOT_EMBEDDED"
    assert await stranger.code(WAY, **(ends | {"to": encode("Track", 10**9)})) == "TRACK_NOT_FOUND"


async def test_how_many_statements_a_list_takes(
    app: Starlette, ana: Visitor, log: Log, database: CountingDatabase
) -> None:
    await log.add("PLAY", "Prelude")
    await ana.data(NEXT, id=log.session)  # now it knows the keys, the spaces and the models
    query = "query($id: ID!) { recommendNext(sessionId: $id, first: 4) { id items { score track { title } %s } } }"
    before = database.statements
    await ana.data(query % "", id=log.session)
    # History, search, impression.
    assert database.statements - before == 3
    before = database.statements
    await ana.data(query % "reasons { kind text }", id=log.session)
    # And the heard tracks that are named.
    assert database.statements - before == 4
