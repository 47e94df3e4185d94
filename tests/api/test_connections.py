"""Pages: nothing lost, nothing twice, and no cursor or size that is not ours."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

import orjson
import pytest

from api.cursors import Cursors
from domain.errors.asking import InvalidCursor
from domain.ids import encode
from tests.api.client import Client
from tests.small_archive import SmallArchive

pytestmark = pytest.mark.anyio

LISTS = {
    "albums": "query($n: Int!, $after: String) { list: albums(first: $n, after: $after) { ...page } }",
    "composers": "query($n: Int!, $after: String) { list: composers(first: $n, after: $after) { ...page } }",
    "jobs": "query($n: Int!, $after: String) { list: jobs(first: $n, after: $after) { ...page } }",
} | {
    f"tracks by {order}": f"""query($n: Int!, $after: String) {{
        list: tracks(first: $n, after: $after, orderBy: {order}) {{ ...page }} }}"""
    for order in ("CATALOGUE", "TITLE", "DURATION", "NEWEST")
}
TYPES = {"albums": "Album", "composers": "Composer", "jobs": "Job"}


def query(name: str) -> str:
    connection = TYPES.get(name, "Track") + "Connection"
    return f"""{LISTS[name]} fragment page on {connection} {{
        totalCount edges {{ cursor node {{ id }} }} nodes {{ id }}
        pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }}"""


async def walk(client: Client, text: str, size: int, **variables: Any) -> list[list[str]]:
    """The ids of every page."""
    pages: list[list[str]] = []
    after = None
    while True:
        page = (await client.data(text, n=size, after=after, **variables))["list"]
        ids = [edge["node"]["id"] for edge in page["edges"]]
        assert [node["id"] for node in page["nodes"]] == ids
        assert page["pageInfo"]["hasPreviousPage"] is bool(pages)
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        pages.append(ids)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            assert page["totalCount"] == sum(map(len, pages))
            return pages


@pytest.mark.parametrize("name", LISTS)
async def test_pages_of_any_size_add_up_to_the_list(curator: Client, name: str) -> None:
    [whole] = await walk(curator, query(name), 100)
    assert len(set(whole)) == len(whole) == {"albums": 3, "composers": 3, "jobs": 3}.get(name, 8)
    for size in (1, 2, 3):
        pages = await walk(curator, query(name), size)
        assert [len(page) for page in pages[:-1]] == [size] * (len(pages) - 1)
        assert [id for page in pages for id in page] == whole


async def test_pages_of_an_album_pass_tracks_without_position(client: Client, archive: SmallArchive) -> None:
    text = """query($id: ID!, $n: Int!, $after: String) { album(id: $id) { tracks(first: $n, after: $after) {
        nodes { title } pageInfo { endCursor hasNextPage } } } }"""
    titles, after = [], None
    for more in (True, True, True, False):
        album = encode("Album", archive.albums["Zürich 1998"])
        page = (await client.data(text, id=album, n=1, after=after))["album"]["tracks"]
        titles += [node["title"] for node in page["nodes"]]
        assert page["pageInfo"]["hasNextPage"] is more
        after = page["pageInfo"]["endCursor"]
    assert titles == ["Prelude", "Fugue", "Toccata", "Silence"]


async def test_a_page_after_the_last_item_is_empty(client: Client) -> None:
    first = (await client.data(query("albums"), n=3, after=None))["list"]
    page = (await client.data(query("albums"), n=3, after=first["pageInfo"]["endCursor"]))["list"]
    assert page == {
        "totalCount": 3,
        "edges": [],
        "nodes": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": True, "startCursor": None, "endCursor": None},
    }


async def test_a_cursor_belongs_to_its_list_and_order(curator: Client, archive: SmallArchive) -> None:
    cursors = {
        name: (await curator.data(query(name), n=1, after=None))["list"]["pageInfo"]["endCursor"] for name in LISTS
    }
    for name in LISTS:
        for other in LISTS.keys() - {name}:
            assert await curator.code(query(name), n=1, after=cursors[other]) == "INVALID_CURSOR"
    tracks = """query($id: ID!, $after: String) { album(id: $id) { tracks(first: 1, after: $after) {
        pageInfo { endCursor } } } }"""
    zurich, ara = (encode("Album", archive.albums[title]) for title in ("Zürich 1998", "Ära"))
    cursor = (await curator.data(tracks, id=zurich, after=None))["album"]["tracks"]["pageInfo"]["endCursor"]
    assert await curator.code(tracks, id=ara, after=cursor) == "INVALID_CURSOR"


def made(*content: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(content)).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "nonsense",
        "bm9uc2Vuc2U=",
        "\0",
        "é" * 10,
        made(),
        made(1, "albums"),
        made(1, "albums", "ara"),
        made(1, "albums", "ara", "2"),
        made(1, "albums", "ara", True),
        made(1, "albums", "ara", 2, 3),
        made(1, "albums", "a\0ra", 2),
        made(1, "albums", "ara", 2**63),
        made(0, "albums", "ara", 2),
        base64.urlsafe_b64encode(b'{"1": 2}').decode(),
        base64.urlsafe_b64encode(b"[" * 5_000).decode(),
    ],
)
async def test_what_is_no_cursor_is_refused(client: Client, cursor: str) -> None:
    error = await client.error("query($after: String) { albums(after: $after) { totalCount } }", after=cursor)
    assert error["extensions"]["code"] == "INVALID_CURSOR"
    assert error["path"] == ["albums"]


@pytest.mark.parametrize("moment", ["2024-05-01T12:00:00", "yesterday", 5])
def test_a_moment_needs_its_time_zone(moment: object) -> None:
    with pytest.raises(InvalidCursor):
        Cursors("jobs", (datetime,)).decode(made(1, "jobs", moment))


@pytest.mark.parametrize("first", [0, -1, 101, 2**31 - 1, -(2**31)])
async def test_a_page_has_1_to_100_items(client: Client, curator: Client, archive: SmallArchive, first: int) -> None:
    seed = encode("Track", archive.tracks["Prelude"])
    for text in (
        "query($n: Int!) { albums(first: $n) { totalCount } }",
        "query($n: Int!) { tracks(first: $n) { nodes { title } } }",
        "query($n: Int!) { composers(first: $n) { nodes { name } } }",
        "query($n: Int!, $seed: ID!) { recommendSimilar(trackId: $seed, first: $n) { id } }",
        """query($n: Int!, $seed: ID!) {
            similarSegments(trackId: $seed, startSeconds: 0, endSeconds: 9, first: $n) { id } }""",
    ):
        error = await client.error(text, n=first, seed=seed)
        assert error["extensions"] == {"code": "INVALID_PAGE_SIZE", "first": first, "maximum": 100}
        assert client.statements == 0
    assert await curator.code("query($n: Int!) { jobs(first: $n) { nodes { id } } }", n=first) == "INVALID_PAGE_SIZE"
