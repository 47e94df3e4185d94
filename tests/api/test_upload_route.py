"""Uploads that tickets allow: to a recommendable track with a real worker, and what is refused."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import psycopg
import pytest
from starlette.applications import Starlette

from api.app import create_app
from api.upload_route import CHUNK_BYTES
from domain.settings import Settings
from domain.signing import Signer
from jobs.storage.keys import incoming_key
from jobs.storage.tickets import UploadGrant, ticket_path
from jobs.worker import WorkerPool
from tests.ml.recordings import sine, write

pytestmark = pytest.mark.anyio

REQUEST = """
mutation($size: Int!) {
  requestUpload(filename: "04 Gigue.flac", size: $size) { url headers { name value } key job { id } }
}
"""
JOB = "query($id: ID!) { job(id: $id) { kind status total done failed error } }"
SIMILAR = "query($id: ID!) { recommendSimilar(trackId: $id, strategy: KNN) { items { score track { title } } } }"
TRACKS = "{ tracks { nodes { id title status audioUrl } } }"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", database_url=database_url)


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[Starlette]:
    app = create_app(settings)
    yield app
    await app.state.services.close()


@pytest.fixture
async def http(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client:
        yield client


async def ask(http: httpx.AsyncClient, query: str, **variables: Any) -> Any:  # Any: JSON
    answer = (await http.post("/graphql", json={"query": query, "variables": variables})).json()
    assert "errors" not in answer, answer
    return answer["data"]


async def send(http: httpx.AsyncClient, content: bytes) -> httpx.Response:
    ticket = (await ask(http, REQUEST, size=len(content)))["requestUpload"]
    answer = await http.put(
        ticket["url"], content=content, headers={header["name"]: header["value"] for header in ticket["headers"]}
    )
    if answer.status_code == 201:
        assert answer.json() == {"jobId": ticket["job"]["id"], "key": ticket["key"]}
    return answer


def are_embedded(count: int, data: Any) -> bool:  # Any: JSON
    return [track["status"] for track in data["tracks"]["nodes"]] == ["EMBEDDED"] * count


def stored(settings: Settings) -> list[Path]:
    """Every file of the storage, also unfinished ones."""
    return [path for path in (settings.data_dir / "storage").rglob("*") if path.is_file() and path.name != ".lock"]


async def test_an_upload_becomes_recommendable(http: httpx.AsyncClient, settings: Settings, tmp_path: Path) -> None:
    assert settings.database_url
    ids = []
    with WorkerPool(settings, settings.database_url, processes=1):
        for number, pitch in enumerate((300.0, 310.0)):
            file = write(tmp_path / "x.flac", sine(4, 16_000, pitch)[None], 16_000, layout="mono")
            content = file.read_bytes()
            answer = await send(http, content)
            assert answer.status_code == 201
            ids.append(answer.json()["jobId"])
            # Sent again, as by a client that did not hear the answer.
            repeated = await http.put(answer.request.url, content=content, headers={"content-type": "audio/flac"})
            assert repeated.json() == answer.json()
            await until(http, TRACKS, partial(are_embedded, number + 1))
        for id_ in ids:
            job = await until(http, JOB, lambda data: data["job"]["status"] == "SUCCEEDED", id=id_)
            assert job["job"] | {"status": None} == {
                "kind": "import",
                "status": None,
                "total": 1,
                "done": 1,
                "failed": 0,
                "error": None,
            }
    first, second = (await ask(http, TRACKS))["tracks"]["nodes"]
    assert first["title"] == second["title"] == "Gigue"
    [item] = (await ask(http, SIMILAR, id=first["id"]))["recommendSimilar"]["items"]
    assert item["track"]["title"] == "Gigue"
    assert (await http.get(second["audioUrl"])).content == content
    with psycopg.connect(settings.database_url) as connection:
        assert connection.execute("SELECT count(*) FROM track_files").fetchone() == (2,)
        assert connection.execute("SELECT count(*) FROM jobs WHERE kind = 'import'").fetchone() == (2,)


async def test_forged_and_expired_addresses(app: Starlette, http: httpx.AsyncClient, settings: Settings) -> None:
    signer = await app.state.services.signer()
    grant = UploadGrant(incoming_key("a.flac"), 10, "audio/flac", int(time.time()) + 60)
    late = grant.__class__(grant.key, 10, "audio/flac", int(time.time()) - 1)
    good = ticket_path(signer, grant)
    body, _, signature = good.removeprefix("/upload/").partition(".")
    for path in (
        ticket_path(Signer([b"another key"]), grant),
        ticket_path(signer, late),
        f"/upload/{body}.",
        f"/upload/{body[:-2]}xx.{signature}",
        "/upload/nonsense",
    ):
        answer = await http.put(path, content=b"music", headers={"content-type": "audio/flac"})
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]) == (
            403,
            {"code": "INVALID_UPLOAD_TICKET"},
        )
    assert (await http.post(good, content=b"music")).status_code == 405
    assert stored(settings) == []


async def parts(sizes: list[int]) -> AsyncIterator[bytes]:
    for size in sizes:
        yield bytes(size)


@pytest.mark.parametrize(
    ("content", "type_", "reason"),
    [
        (bytes(11), "audio/flac", "it is larger than 10 bytes"),
        ([6, 5], "audio/flac", "it is larger than 10 bytes"),  # of untold length
        ([5 * CHUNK_BYTES], "audio/flac", "it is larger than 10 bytes"),
        (b"", "audio/flac", "it is empty"),
        ([], "audio/flac", "it is empty"),
        (bytes(10), "audio/mpeg", "its Content-Type must be audio/flac"),
        (bytes(10), "", "its Content-Type must be audio/flac"),
    ],
)
async def test_what_the_ticket_does_not_allow(
    app: Starlette,
    http: httpx.AsyncClient,
    settings: Settings,
    content: bytes | list[int],
    type_: str,
    reason: str,
) -> None:
    grant = UploadGrant(incoming_key("a.flac"), 10, "audio/flac", int(time.time()) + 60)
    path = ticket_path(await app.state.services.signer(), grant)
    body = content if isinstance(content, bytes) else parts(content)
    answer = await http.put(path, content=body, headers={"content-type": type_})
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error == {"message": f"The upload is refused: {reason}", "extensions": {"code": "UPLOAD_REFUSED"}}
    assert stored(settings) == []
    assert (await ask(http, "{ jobs { totalCount } }"))["jobs"]["totalCount"] == 0


async def test_an_upload_that_breaks_off_leaves_nothing(
    app: Starlette, http: httpx.AsyncClient, settings: Settings
) -> None:
    grant = UploadGrant(incoming_key("a.flac"), 3 * CHUNK_BYTES, "audio/flac", int(time.time()) + 60)
    path = ticket_path(await app.state.services.signer(), grant)
    seen: list[int] = []

    async def broken() -> AsyncIterator[bytes]:
        yield bytes(2 * CHUNK_BYTES)
        await anyio.lowlevel.checkpoint()
        seen.append(len(stored(settings)))
        raise ConnectionResetError("the client is gone")

    with pytest.raises(ConnectionResetError):
        await http.put(path, content=broken(), headers={"content-type": "audio/flac"})
    # It was on the disk, and not in memory, while it came in.
    assert seen == [1]
    assert stored(settings) == []


async def test_memory_does_not_grow_with_an_upload(app: Starlette, http: httpx.AsyncClient, settings: Settings) -> None:
    size = 20 * CHUNK_BYTES
    grant = UploadGrant(incoming_key("a.flac"), size, "audio/flac", int(time.time()) + 60)
    path = ticket_path(await app.state.services.signer(), grant)
    grown: list[int] = []

    async def watched() -> AsyncIterator[bytes]:
        for number in range(20):
            grown.append(sum(file.stat().st_size for file in stored(settings)) - number * CHUNK_BYTES)
            yield bytes(CHUNK_BYTES)

    answer = await http.put(path, content=watched(), headers={"content-type": "audio/flac"})
    assert answer.status_code == 201
    # All that has come is in the file, but for one chunk that is on its way and what the file buffers.
    assert min(grown) >= -2 * CHUNK_BYTES


async def until(http: httpx.AsyncClient, query: str, condition: Any, **variables: Any) -> Any:  # Any: JSON
    with anyio.fail_after(60):
        while True:
            data = await ask(http, query, **variables)
            if condition(data):
                return data
            await anyio.sleep(0.1)
