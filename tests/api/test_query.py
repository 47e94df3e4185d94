"""What can be asked of the catalogue, and every field of the answer."""

from __future__ import annotations

import pytest

from domain.ids import encode
from tests.api.client import Client
from tests.small_archive import JOB_IDS, SmallArchive

pytestmark = pytest.mark.anyio


async def test_a_track_with_everything_known_of_it(client: Client, archive: SmallArchive) -> None:
    data = await client.data(
        """query($id: ID!) { track(id: $id) {
            id title position disc durationSeconds arranger truncated status
            composer { id name }
            album { id title artist dateText dateFrom dateTo datePrecision }
            genre labels catalogueId
            performers { name role instrument }
            tags { name score }
            segments { id startSeconds endSeconds label track { title } }
        } }""",
        id=encode("Track", archive.tracks["Prelude"]),
    )
    assert data["track"] == {
        "id": encode("Track", archive.tracks["Prelude"]),
        "title": "Prelude",
        "position": 2,
        "disc": 1,
        "durationSeconds": 60.0,
        "arranger": None,
        "truncated": False,
        "status": "EMBEDDED",
        "composer": {
            "id": encode("Composer", archive.composers["Johann Sebastian Bach"]),
            "name": "Johann Sebastian Bach",
        },
        "album": {
            "id": encode("Album", archive.albums["Zürich 1998"]),
            "title": "Zürich 1998",
            "artist": "Ana Lima",
            "dateText": "7/30/1998 - 8/8/1998",
            "dateFrom": "1998-07-30",
            "dateTo": "1998-08-08",
            "datePrecision": "DAY",
        },
        "genre": "Classical",
        "labels": ["ECM", "Philips"],
        "catalogueId": "101",
        "performers": [
            {"name": "Ana Lima", "role": "soloist", "instrument": "piano"},
            {"name": "Quatuor Ébène", "role": None, "instrument": None},
        ],
        "tags": [
            {"name": "piano", "score": 0.9},
            {"name": "slow", "score": 0.7},
            {"name": "classical", "score": 0.6},
        ],
        "segments": [
            {
                "id": encode("Segment", archive.segments["Prelude", start]),
                "startSeconds": start,
                "endSeconds": start + 15,
                "label": None,
                "track": {"title": "Prelude"},
            }
            for start in (0.0, 15.0)
        ],
    }


async def test_a_track_of_which_little_is_known(client: Client, archive: SmallArchive) -> None:
    data = await client.data(
        """query($id: ID!) { track(id: $id) {
            position disc truncated composer { name } album { title } performers { name } tags { name }
            genre labels catalogueId segments { id } audioUrl
        } }""",
        id=encode("Track", archive.tracks["Broken"]),
    )
    assert data["track"] == {
        "position": None,
        "disc": None,
        "truncated": True,
        "composer": None,
        "album": None,
        "performers": [],
        "tags": [],
        "genre": None,
        "labels": [],
        "catalogueId": None,
        "segments": [],
        "audioUrl": None,
    }


async def test_every_track_says_where_it_stands(client: Client) -> None:
    data = await client.data("{ tracks(first: 100) { nodes { title status } } }")
    assert {track["title"]: track["status"] for track in data["tracks"]["nodes"]} == {
        "Prelude": "EMBEDDED",
        "Fugue": "EMBEDDED",
        "Élégie": "EMBEDDED",
        "Toccata": "EMBEDDED",
        "Waltz": "EMBEDDED",
        "Silence": "SILENT",
        "Newcomer": "PENDING",
        "Broken": "FAILED",
    }


@pytest.mark.parametrize(
    ("order", "titles"),
    [
        ("CATALOGUE", ["Prelude", "Fugue", "Élégie", "Toccata", "Waltz", "Silence", "Newcomer", "Broken"]),
        ("NEWEST", ["Broken", "Newcomer", "Silence", "Waltz", "Toccata", "Élégie", "Fugue", "Prelude"]),
        ("TITLE", ["Broken", "Élégie", "Fugue", "Newcomer", "Prelude", "Silence", "Toccata", "Waltz"]),
        ("DURATION", ["Silence", "Newcomer", "Broken", "Prelude", "Fugue", "Élégie", "Toccata", "Waltz"]),
    ],
)
async def test_tracks_come_in_the_order_asked_for(client: Client, order: str, titles: list[str]) -> None:
    data = await client.data("query($o: TrackOrder!) { tracks(orderBy: $o) { nodes { title } } }", o=order)
    assert [track["title"] for track in data["tracks"]["nodes"]] == titles


async def test_an_album_lists_its_tracks_by_disc_and_position(client: Client, archive: SmallArchive) -> None:
    data = await client.data(
        "query($id: ID!) { album(id: $id) { title tracks { totalCount nodes { title disc position } } } }",
        id=encode("Album", archive.albums["Zürich 1998"]),
    )
    assert data["album"]["tracks"]["totalCount"] == 4
    assert [(t["title"], t["disc"], t["position"]) for t in data["album"]["tracks"]["nodes"]] == [
        ("Prelude", 1, 2),
        ("Fugue", 1, 10),
        ("Toccata", 2, 1),
        ("Silence", None, None),
    ]


async def test_albums_and_composers_are_sorted_as_readers_sort_them(client: Client) -> None:
    data = await client.data(
        """{ albums { totalCount nodes { title artist } }
             composers { totalCount nodes { name tracks { nodes { title } } } } }"""
    )
    assert data["albums"] == {
        "totalCount": 3,
        "nodes": [
            {"title": "Ära", "artist": None},
            {"title": "Undated", "artist": "Ana Lima"},
            {"title": "Zürich 1998", "artist": "Ana Lima"},
        ],
    }
    assert data["composers"] == {
        "totalCount": 3,
        "nodes": [
            {"name": "Johann Sebastian Bach", "tracks": {"nodes": [{"title": "Fugue"}, {"title": "Prelude"}]}},
            {"name": "Antonín Dvořák", "tracks": {"nodes": [{"title": "Toccata"}]}},
            {
                "name": "Clara Schumann",
                "tracks": {"nodes": [{"title": "Élégie"}, {"title": "Newcomer"}, {"title": "Waltz"}]},
            },
        ],
    }


async def test_spaces_say_what_they_are_and_how_full(client: Client, archive: SmallArchive) -> None:
    data = await client.data("{ spaces { id name backend dimension revision licence commercialUse trackCount state } }")
    assert data["spaces"] == [
        {
            "id": encode("Space", archive.space),
            "name": "musicnn-mtt",
            "backend": "musicnn-mtt",
            "dimension": 200,
            "revision": "musicnn-0.1.0-MTT_musicnn-1",
            "licence": "ISC",
            "commercialUse": True,
            "trackCount": 5,
            "state": "FILLING",
        }
    ]


async def test_jobs_newest_first_or_of_one_status(curator: Client) -> None:
    data = await curator.data(
        """{ jobs { totalCount nodes { id status done } }
             failed: jobs(status: FAILED) { totalCount nodes {
                 kind total done failed current device startedAt finishedAt heartbeatAt error
             } } }"""
    )
    assert data["jobs"] == {
        "totalCount": 3,
        "nodes": [
            {"id": encode("Job", str(JOB_IDS[2])), "status": "RUNNING", "done": 6},
            {"id": encode("Job", str(JOB_IDS[1])), "status": "SUCCEEDED", "done": 3},
            {"id": encode("Job", str(JOB_IDS[0])), "status": "FAILED", "done": 0},
        ],
    }
    assert data["failed"] == {
        "totalCount": 1,
        "nodes": [
            {
                "kind": "embed",
                "total": 8,
                "done": 0,
                "failed": 1,
                "current": None,
                "device": "cpu",
                "startedAt": "2024-05-01T12:00:01+00:00",
                "finishedAt": None,
                "heartbeatAt": "2024-05-01T12:00:09+00:00",
                "error": "out of disk",
            }
        ],
    }


async def test_anything_is_found_again_by_its_id(curator: Client, archive: SmallArchive) -> None:
    nodes: dict[str, int | str] = {
        "Album": archive.albums["Ära"],
        "Composer": archive.composers["Clara Schumann"],
        "Job": str(JOB_IDS[0]),
        "Segment": archive.segments["Élégie", 0.0],
        "Space": archive.space,
        "Track": archive.tracks["Waltz"],
    }
    for kind, key in nodes.items():
        data = await curator.data("query($id: ID!) { node(id: $id) { __typename id } }", id=encode(kind, key))
        assert data["node"] == {"__typename": kind, "id": encode(kind, key)}


@pytest.mark.parametrize(
    ("where", "titles"),
    [
        ({}, ["Prelude", "Fugue", "Élégie", "Toccata", "Waltz", "Silence", "Newcomer", "Broken"]),
        ({"performers": ["Ana Lima"]}, ["Prelude"]),
        ({"performers": ["Ana Lima", "Quatuor Ébène"]}, ["Prelude", "Élégie"]),
        ({"performers": ["ana lima"]}, []),
        ({"performers": ["Ana\0Lima"]}, []),
        ({"tags": ["slow"]}, ["Prelude", "Élégie"]),
        ({"tags": ["slow", "piano"]}, ["Prelude"]),
        ({"minDurationSeconds": 90, "maxDurationSeconds": 180}, ["Fugue", "Élégie", "Toccata"]),
        ({"yearFrom": 1998, "yearTo": 1998}, ["Prelude", "Fugue", "Élégie", "Toccata", "Waltz", "Silence"]),
        ({"yearFrom": 1999}, ["Élégie", "Waltz"]),
        ({"yearTo": 1997}, ["Élégie", "Waltz"]),
        ({"yearTo": 1996}, []),
        ({"yearFrom": -2147483648, "yearTo": 1996}, []),
        ({"tags": ["slow"], "performers": ["Ana Lima"], "yearFrom": 1999}, []),
    ],
)
async def test_a_filter_says_which_tracks_may_appear(
    client: Client, where: dict[str, object], titles: list[str]
) -> None:
    data = await client.data(
        "query($where: TrackFilter) { tracks(filter: $where) { totalCount nodes { title } } }", where=where
    )
    assert [track["title"] for track in data["tracks"]["nodes"]] == titles
    assert data["tracks"]["totalCount"] == len(titles)


async def test_a_filter_takes_ids(client: Client, archive: SmallArchive) -> None:
    data = await client.data(
        "query($where: TrackFilter) { tracks(filter: $where) { nodes { title } } }",
        where={
            "albumIds": [encode("Album", archive.albums["Zürich 1998"]), encode("Album", archive.albums["Ära"])],
            "composerIds": [encode("Composer", archive.composers["Johann Sebastian Bach"])],
            "excludeTrackIds": [encode("Track", archive.tracks["Fugue"])],
        },
    )
    assert [track["title"] for track in data["tracks"]["nodes"]] == ["Prelude"]
