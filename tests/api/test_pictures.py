"""Covers and waveforms over GraphQL, and the covers themselves over HTTP."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import numpy as np
import psycopg
import pytest
from starlette.applications import Starlette

from api.app import create_app
from api.cover_links import is_valid, signed_path
from domain.ids import encode
from domain.settings import Settings
from domain.signing import Signer
from jobs.storage.keys import cover_key
from jobs.storage.location import open_storage
from tests.api.client import Client
from tests.api.conftest import CountingDatabase
from tests.small_archive import SmallArchive, fill

pytestmark = pytest.mark.anyio

# What they are only matters where they are looked at; here they are bytes.
PICTURE, THUMBNAIL, OTHER = b"\x89PNG picture", b"\xff\xd8\xff thumbnail", b"\xff\xd8\xff other"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("data"), storage_url=None)


@pytest.fixture(scope="module")
def archive_url(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def archive(archive_url: str, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> SmallArchive:
    """ "Zürich 1998" has an image in its folder, and its Fugue another in its tags; the Prelude has a waveform."""
    made = fill(archive_url)
    storage = open_storage(settings)
    for data in (PICTURE, THUMBNAIL, OTHER):
        file = tmp_path_factory.mktemp("picture") / "picture"
        file.write_bytes(data)
        storage.put(cover_key(sha256(data)), file)
    peaks = np.repeat(np.array([13_107, 65_535, 0, 32_768], "<u2"), 1_000)  # 0.2, 1, 0, 0.5
    with psycopg.connect(archive_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO pictures VALUES (%s, 'image/png', 900, 900, 12, %s), (%s, 'image/jpeg', 300, 200, 10, NULL)",
            [sha256(PICTURE), sha256(THUMBNAIL), sha256(OTHER)],
        )
        connection.execute(
            "INSERT INTO folder_images VALUES ('/Zürich 1998/cover.png', '/Zürich 1998', 0, 12, 0, %s)",
            [sha256(PICTURE)],
        )
        connection.execute("INSERT INTO track_covers VALUES (%s, 'h', %s)", [made.tracks["Fugue"], sha256(OTHER)])
        connection.execute("INSERT INTO waveforms VALUES (%s, %s)", [made.tracks["Prelude"], peaks.tobytes()])
    return made


@pytest.fixture
def app(database: CountingDatabase, settings: Settings) -> Starlette:
    return create_app(settings, database)


async def cover(client: Client, archive: SmallArchive, title: str, size: int | None = None) -> str | None:
    data = await client.data(
        "query($id: ID!, $size: Int) { track(id: $id) { coverUrl(size: $size) } }",
        id=encode("Track", archive.tracks[title]),
        size=size,
    )
    url: str | None = data["track"]["coverUrl"]
    return url


async def test_the_address_leads_to_the_picture(client: Client, archive: SmallArchive) -> None:
    url = await cover(client, archive, "Prelude")
    assert url is not None
    assert url.startswith(f"http://archive.test/cover/{sha256(PICTURE)}.png?expires=")
    answer = await client.http.get(url)
    assert (answer.status_code, answer.content) == (200, PICTURE)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, max-age=86400, immutable"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    again = await client.http.get(url, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_small_picture_is_given_where_it_is_enough(client: Client, archive: SmallArchive) -> None:
    for size, ending in (
        (1, f"{sha256(THUMBNAIL)}.jpg"),
        (512, f"{sha256(THUMBNAIL)}.jpg"),
        (513, f"{sha256(PICTURE)}.png"),
    ):
        url = await cover(client, archive, "Prelude", size)
        assert urlsplit(url or "").path == f"/cover/{ending}"
    small = await client.http.get((await cover(client, archive, "Prelude", 100)) or "")
    assert (small.content, small.headers["content-type"]) == (THUMBNAIL, "image/jpeg")
    # One that is small itself has no smaller copy.
    assert urlsplit(await cover(client, archive, "Fugue", 100) or "").path == f"/cover/{sha256(OTHER)}.jpg"
    assert await cover(client, archive, "Waltz") is None


@pytest.mark.parametrize("size", [0, -1, 12_001])
async def test_a_size_that_cannot_be_is_refused(client: Client, archive: SmallArchive, size: int) -> None:
    error = await client.error(
        "query($id: ID!, $size: Int) { track(id: $id) { coverUrl(size: $size) } }",
        id=encode("Track", archive.tracks["Prelude"]),
        size=size,
    )
    assert error["extensions"]["code"] == "INVALID_COVER_SIZE"
    assert error["message"] == f"`size` is {size}; it takes 1 to 12000 pixels."


async def test_covers_of_many_albums_and_tracks_are_read_together(client: Client) -> None:
    data = await client.data("{ albums { nodes { title coverUrl(size: 300) tracks { nodes { coverUrl } } } } }")
    covers = {album["title"]: album["coverUrl"] is not None for album in data["albums"]["nodes"]}
    assert covers == {"Ära": False, "Undated": False, "Zürich 1998": True}
    await client.data("{ albums { nodes { title coverUrl(size: 300) tracks { nodes { coverUrl } } } } }")
    # The albums, their covers, their tracks, and those of the tracks.
    assert client.statements == 4


@pytest.mark.parametrize("change", ["name", "ending", "expires", "signature"])
async def test_nobody_makes_an_address_himself(client: Client, archive: SmallArchive, change: str) -> None:
    url = httpx.URL(await cover(client, archive, "Prelude") or "")
    changed = {
        "name": url.copy_with(path=f"/cover/{sha256(OTHER)}.png"),
        "ending": url.copy_with(path=f"/cover/{sha256(PICTURE)}.jpg"),
        "expires": url.copy_merge_params({"expires": str(int(time.time()) + 10**6)}),
        "signature": url.copy_merge_params({"signature": "none"}),
    }[change]
    assert (await client.http.get(changed)).status_code == 403


def test_an_address_holds_for_days_and_is_the_same_all_day() -> None:
    signer, day = Signer([b"key"]), 24 * 3600
    noon = 20_000 * day + day // 2
    path = signed_path(signer, "a.jpg", noon)
    assert path == signed_path(signer, "a.jpg", noon + day // 3)
    query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
    assert int(query["expires"]) == 20_004 * day
    for now, valid in ((noon, True), (20_004 * day - 1, True), (20_004 * day, False)):
        assert is_valid(signer, "a.jpg", query["expires"], query["signature"], now) is valid


async def test_a_picture_that_is_gone_is_not_found(
    client: Client, archive: SmallArchive, settings: Settings, tmp_path: Path
) -> None:
    url = await cover(client, archive, "Fugue")
    storage, key = open_storage(settings), cover_key(sha256(OTHER))
    (tmp_path / "kept").write_bytes(OTHER)
    storage.delete(key)
    assert (await client.http.get(url or "")).status_code == 404
    storage.put(key, tmp_path / "kept")


WAVEFORM = "query($id: ID!, $points: Int!) { track(id: $id) { waveform(points: $points) } }"


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        (1, [1.0]),
        (2, [1.0, 0.5]),
        (4, [0.2, 1.0, 0.0, 0.5]),
        (3, [1.0, 1.0, 0.5]),  # parts of 1,333 and 1,334 points of 4,000: the second begins in the middle of the 1s
        (4_000, [0.2] * 1_000 + [1.0] * 1_000 + [0.0] * 1_000 + [0.5] * 1_000),
    ],
)
async def test_a_waveform_in_as_many_points_as_asked(
    client: Client, archive: SmallArchive, points: int, expected: list[float]
) -> None:
    data = await client.data(WAVEFORM, id=encode("Track", archive.tracks["Prelude"]), points=points)
    assert data["track"]["waveform"] == expected


async def test_what_nobody_heard_has_no_waveform(client: Client) -> None:
    data = await client.data("{ tracks(first: 100) { nodes { title waveform(points: 1) } } }")
    drawn = {node["title"] for node in data["tracks"]["nodes"] if node["waveform"] is not None}
    assert (drawn, client.statements) == ({"Prelude"}, 2)


@pytest.mark.parametrize("points", [0, 4_001])
async def test_points_that_cannot_be_are_refused(client: Client, archive: SmallArchive, points: int) -> None:
    error = await client.error(WAVEFORM, id=encode("Track", archive.tracks["Prelude"]), points=points)
    assert error["extensions"]["code"] == "INVALID_POINTS"
    assert error["message"] == f"`points` is {points}; it takes 1 to 4000."
