"""What who may upload and import could try: nothing is written or read beyond what is allowed."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from domain.settings import Settings
from tests.api.client import Client
from tests.api.conftest import CountingDatabase

pytestmark = pytest.mark.anyio


@pytest.fixture
async def curator(database_url: str, tmp_path: Path) -> AsyncIterator[Client]:
    """Who sits at a server that is open, of an archive of their own."""
    database = CountingDatabase(database_url, size=2, statement_timeout_seconds=10)
    root = tmp_path / "music"
    root.mkdir()
    (tmp_path / "secret.flac").write_bytes(b"secret")
    (root / "link").symlink_to(tmp_path)
    settings = Settings(data_dir=tmp_path / "data", database_url=database_url, import_roots=(root,))
    app = create_app(settings, database)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as http:
        yield Client(http, database)
    await app.state.services.close()


NAMES = ["../../../etc/passwd.flac", "..\\..\\x.flac", "/etc/cron.d/x.flac", "a/../../b.flac", ".flac.flac", "\0.flac"]
NAMES += ["\u202egnp.flac", "x" * 3_000 + ".flac", "CON.flac", "~/x.flac", "a\nb.flac", "..%2f..%2fx.flac", "%00.flac"]


@pytest.mark.parametrize("name", NAMES)
async def test_names_of_uploads_do_not_leave_their_folder(curator: Client, name: str) -> None:
    query = "mutation($n: String!) { requestUpload(filename: $n, size: 9) { key url } }"
    key = (await curator.data(query, n=name))["requestUpload"]["key"]
    folder, _, last = key.removeprefix("audio/incoming/").partition("/")
    assert key.startswith("audio/incoming/")
    assert len(folder) == 36
    assert "/" not in last
    assert last.endswith(".flac")
    assert not last.startswith(".")
    assert last.isprintable()


async def test_imports_read_nothing_beyond_their_folders_and_nothing_of_the_network(
    curator: Client, tmp_path: Path
) -> None:
    query = "mutation($p: String!) { importTracks(path: $p) { id } }"
    root = tmp_path / "music"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        port = listening.getsockname()[1]
        for path in (
            f"http://127.0.0.1:{port}/x.flac",
            f"s3://127.0.0.1:{port}/x.flac",
            f"file://{root}/x",
            f"//127.0.0.1:{port}/x",
            f"\\\\127.0.0.1:{port}\\x",
            "http://169.254.169.254/latest/meta-data/",
            f"concat:{root}/x",
            f"{root}/../secret.flac",
            f"{root}/link/secret.flac",
            f"{root}x",
            f"{root}/\0",
            "/",
            "/etc/passwd",
            "/proc/self/environ",
            "relative",
            "~",
            "",
            "/" + "x" * 20_000,
        ):
            error = await curator.error(query, p=path)
            assert error["extensions"]["code"] == "IMPORT_NOT_ALLOWED", path
            assert len(error["message"]) < 300
        with pytest.raises(BlockingIOError):
            listening.accept()
    assert await curator.code(query, p=f"{root}/nothing") == "FOLDER_NOT_FOUND"


@pytest.mark.parametrize("space", ["\0", "nonsense", "", "x" * 5_000, "../musicnn-mtt"])
async def test_jobs_are_not_made_for_spaces_that_cannot_be(curator: Client, space: str) -> None:
    for mutation, code in (
        ("train(strategy: SHALLOW, space: $space)", "SPACE_NOT_FOUND"),
        ("drawMap(space: $space)", "SPACE_NOT_FOUND"),
        ("reembed(space: $space)", "BACKEND_NOT_FOUND"),
    ):
        error = await curator.error(f"mutation($space: String!) {{ {mutation} {{ id }} }}", space=space)
        assert error["extensions"]["code"] == code
        assert len(error["message"]) < 500
    assert (await curator.data("{ jobs { totalCount } }"))["jobs"] == {"totalCount": 0}
