"""A web client and S3: it sends recordings to the bucket and listens from there; the API only signs."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import anyio.to_thread
import httpx
import psycopg
import pytest

from api.app import create_app
from domain.settings import Settings
from jobs.audio_source import AudioSource
from jobs.ingest import Ingest
from jobs.ingest_handler import arrivals
from jobs.queue import JobQueue
from sql.database import Database
from sql.queue.job_writes import JobWrites
from tests.jobs.storage.conftest import BUCKET, ObjectServer
from tests.jobs.storage.test_s3 import use

pytestmark = pytest.mark.anyio

_numbers = count(1)
TICKET = """
mutation($size: Int!) {
  requestUpload(filename: "04 Gigue.m4a", size: $size) { url method fields { name value } key job { id kind status } }
}
"""
JOB = "query($id: ID!) { job(id: $id) { id kind status } }"
LISTEN = "{ tracks(first: 100) { nodes { title audioUrl } } }"


@pytest.fixture(autouse=True)
def _service(object_server: ObjectServer, aws_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, object_server.url, object_server.service)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    url = f"s3://{BUCKET}/clients/{next(_numbers)}"
    return Settings(data_dir=tmp_path / "data", database_url=database_url, storage_url=url)


@pytest.fixture
async def http(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        yield client
    await app.state.services.close()


async def ask(http: httpx.AsyncClient, query: str, **variables: Any) -> Any:  # Any: JSON
    answer = (await http.post("/graphql", json={"query": query, "variables": variables})).json()
    assert "errors" not in answer, answer
    return answer["data"]


def add(settings: Settings, places: dict[str, list[str]]) -> None:
    """Tracks by title, each with its places, the one seen first first."""
    assert settings.database_url
    with psycopg.connect(settings.database_url) as connection:
        for title, there in places.items():
            connection.execute(
                "INSERT INTO tracks (content_hash, title, sort_key, duration_seconds, codec, sample_rate, channels,"
                " truncated, silent) VALUES (%(t)s, %(t)s, %(t)s, 1, 'aac', 44100, 2, false, false)",
                {"t": title},
            )
            for place in there:
                connection.execute(
                    "INSERT INTO track_files (track_id, path, size, modified_ns, file_hash)"
                    " SELECT max(id), %s, 1, 1, '' FROM tracks",
                    [place],
                )


async def test_a_recording_is_heard_from_where_it_lies(
    http: httpx.AsyncClient, settings: Settings, object_server: ObjectServer, tmp_path: Path
) -> None:
    source = AudioSource.of(settings)
    file = tmp_path / "x"
    file.write_bytes(bytes(range(100)))
    source.storage.put("audio/Für Elise.m4a", file)
    source.storage.put("audio/Für Clara.m4a", file)
    here, there = source.place("audio/Für Elise.m4a"), source.place("audio/Für Clara.m4a")
    local, copy = tmp_path / "local.flac", tmp_path / "copy.flac"
    local.write_bytes(b"local")
    copy.write_bytes(b"local")
    add(
        settings,
        {
            "Stored": [here],
            "Local": [str(local)],
            "Elsewhere": ["s3://another-bucket/x.flac"],
            "Both, stored last": ["/gone.flac", there],
            "Both, local last": [source.place("audio/gone.flac"), str(copy)],
        },
    )
    urls = {node["title"]: node["audioUrl"] for node in (await ask(http, LISTEN))["tracks"]["nodes"]}
    assert urls["Elsewhere"] is None
    for title in ("Stored", "Both, stored last"):
        assert urls[title].startswith(f"{object_server.url}/{BUCKET}/clients/")
        async with httpx.AsyncClient() as browser:
            answer = await browser.get(urls[title], headers={"Range": "bytes=10-12"})
        assert (answer.status_code, answer.content) == (206, bytes((10, 11, 12)))
        # It was stored without saying what it is.
        assert answer.headers["content-type"] == "audio/mp4"
    for title in ("Local", "Both, local last"):
        assert urls[title].startswith("http://127.0.0.1/audio/")
        assert (await http.get(urls[title])).content == b"local"


async def test_in_the_cloud_only_what_is_stored_is_heard(settings: Settings) -> None:
    add(settings, {"Stored": [AudioSource.of(settings).place("audio/x.flac")], "Local": ["/music/x.flac"]})
    app = create_app(settings, in_cloud=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://api.example") as http:
        nodes = (await ask(http, LISTEN))["tracks"]["nodes"]
    await app.state.services.close()
    assert [(node["title"], node["audioUrl"] is None) for node in nodes] == [("Stored", False), ("Local", True)]


async def test_a_page_of_addresses_is_signed_here(
    http: httpx.AsyncClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{nobody_listens.getsockname()[1]}")
        place = AudioSource.of(settings).place
        add(settings, {f"Track {number}": [place(f"audio/{number}.flac")] for number in range(100)})
        nodes = (await ask(http, LISTEN))["tracks"]["nodes"]
    assert len({node["audioUrl"] for node in nodes}) == 100


async def test_an_upload_is_followed_from_its_ticket(
    http: httpx.AsyncClient, settings: Settings, object_server: ObjectServer
) -> None:
    assert settings.database_url
    assert settings.storage_url
    ticket = (await ask(http, TICKET, size=5))["requestUpload"]
    assert (ticket["method"], ticket["job"]["kind"], ticket["job"]["status"]) == ("POST", "upload", "WAITING")
    form = {field["name"]: field["value"] for field in ticket["fields"]}
    async with httpx.AsyncClient() as browser:
        answer = await browser.post(ticket["url"], data=form, files={"file": ("x", b"music")})
    assert answer.status_code in (200, 201, 204)
    assert (await ask(http, JOB, id=ticket["job"]["id"]))["job"] == ticket["job"]
    # What S3 tells then.
    bucket, _, prefix = settings.storage_url.removeprefix("s3://").partition("/")
    told = {"bucket": {"name": bucket}, "object": {"key": f"{prefix}/{ticket['key']}".replace(" ", "+"), "eTag": "e"}}
    event = {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Post", "s3": told}]}
    [arrival] = arrivals(event, settings.storage_url)
    database, queue = Database.of(settings.database_url, settings), JobQueue.of(settings.database_url)
    await Ingest(JobWrites(database), queue).object_arrived(*arrival)
    await database.close()
    await anyio.to_thread.run_sync(queue.close)
    assert (await ask(http, JOB, id=ticket["job"]["id"]))["job"] == ticket["job"] | {"kind": "import"}
