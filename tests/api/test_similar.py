"""What to play next, over GraphQL: similarities are those of tests.small_archive."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from domain.ids import encode
from domain.signing import Signer
from sql.signing_keys import signing_keys
from tests.api.client import Client
from tests.small_archive import SmallArchive

pytestmark = pytest.mark.anyio

PANEL = """
query($id: ID!) { track(id: $id) { title similar(first: 5) { items {
    score track { title composer { name } album { title } } reasons { text }
} } } }
"""
SIMILAR = """
query($id: ID!, $first: Int! = 10, $space: String, $strategy: Strategy, $where: TrackFilter,
      $options: RecommendationOptions) {
    recommendSimilar(trackId: $id, first: $first, space: $space, strategy: $strategy, filter: $where,
                     options: $options) {
        strategy fallbackReason space { name trackCount }
        items { rank score track { title } reasons { kind text track { title } } }
    }
}
"""


def titles(recommended: dict[str, Any]) -> list[str]:
    return [item["track"]["title"] for item in recommended["items"]]


async def test_the_panel(client: Client, archive: SmallArchive) -> None:
    data = await client.data(PANEL, id=encode("Track", archive.tracks["Prelude"]))
    items = data["track"]["similar"]["items"]
    assert [item["score"] for item in items] == [0.8, 0.6, 0.28, 0.0]
    assert [item["track"] for item in items] == [
        {
            "title": "Fugue",
            "composer": {"name": "Johann Sebastian Bach"},
            "album": {"title": "Zürich 1998"},
        },
        {"title": "Élégie", "composer": {"name": "Clara Schumann"}, "album": {"title": "Ära"}},
        {"title": "Toccata", "composer": {"name": "Antonín Dvořák"}, "album": {"title": "Zürich 1998"}},
        {"title": "Waltz", "composer": {"name": "Clara Schumann"}, "album": {"title": "Ära"}},
    ]
    assert [[reason["text"] for reason in item["reasons"]] for item in items] == [
        ["Also by Johann Sebastian Bach", "Also on Zürich 1998", "Both sound like: piano, classical"],
        ["Both sound like: slow"],
        ["Also on Zürich 1998"],
        ["Sounds like Prelude"],
    ]


async def test_a_list_says_how_it_was_made(client: Client, archive: SmallArchive) -> None:
    data = await client.data(SIMILAR, id=encode("Track", archive.tracks["Prelude"]), first=1)
    recommended = data["recommendSimilar"]
    assert recommended["strategy"] == "KNN"
    assert recommended["fallbackReason"] is None
    assert recommended["space"] == {"name": "musicnn-mtt", "trackCount": 5}
    [item] = recommended["items"]
    assert item["rank"] == 1
    assert item["reasons"][0] == {
        "kind": "SAME_COMPOSER",
        "text": "Also by Johann Sebastian Bach",
        "track": {"title": "Prelude"},
    }


async def test_filter_and_options_shape_a_list(client: Client, archive: SmallArchive) -> None:
    seed = encode("Track", archive.tracks["Prelude"])
    filtered = await client.data(SIMILAR, id=seed, where={"tags": ["slow"]})
    assert titles(filtered["recommendSimilar"]) == ["Élégie"]
    capped = await client.data(SIMILAR, id=seed, options={"maxPerAlbum": 1})
    assert titles(capped["recommendSimilar"]) == ["Fugue", "Élégie"]
    # Mostly diverse: after Fugue (.8, .6) and Élégie (.6, 0, .8), Waltz (0, 1) scores .2 · 0 − .8 · .6 = −.48 and
    # Toccata (.28, .96), nearer to the seed, .2 · .28 − .8 · .8 = −.584.
    nearest = await client.data(SIMILAR, id=seed, first=3)
    assert titles(nearest["recommendSimilar"]) == ["Fugue", "Élégie", "Toccata"]
    diverse = await client.data(SIMILAR, id=seed, first=3, options={"diversity": 0.8})
    assert titles(diverse["recommendSimilar"]) == ["Fugue", "Élégie", "Waltz"]


async def test_a_track_without_embedding_gets_related_ones_and_the_reason(
    client: Client, archive: SmallArchive
) -> None:
    data = await client.data(SIMILAR, id=encode("Track", archive.tracks["Newcomer"]), first=3)
    recommended = data["recommendSimilar"]
    assert recommended["strategy"] is None
    assert recommended["space"] is None
    assert "no embedding in space 'musicnn-mtt'" in recommended["fallbackReason"]
    assert titles(recommended) == ["Élégie", "Waltz", "Prelude"]
    assert [item["score"] for item in recommended["items"]] == [None, None, None]


async def test_the_id_is_a_signed_name_of_exactly_this_list(client: Client, archive: SmallArchive) -> None:
    query = "query($id: ID!, $first: Int!) { recommendSimilar(trackId: $id, first: $first) { id } }"
    seed = encode("Track", archive.tracks["Prelude"])
    first = (await client.data(query, id=seed, first=2))["recommendSimilar"]["id"]
    again = (await client.data(query, id=seed, first=2))["recommendSimilar"]["id"]
    other = (await client.data(query, id=seed, first=1))["recommendSimilar"]["id"]
    assert first == again
    assert first != other
    signer = Signer(await signing_keys(client.database))
    text = signer.verify("list", first)
    assert text is not None
    assert orjson.loads(text) == {
        "strategy": "KNN",
        "space": "musicnn-mtt",
        "seed": archive.tracks["Prelude"],
        "items": [archive.tracks["Fugue"], archive.tracks["Élégie"]],
    }
    assert signer.verify("audio", first) is None


async def test_segments_that_sound_like_a_range(client: Client, archive: SmallArchive) -> None:
    """10 s to 20 s overlaps both segments of Prelude for 5 s: the query is (.5, .5), of length √.5. Fugue's first
    segment (.8, .6) then has the cosine (.4 + .3) / √.5 = .98995, Élégie's (.6, 0, .8) has .3 / √.5 = .42426."""
    data = await client.data(
        """query($id: ID!) { similarSegments(trackId: $id, startSeconds: 10, endSeconds: 20) {
            id space { name } items { rank score segment { startSeconds endSeconds track { title } } }
        } }""",
        id=encode("Track", archive.tracks["Prelude"]),
    )
    found = data["similarSegments"]
    assert found["space"] == {"name": "musicnn-mtt"}
    assert [item["score"] for item in found["items"]] == pytest.approx([0.98995, 0.42426], abs=1e-5)
    assert [item["segment"] for item in found["items"]] == [
        {"startSeconds": 0.0, "endSeconds": 15.0, "track": {"title": "Fugue"}},
        {"startSeconds": 0.0, "endSeconds": 15.0, "track": {"title": "Élégie"}},
    ]
    text = Signer(await signing_keys(client.database)).verify("segment-list", found["id"])
    assert text is not None
    assert orjson.loads(text) == {
        "space": "musicnn-mtt",
        "seed": archive.tracks["Prelude"],
        "range": [10.0, 20.0],
        "items": [archive.segments["Fugue", 0.0], archive.segments["Élégie", 0.0]],
    }
