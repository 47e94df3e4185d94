"""Maps over the API: points, groups, and a job that draws them."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import psycopg
import pytest

from api.app import create_app
from domain.ids import encode
from domain.settings import Settings
from tests.api.client import Client
from tests.small_archive import SmallArchive, fill

pytestmark = pytest.mark.anyio

MAP = """query($id: ID!) { node(id: $id) { ... on Space { map { method madeAt points { trackIds x y } } } } }"""
GROUPS = """query($id: ID!, $by: MapGrouping!, $first: Int!) {
  node(id: $id) { ... on Space { map { groups(by: $by, first: $first) { name places } } } }
}"""
PLACES = {"Prelude": (0, 10), "Fugue": (65_535, 20), "Élégie": (300, 30), "Toccata": (400, 40)}


@pytest.fixture(scope="module")
def drawn(new_database: Callable[[], str]) -> tuple[str, SmallArchive]:
    url = new_database()
    archive = fill(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO space_maps (revision_id, method, made_at) VALUES (%s, 'PCA', '2024-05-01 12:00+00')",
            [archive.revision],
        )
        for title, (x, y) in PLACES.items():
            connection.execute(
                "INSERT INTO map_points (revision_id, track_id, x, y) VALUES (%s, %s, %s, %s)",
                [archive.revision, archive.tracks[title], x, y],
            )
    return url, archive


@pytest.fixture
def archive(drawn: tuple[str, SmallArchive]) -> SmallArchive:
    return drawn[1]


@pytest.fixture
def archive_url(drawn: tuple[str, SmallArchive]) -> str:
    return drawn[0]


def space(archive: SmallArchive) -> str:
    return encode("Space", archive.space)


async def test_points_are_three_lists(client: Client, archive: SmallArchive) -> None:
    found = (await client.data(MAP, id=space(archive)))["node"]["map"]
    assert (found["method"], found["madeAt"]) == ("PCA", "2024-05-01T12:00:00+00:00")
    assert found["points"] == {
        "trackIds": [encode("Track", archive.tracks[title]) for title in PLACES],
        "x": [0, 65_535, 300, 400],
        "y": [10, 20, 30, 40],
    }


async def test_groups_are_by_composer_album_or_sound(client: Client, archive: SmallArchive) -> None:
    async def groups(by: str, first: int = 12) -> list[tuple[str, list[int]]]:
        found = (await client.data(GROUPS, id=space(archive), by=by, first=first))["node"]["map"]["groups"]
        return [(group["name"], group["places"]) for group in found]

    # The largest first, then by name. Prelude, Fugue, Élégie and Toccata are 0, 1, 2 and 3.
    assert await groups("COMPOSER") == [
        ("Johann Sebastian Bach", [0, 1]),
        ("Antonín Dvořák", [3]),
        ("Clara Schumann", [2]),
    ]
    assert await groups("ALBUM") == [("Zürich 1998", [0, 1, 3]), ("Ära", [2])]
    assert await groups("TAG") == [("cello", [2]), ("classical", [1]), ("piano", [0])]
    assert await groups("COMPOSER", first=1) == [("Johann Sebastian Bach", [0, 1])]


async def test_a_group_too_many_is_refused(client: Client, archive: SmallArchive) -> None:
    assert await client.code(GROUPS, id=space(archive), by="ALBUM", first=101) == "INVALID_PAGE_SIZE"


async def test_a_track_that_goes_takes_its_point_along(client: Client, archive: SmallArchive, archive_url: str) -> None:
    with psycopg.connect(archive_url) as connection:
        connection.execute("DELETE FROM tracks WHERE id = %s", [archive.tracks["Toccata"]])
        left = connection.execute("SELECT count(*) FROM map_points").fetchone()
        connection.rollback()
    assert left == (3,)


async def test_what_nobody_had_drawn_has_no_map(database_url: str) -> None:
    archive = fill(database_url)
    settings = Settings(database_url=database_url)
    app = create_app(settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as http:

        async def ask(query: str, **variables: str) -> dict[str, object]:
            answer: dict[str, object] = (
                await http.post("/graphql", json={"query": query, "variables": variables})
            ).json()
            return answer

        assert (await ask(MAP, id=space(archive)))["data"] == {"node": {"map": None}}
        draw = "mutation($space: String!) { drawMap(space: $space) { id kind status } }"
        first = await ask(draw, space="musicnn-mtt")
        assert first == await ask(draw, space="musicnn-mtt")  # the second joins the first
        unknown = await ask(draw, space="none")
    await app.state.services.close()
    assert isinstance(first["data"], dict)
    assert (first["data"]["drawMap"]["kind"], first["data"]["drawMap"]["status"]) == ("map", "WAITING")
    assert unknown["errors"][0]["extensions"]["code"] == "SPACE_NOT_FOUND"  # type: ignore[index]  # it is JSON
