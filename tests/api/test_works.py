"""Works, their movements and other performances; corrections of all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from api.app import create_app
from domain.ids import encode
from domain.settings import Settings
from sql.engine import make_engine
from tests.api.client import Client
from tests.api.conftest import CountingDatabase
from tests.small_archive import fill
from tests.sql.catalogue.described_tracks import describe_all

pytestmark = pytest.mark.anyio

# Two performances of one movement, its neighbour, the same movement of another work, and a duo.
SAID = [
    ("Winterreise, D. 911: 13. Die Post", "F. Schubert"),
    ("Winterreise, D 911: 13. Die Post (live)", "Franz Schubert"),
    ("Winterreise, D. 911: 18. Der stürmische Morgen", "Franz Schubert"),
    ("Schwanengesang, D. 957: 13. Der Doppelgänger", "Franz Schubert"),
    ("Chaconne", "J. S. Bach; Ferruccio Busoni"),
]


@pytest.fixture
async def database(database_url: str) -> CountingDatabase:
    return CountingDatabase(database_url, size=2, statement_timeout_seconds=10)


@pytest.fixture
def keys(database_url: str) -> list[int]:
    engine = make_engine(database_url)
    with engine.begin() as connection:
        keys = describe_all(connection, SAID)
    engine.dispose()
    return keys


async def served(database: CountingDatabase, folder: Path, address: str) -> AsyncIterator[Client]:
    app = create_app(Settings(data_dir=folder, database_url=database.url), database)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=address) as http:
        yield Client(http, database)
    await app.state.services.close()


@pytest.fixture
async def client(database: CountingDatabase, tmp_path: Path) -> AsyncIterator[Client]:
    async for client in served(database, tmp_path, "http://127.0.0.1:8000"):
        yield client


async def test_a_track_shows_its_work_movement_and_other_performances(client: Client, keys: list[int]) -> None:
    data = await client.data(
        """query($id: ID!) { track(id: $id) { movement movementNumber otherPerformances { id title }
             work { title catalogueNumber composer { name }
                    tracks { totalCount nodes { movementNumber title } } } } }""",
        id=encode("Track", keys[0]),
    )
    assert data["track"] == {
        "movement": "Die Post",
        "movementNumber": 13,
        "otherPerformances": [{"id": encode("Track", keys[1]), "title": SAID[1][0]}],
        "work": {
            "title": "Winterreise",
            "catalogueNumber": "D. 911",
            "composer": {"name": "Franz Schubert"},
            "tracks": {
                "totalCount": 3,
                "nodes": [
                    {"movementNumber": 13, "title": SAID[0][0]},
                    {"movementNumber": 13, "title": SAID[1][0]},
                    {"movementNumber": 18, "title": SAID[2][0]},
                ],
            },
        },
    }


async def test_works_and_composers_of_all_tracks_are_read_together(client: Client, keys: list[int]) -> None:
    data = await client.data(
        """{ tracks { nodes { composers { name } work { title composer { name } tracks(first: 1) { nodes { id } } }
             otherPerformances { title } } } }"""
    )
    # Tracks, their composers, works, other performances, and the tracks of the works.
    assert client.statements == 5
    assert [node["name"] for node in data["tracks"]["nodes"][4]["composers"]] == [
        "Johann Sebastian Bach",
        "Ferruccio Busoni",
    ]


async def test_every_composer_of_a_track_finds_it(client: Client, keys: list[int]) -> None:
    data = await client.data("{ composers { totalCount nodes { id name tracks { totalCount nodes { title } } } } }")
    titles = {
        node["name"]: [track["title"] for track in node["tracks"]["nodes"]] for node in data["composers"]["nodes"]
    }
    assert titles["Ferruccio Busoni"] == titles["Johann Sebastian Bach"] == ["Chaconne"]
    assert data["composers"]["totalCount"] == 3
    busoni = next(node["id"] for node in data["composers"]["nodes"] if node["name"] == "Ferruccio Busoni")
    found = await client.data(
        "query($id: ID!) { tracks(filter: { composerIds: [$id] }) { nodes { title } } }", id=busoni
    )
    assert found["tracks"]["nodes"] == [{"title": "Chaconne"}]


async def test_works_are_nodes_and_filter_tracks(client: Client, keys: list[int]) -> None:
    data = await client.data("query($id: ID!) { track(id: $id) { work { id } } }", id=encode("Track", keys[3]))
    work = data["track"]["work"]["id"]
    data = await client.data(
        """query($id: ID!) { node(id: $id) { ... on Work { title } }
             tracks(filter: { workIds: [$id] }) { totalCount } }""",
        id=work,
    )
    assert data == {"node": {"title": "Schwanengesang"}, "tracks": {"totalCount": 1}}
    assert await client.code("query($id: ID!) { node(id: $id) { id } }", id=encode("Work", 999)) == "WORK_NOT_FOUND"


SIMILAR = """query($id: ID!, $options: RecommendationOptions) {
  recommendSimilar(trackId: $id, first: 4, options: $options) { items { track { title } reasons { kind text } } }
}"""


async def test_lists_keep_to_the_cap_of_works_and_say_what_is_of_one(client: Client, keys: list[int]) -> None:
    free = await client.data(SIMILAR, id=encode("Track", keys[0]))
    assert [item["track"]["title"] for item in free["recommendSimilar"]["items"]] == [
        said for said, _ in (SAID[1], SAID[2], SAID[3], SAID[4])
    ]
    assert free["recommendSimilar"]["items"][0]["reasons"][:2] == [
        {"kind": "SAME_WORK", "text": "Also from Winterreise"},
        {"kind": "SAME_COMPOSER", "text": "Also by Franz Schubert"},
    ]
    capped = await client.data(SIMILAR, id=encode("Track", keys[0]), options={"maxPerWork": 1})
    assert [item["track"]["title"] for item in capped["recommendSimilar"]["items"]] == [
        SAID[1][0],
        SAID[3][0],
        SAID[4][0],
    ]
    assert await client.code(SIMILAR, id=encode("Track", keys[0]), options={"maxPerWork": 0}) == "INVALID_OPTION"


async def test_nearest_tracks_keep_to_the_cap_of_works(client: Client, database_url: str) -> None:
    archive = fill(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO works (composer_id, key, title) VALUES (%s, 't partita', 'Partita')",
            [archive.composers["Johann Sebastian Bach"]],
        )
        connection.execute(
            "UPDATE tracks SET work_id = (SELECT id FROM works) WHERE title IN ('Fugue', 'Élégie', 'Waltz')"
        )
    data = await client.data(SIMILAR, id=encode("Track", archive.tracks["Prelude"]), options={"maxPerWork": 1})
    # Fugue .8, Élégie .6 (one work with Fugue), Toccata .28, Waltz 0 (that work again).
    assert [item["track"]["title"] for item in data["recommendSimilar"]["items"]] == ["Fugue", "Toccata"]


EDIT = "mutation($id: ID!, $changes: TrackChanges!) { editTrack(id: $id, changes: $changes) { %s } }"


async def test_curators_correct_and_take_back(client: Client, keys: list[int]) -> None:
    fields = "title arranger position movement work { title } composers { name } performers { name role instrument }"
    edited = await client.data(
        EDIT % fields,
        id=encode("Track", keys[4]),
        changes={
            "title": "Partita No. 2, BWV 1004: V. Chaconne",
            "arranger": "F. Busoni",
            "composer": "Bach, Johann Sebastian",
            "position": 7,
            "performers": "Ana Lima (Klavier)",
        },
    )
    assert edited["editTrack"] == {
        "title": "Partita No. 2, BWV 1004: V. Chaconne",
        "arranger": "F. Busoni",
        "position": 7,
        "movement": "Chaconne",
        "work": {"title": "Partita No. 2"},
        "composers": [{"name": "Johann Sebastian Bach"}],
        "performers": [{"name": "Ana Lima", "role": None, "instrument": "piano"}],
    }
    back = await client.data(
        EDIT % "title arranger position composers { name }",
        id=encode("Track", keys[4]),
        changes={"title": None, "composer": None},
    )
    assert back["editTrack"] == {
        "title": "Chaconne",
        "arranger": "F. Busoni",
        "position": 7,
        "composers": [{"name": "Johann Sebastian Bach"}, {"name": "Ferruccio Busoni"}],
    }


async def test_albums_composers_and_works_are_corrected_too(client: Client, keys: list[int]) -> None:
    data = await client.data(
        "query($id: ID!) { track(id: $id) { album { id } composer { id } work { id } } }", id=encode("Track", keys[0])
    )
    ids: dict[str, Any] = {name: data["track"][name]["id"] for name in ("album", "composer", "work")}
    edited = await client.data(
        """mutation($album: ID!, $composer: ID!, $work: ID!) {
             editAlbum(id: $album, changes: { dateText: "1998" }) { dateFrom dateTo }
             editComposer(id: $composer, changes: { name: "F. P. Schubert" }) { name }
             editWork(id: $work, changes: { title: "Die Winterreise" }) { title catalogueNumber }
           }""",
        **ids,
    )
    assert edited == {
        "editAlbum": {"dateFrom": "1998-01-01", "dateTo": "1998-12-31"},
        "editComposer": {"name": "F. P. Schubert"},
        "editWork": {"title": "Die Winterreise", "catalogueNumber": "D. 911"},
    }


async def test_what_cannot_be_is_refused(client: Client, database: CountingDatabase, keys: list[int]) -> None:
    track = encode("Track", keys[0])
    error = await client.error(EDIT % "id", id=track, changes={"movementNumber": 0})
    assert error["extensions"] == {
        "code": "INVALID_EDIT",
        "field": "movementNumber",
        "kind": "track",
        "value": "0",
        "reason": "it takes a number from 1 to 9,999.",
    }
    missing = encode("Track", 999)
    error = await client.error(EDIT % "id", id=missing, changes={"title": "X"})
    assert error["extensions"] == {"code": "TRACK_NOT_FOUND", "id": missing}
    assert await client.code(EDIT % "id", id=encode("Album", 1), changes={"title": "X"}) == "INVALID_ID"


async def test_nobody_else_corrects(database: CountingDatabase, tmp_path: Path, keys: list[int]) -> None:
    async for visitor in served(database, tmp_path, "http://archive.test"):
        code = await visitor.code(EDIT % "id", id=encode("Track", keys[0]), changes={"title": "X"})
        assert code == "CURATOR_ONLY"
