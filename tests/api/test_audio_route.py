"""Recordings: served in ranges to those with a genuine address, and to nobody else."""

from __future__ import annotations

import os
import time
from pathlib import Path, PurePath
from urllib.parse import parse_qs, urlsplit

import anyio
import httpx
import pytest

from api.audio_links import signed_path
from api.audio_types import content_type
from domain.ids import encode
from domain.paths import path_to_text
from domain.signing import Signer
from sql.database import Database
from sql.signing_keys import signing_keys
from tests.api.client import Client
from tests.small_archive import SmallArchive

pytestmark = pytest.mark.anyio

CONTENT = bytes(number % 251 for number in range(1_000))


@pytest.fixture
async def address(client: Client, archive: SmallArchive) -> str:
    data = await client.data(
        "query($id: ID!) { track(id: $id) { audioUrl } }", id=encode("Track", archive.tracks["Prelude"])
    )
    url: str = data["track"]["audioUrl"]
    return url


@pytest.fixture
async def signer(database: Database) -> Signer:
    return Signer(await signing_keys(database))


async def test_the_whole_recording(http: httpx.AsyncClient, address: str) -> None:
    assert address.startswith("http://archive.test/audio/")
    answer = await http.get(address)
    assert answer.status_code == 200
    assert answer.content == CONTENT
    assert answer.headers["content-type"] == "audio/mp4"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-length"] == "1000"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-99", 0, 100),
        ("bytes=990-", 990, 1_000),
        ("bytes=-10", 990, 1_000),
        ("bytes=500-500", 500, 501),
        ("bytes=900-5000", 900, 1_000),
        ("bytes=-5000", 0, 1_000),
    ],
)
async def test_a_range(http: httpx.AsyncClient, address: str, asked: str, start: int, end: int) -> None:
    answer = await http.get(address, headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/1000"
    assert answer.headers["content-length"] == str(end - start)
    assert answer.content == CONTENT[start:end]


@pytest.mark.parametrize("asked", ["bytes=1000-", "bytes=5000-6000", "bytes=-0"])
async def test_a_range_outside_the_file(http: httpx.AsyncClient, address: str, asked: str) -> None:
    answer = await http.get(address, headers={"Range": asked})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == "bytes */1000"


async def test_two_ranges_at_once(http: httpx.AsyncClient, address: str) -> None:
    answer = await http.get(address, headers={"Range": "bytes=0-9,100-109"})
    assert answer.status_code == 206
    assert answer.headers["content-type"].startswith("multipart/byteranges; boundary=")
    assert answer.content.count(b"Content-Range: bytes") == 2
    assert CONTENT[:10] in answer.content
    assert CONTENT[100:110] in answer.content


async def test_more_ranges_than_a_player_asks_for_get_the_file_once(http: httpx.AsyncClient, address: str) -> None:
    ranges = ",".join(f"{start}-{start}" for start in range(0, 1_000, 10))
    answer = await http.get(address, headers={"Range": f"bytes={ranges}"})
    assert answer.status_code == 200
    assert answer.content == CONTENT


async def test_head_tells_the_size(http: httpx.AsyncClient, address: str) -> None:
    answer = await http.head(address)
    assert answer.status_code == 200
    assert answer.headers["content-length"] == "1000"
    assert answer.content == b""


async def test_what_has_not_changed_is_not_sent_from_the_middle(http: httpx.AsyncClient, address: str) -> None:
    etag = (await http.head(address)).headers["etag"]
    same = await http.get(address, headers={"Range": "bytes=0-9", "If-Range": etag})
    changed = await http.get(address, headers={"Range": "bytes=0-9", "If-Range": '"another"'})
    assert (same.status_code, changed.status_code) == (206, 200)


async def test_an_address_lasts_a_day_and_to_the_hour(
    client: Client, address: str, signer: Signer, archive: SmallArchive
) -> None:
    expires = int(parse_qs(urlsplit(address).query)["expires"][0])
    assert expires % 3_600 == 0
    assert 24 * 3_600 < expires - time.time() <= 25 * 3_600
    # 7,200 s is on the hour: a second later the next hour's address is given.
    assert signed_path(signer, 7, 7_199) != signed_path(signer, 7, 7_200) == signed_path(signer, 7, 10_799)


async def test_what_is_not_genuine_is_refused(
    http: httpx.AsyncClient, address: str, signer: Signer, archive: SmallArchive
) -> None:
    prelude, fugue = archive.tracks["Prelude"], archive.tracks["Fugue"]
    parts = urlsplit(address)
    query = parse_qs(parts.query)
    later = str(int(query["expires"][0]) + 3_600)
    forged = Signer([b"another key"])
    for url in (
        f"/audio/{prelude}",
        f"/audio/{prelude}?expires={later}",
        f"/audio/{prelude}?signature={query['signature'][0]}",
        address.replace(query["expires"][0], later),
        address.replace(f"/audio/{prelude}", f"/audio/{fugue}"),
        address + "x",
        signed_path(forged, prelude, time.time()),
        signed_path(signer, prelude, time.time() - 26 * 3_600),
        f"/audio/{prelude}?expires=x&signature={signer.sign('audio', f'{prelude} y')}",
        f"/audio/{prelude}?expires={later}&signature={signer.sign('list', f'{prelude} {later}')}",
    ):
        answer = await http.get(url)
        assert answer.status_code == 403, url
        assert answer.text == "This address is not valid, or not any more. Ask for `audioUrl` again."


async def test_the_first_file_that_is_still_there_is_served(
    http: httpx.AsyncClient, address: str, tmp_path: Path, archive: SmallArchive, database: Database
) -> None:
    odd = tmp_path / os.fsdecode(b"na\xefve \\ name.m4a")  # not UTF-8, and with a backslash
    odd.write_bytes(b"another copy")
    gone = tmp_path / "gone.m4a"
    add = """INSERT INTO track_files (track_id, path, size, modified_ns, file_hash, seen_at)
             VALUES (%(track)s, %(path)s, 1, 1, '', now() + %(later)s * interval '1 day') RETURNING id"""
    for later, path in ((1, odd), (2, gone)):  # the one seen last is looked for first
        await database.rows(add, {"track": archive.tracks["Prelude"], "path": path_to_text(path), "later": later})
    try:
        answer = await http.get(address)
    finally:
        await database.rows("DELETE FROM track_files WHERE file_hash = '' RETURNING id")
    assert (answer.status_code, answer.content) == (200, b"another copy")


async def test_a_recording_that_is_gone(
    http: httpx.AsyncClient, address: str, audio_file: Path, tmp_path: Path, archive: SmallArchive, signer: Signer
) -> None:
    moved = await anyio.Path(audio_file).rename(tmp_path / "moved.m4a")
    try:
        answer = await http.get(address)
    finally:
        await moved.rename(audio_file)
    assert answer.status_code == 404
    assert str(audio_file.parent) not in answer.text
    unknown = await http.get(signed_path(signer, archive.tracks["Fugue"], time.time()))
    assert unknown.status_code == 404


@pytest.mark.parametrize("path", ["/audio/", "/audio/../etc/passwd", "/audio/1/2"])
async def test_other_paths_lead_nowhere(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 404


@pytest.mark.parametrize("path", ["/audio/x", "/audio/-1"])
async def test_what_is_no_track_was_signed_by_nobody(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 403


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/a/b.M4A", "audio/mp4"),
        ("/a/b.mp3", "audio/mpeg"),
        ("/a/b.flac", "audio/flac"),
        ("/a/b.ogg", "audio/ogg"),
        ("/a/b.opus", "audio/ogg"),
        ("/a/b.wav", "audio/wav"),
        ("/a/b.aiff", "audio/aiff"),
        ("/a/b", "application/octet-stream"),
    ],
)
def test_the_container_tells_the_content_type(path: str, expected: str) -> None:
    assert content_type(PurePath(path)) == expected
