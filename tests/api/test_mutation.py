"""What curators can change, and that nobody else can."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from api.app import create_app
from domain import ids
from domain.settings import Settings
from tests.api.client import Client
from tests.api.conftest import CountingDatabase
from tests.small_archive import JOB_IDS, fill

pytestmark = pytest.mark.anyio

REQUEST_UPLOAD = """
mutation($name: String!, $size: Int!, $type: String) {
  requestUpload(filename: $name, size: $size, contentType: $type) {
    url method fields { name value } headers { name value } key expiresAt maxBytes job { id kind status }
  }
}
"""
IMPORT = "mutation($path: String!) { importTracks(path: $path) { id kind status total done failed error } }"
CANCEL = "mutation($id: ID!) { cancelJob(id: $id) { id status finishedAt } }"
REEMBED = """
mutation($space: String!, $where: String, $allow: Boolean!) {
  reembed(space: $space, where: $where, allowMissing: $allow) { id kind status total }
}
"""
RETRY = "mutation($id: ID!) { retryJob(id: $id) { id status error } }"
JOB = "query($id: ID!) { job(id: $id) { id status } }"


@pytest.fixture
def allowed(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "music"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(database_url: str, tmp_path: Path, allowed: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", database_url=database_url, import_roots=(allowed,))


@pytest.fixture
async def database(database_url: str) -> CountingDatabase:
    return CountingDatabase(database_url, size=2, statement_timeout_seconds=10)


async def served(settings: Settings, database: CountingDatabase, address: str) -> AsyncIterator[Client]:
    app = create_app(settings, database)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=address) as http:
        yield Client(http, database)
    await app.state.services.close()


@pytest.fixture
async def client(settings: Settings, database: CountingDatabase) -> AsyncIterator[Client]:
    async for client in served(settings, database, "http://127.0.0.1:8000"):
        yield client


def rows(settings: Settings, statement: str) -> list[tuple[Any, ...]]:  # Any: columns
    assert settings.database_url
    with psycopg.connect(settings.database_url) as connection:
        return connection.execute(statement).fetchall()


async def test_a_ticket_for_an_upload(client: Client, settings: Settings) -> None:
    asked = datetime.now(UTC)
    ticket = (await client.data(REQUEST_UPLOAD, name="../Prélude.flac", size=1_000))["requestUpload"]
    assert ticket["url"].startswith("http://127.0.0.1:8000/upload/")
    assert (ticket["method"], ticket["fields"], ticket["maxBytes"]) == ("PUT", [], 1_000)
    assert ticket["headers"] == [{"name": "Content-Type", "value": "audio/flac"}]
    folder, kind, unique, name = ticket["key"].split("/")
    assert (folder, kind, name) == ("audio", "incoming", "Prélude.flac")
    assert UUID(unique).version == 4
    expires = datetime.fromisoformat(ticket["expiresAt"])
    assert timedelta(seconds=3_598) < expires - asked < timedelta(seconds=3_605)
    assert (ticket["job"]["kind"], ticket["job"]["status"]) == ("upload", "WAITING")
    # Whether the service is open, the signing keys, once, and the job.
    assert client.statements == 3
    other = (await client.data(REQUEST_UPLOAD, name="a.mp3", size=1))["requestUpload"]
    assert client.statements == 2
    assert other["job"]["id"] != ticket["job"]["id"]
    # No worker is told before the recording is there.
    assert rows(settings, "SELECT count(*) FROM dramatiq.queue") == [(0,)]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"name": "a.flac", "size": 0}, "it takes 1 to 2000000000 bytes, not 0"),
        ({"name": "a.flac", "size": 2_000_000_001}, "it takes 1 to 2000000000 bytes, not 2000000001"),
        ({"name": "a.exe", "size": 1}, "'.exe' is no kind of recording"),
        ({"name": "a.flac", "size": 1, "type": "a/b\r\nX: y"}, "'a/b��X: y' is no content type"),
    ],
)
async def test_uploads_that_are_refused_at_once(client: Client, variables: dict[str, Any], message: str) -> None:
    error = await client.error(REQUEST_UPLOAD, **variables)
    assert error["message"] == f"The upload is refused: {message}"
    assert error["extensions"]["code"] == "UPLOAD_REFUSED"


async def test_an_import_is_a_job(client: Client, settings: Settings, allowed: Path) -> None:
    job = (await client.data(IMPORT, path=str(allowed)))["importTracks"]
    # Whether the service is open, and the job.
    assert client.statements == 2
    assert {name: job[name] for name in job if name != "id"} == {
        "kind": "import",
        "status": "WAITING",
        "total": 0,
        "done": 0,
        "failed": 0,
        "error": None,
    }
    assert rows(settings, "SELECT id, arguments FROM jobs") == [
        (UUID(ids.decode(job["id"])[1]), {"paths": [str(allowed)]})
    ]
    assert rows(settings, "SELECT message ->> 'actor_name' FROM dramatiq.queue") == [("import_files",)]
    # A client that asks again, not knowing that it was heard, gets the same job.
    assert (await client.data(IMPORT, path=f"{allowed}/"))["importTracks"]["id"] == job["id"]


async def test_only_what_the_operator_allowed_is_imported(client: Client, allowed: Path, tmp_path: Path) -> None:
    (allowed / "way out").symlink_to("/etc")
    for path in ("/etc", f"{allowed}/../data", f"{allowed}/way out/ssl", f"{tmp_path}/gone", "music", "", "/a\0b"):
        error = await client.error(IMPORT, path=path)
        assert error["extensions"]["code"] == "IMPORT_NOT_ALLOWED", path
        assert "SEGUE_IMPORT_ROOTS" in error["message"]
        assert client.statements == 1  # whether the service is open
    assert await client.code(IMPORT, path=f"{allowed}/gone") == "FOLDER_NOT_FOUND"


async def test_nothing_is_imported_unless_it_was_allowed(
    settings: Settings, database: CountingDatabase, allowed: Path
) -> None:
    closed = settings.model_copy(update={"import_roots": ()})
    async for client in served(closed, database, "http://localhost"):
        assert await client.code(IMPORT, path=str(allowed)) == "IMPORT_NOT_ALLOWED"


def test_import_roots_are_separated_as_in_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGUE_IMPORT_ROOTS", "/music:/more music, and more")
    assert Settings().import_roots == (Path("/music"), Path("/more music, and more"))
    monkeypatch.setenv("SEGUE_IMPORT_ROOTS", "")
    assert Settings().import_roots == ()


async def test_a_job_is_cancelled_once(client: Client, allowed: Path) -> None:
    id_ = (await client.data(IMPORT, path=str(allowed)))["importTracks"]["id"]
    first = (await client.data(CANCEL, id=id_))["cancelJob"]
    assert (first["id"], first["status"], client.statements) == (id_, "CANCELLED", 2)
    assert (await client.data(CANCEL, id=id_))["cancelJob"] == first
    assert (await client.data(JOB, id=id_))["job"] == {"id": id_, "status": "CANCELLED"}


async def test_jobs_that_cannot_be_cancelled(client: Client) -> None:
    error = await client.error(CANCEL, id=ids.encode("Job", str(UUID(int=7))))
    assert error["extensions"] == {"code": "JOB_NOT_FOUND", "id": ids.encode("Job", str(UUID(int=7)))}
    assert await client.code(CANCEL, id=ids.encode("Track", 7)) == "INVALID_ID"


async def test_the_archive_is_heard_again(client: Client, settings: Settings) -> None:
    assert settings.database_url
    fill(settings.database_url)
    assert await client.code(REEMBED, space="musicnn-mtt", allow=True) == "NOTHING_TO_REEMBED"  # without any file
    add = "INSERT INTO track_files (track_id, path, size, modified_ns, file_hash) SELECT min(id), '/a', 1, 1, '' FROM"
    assert rows(settings, f"{add} tracks RETURNING size") == [(1,)]
    job = (await client.data(REEMBED, space="musicnn-mtt", allow=True))["reembed"]
    assert (job["kind"], job["status"], job["total"]) == ("reembed-request", "WAITING", 0)
    assert (await client.data("mutation { reembed { id } }"))["reembed"]["id"] == job["id"]
    assert rows(settings, "SELECT message ->> 'actor_name' FROM dramatiq.queue") == [("begin_reembedding",)] * 2


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"space": "nothing"}, "BACKEND_NOT_FOUND"),
        ({"space": "musicnn-msd"}, "SPACE_NOT_READY"),
        ({"where": "best"}, "INVALID_SELECTION"),
        ({"where": "composer=Salieri"}, "UNKNOWN_NAME"),
        ({"where": "failed", "allow": True}, "CONFLICTING_ARGUMENTS"),
    ],
)
async def test_what_cannot_be_heard_again(
    client: Client, settings: Settings, variables: dict[str, Any], code: str
) -> None:
    assert settings.database_url
    fill(settings.database_url)
    assert await client.code(REEMBED, **{"space": "musicnn-mtt", "allow": False} | variables) == code


async def test_a_job_goes_on(client: Client, allowed: Path) -> None:
    id_ = (await client.data(IMPORT, path=str(allowed)))["importTracks"]["id"]
    await client.data(CANCEL, id=id_)
    assert (await client.data(RETRY, id=id_))["retryJob"] == {"id": id_, "status": "WAITING", "error": None}


async def test_a_job_that_was_given_up_has_all_its_attempts_again(
    client: Client, settings: Settings, allowed: Path
) -> None:
    id_ = (await client.data(IMPORT, path=str(allowed)))["importTracks"]["id"]
    assert settings.database_url
    with psycopg.connect(settings.database_url) as connection:
        connection.execute(
            "UPDATE jobs SET status = 'FAILED', error = 'it was tried 5 times, and never ended',"
            " arguments = arguments || '{\"attempts\": 5}'"
        )
    assert (await client.data(RETRY, id=id_))["retryJob"] == {"id": id_, "status": "WAITING", "error": None}
    with psycopg.connect(settings.database_url) as connection:
        assert connection.execute("SELECT arguments FROM jobs").fetchall() == [({"paths": [str(allowed)]},)]


async def test_an_embedding_that_failed_after_its_last_track_goes_on_to_its_end(
    client: Client, settings: Settings
) -> None:
    assert settings.database_url
    fill(settings.database_url)
    with psycopg.connect(settings.database_url) as connection:
        connection.execute(
            "INSERT INTO jobs (id, kind, status, arguments, total, done, failed, error, finished_at)"
            " SELECT %s, 'reembed', 'FAILED', jsonb_build_object('revision_id', max(id)), 0, 0, 0, 'full', now()"
            " FROM space_revisions",
            [UUID(int=70)],
        )
    id_ = ids.encode("Job", str(UUID(int=70)))
    assert (await client.data(RETRY, id=id_))["retryJob"] == {"id": id_, "status": "WAITING", "error": None}


async def test_a_job_that_cannot_go_on(client: Client, settings: Settings) -> None:
    assert settings.database_url
    fill(settings.database_url)
    # Its revision is not named any more.
    id_ = ids.encode("Job", str(JOB_IDS[0]))
    error = await client.error(RETRY, id=id_)
    assert error["extensions"] == {
        "code": "JOB_NOT_RESUMABLE",
        "id": id_,
        "reason": "the revision that it filled was dropped.",
    }
    assert await client.code(RETRY, id=ids.encode("Job", str(UUID(int=70)))) == "JOB_NOT_FOUND"


CHANGES = [
    (REQUEST_UPLOAD, {"name": "a.flac", "size": 1}),
    (IMPORT, {"path": "/etc"}),
    (CANCEL, {"id": ids.encode("Job", str(UUID(int=7)))}),
    (RETRY, {"id": ids.encode("Job", str(UUID(int=7)))}),
    (REEMBED, {"space": "musicnn-mtt", "allow": False}),
]


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("0.0.0.0", "http://127.0.0.1"),  # noqa: S104 -- to be refused
        ("::", "http://[::1]"),
        ("192.0.2.7", "http://192.0.2.7"),
        ("127.0.0.1", "http://archive.test"),  # a proxy's
    ],
)
async def test_from_elsewhere_nothing_is_changed(
    settings: Settings, database: CountingDatabase, host: str, address: str
) -> None:
    changed = {"host": host, "allowed_hosts": ("archive.test", "192.0.2.7")}
    async for client in served(settings.model_copy(update=changed), database, address):
        for query, variables in CHANGES:
            error = await client.error(query, **variables)
            assert error["extensions"] == {"code": "CURATOR_ONLY"}
            assert client.statements == 0
    with psycopg.connect(database.url) as connection:
        assert connection.execute("SELECT count(*) FROM jobs").fetchall() == [(0,)]


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", "http://localhost:8000"), ("localhost", "http://127.0.0.1"), ("::1", "http://[::1]:8000")],
)
async def test_from_this_machine_it_is(settings: Settings, database: CountingDatabase, host: str, address: str) -> None:
    async for client in served(settings.model_copy(update={"host": host}), database, address):
        assert await client.code(CANCEL, id=ids.encode("Job", str(UUID(int=7)))) == "JOB_NOT_FOUND"


async def test_a_form_of_another_page_changes_nothing(client: Client, settings: Settings, allowed: Path) -> None:
    mutation = 'mutation { importTracks(path: "%s") { id } }' % allowed  # noqa: UP031 -- braces of GraphQL
    for type_ in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        for accept in ("*/*", "text/event-stream"):
            answer = await client.http.post(
                "/graphql",
                content=b'{"query": "%s"}' % mutation.replace('"', '\\"').encode(),
                headers={"content-type": type_, "accept": accept},
            )
            assert answer.status_code == 415
    for accept in ("application/json", "text/event-stream", "text/html"):
        answer = await client.http.get("/graphql", params={"query": mutation}, headers={"accept": accept})
        assert "importTracks" not in answer.text
        if accept != "text/html":
            assert "POST" in answer.text
    assert rows(settings, "SELECT count(*) FROM jobs") == [(0,)]


async def test_a_mutation_over_server_sent_events(client: Client, allowed: Path) -> None:
    answer = await client.http.post(
        "/graphql", json={"query": IMPORT, "variables": {"path": str(allowed)}}, headers={"accept": "text/event-stream"}
    )
    assert answer.headers["content-type"].startswith("text/event-stream")
    first, second = answer.text.strip("\n").split("\n\n")
    assert first.startswith('event: next\ndata: {"data":{"importTracks":{"id":')
    assert second == "event: complete\ndata: "
