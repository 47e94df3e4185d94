"""A backup is the archive: restored into another database it gives the same answers, ids included."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from alembic import command

from api.app import create_app
from domain import ids
from domain.errors.backups import ArchiveInUse, ArchiveNotEmpty, BackupExists, BackupUnreadable
from domain.errors.machine import FolderNotFound
from domain.settings import Settings
from jobs.backup.restoring import restore_backup, try_backup
from jobs.backup.writing import write_backup
from jobs.storage.location import open_storage
from jobs.storage.protocol import Storage
from sql.engine import make_engine
from sql.migrate import configuration, head
from sql.spaces.indexes import index_when_large
from tests.jobs.cli.command import segue
from tests.small_archive import FACTS, SmallArchive, fill

pytestmark = pytest.mark.anyio

CATALOGUE = """
{
  albums { totalCount nodes { id title artist dateText dateFrom dateTo tracks { nodes { id title } } } }
  composers { nodes { id name tracks { nodes { id } } } }
  tracks(orderBy: NEWEST) {
    nodes {
      id title position durationSeconds status tags { name score } performers { name role instrument }
      segments { id startSeconds endSeconds } composer { id } album { id }
    }
    pageInfo { endCursor }
  }
  spaces { id name dimension revision trackCount state }
  jobs { nodes { id kind status error startedAt } }
}
"""
SIMILAR = """
query($id: ID!) {
  recommendSimilar(trackId: $id, options: { diversity: 0.3 }) {
    id strategy items { rank score track { id title } reasons { kind text } }
  }
  similarSegments(trackId: $id, startSeconds: 0, endSeconds: 20) { items { rank score segment { id } } }
}
"""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"


@pytest.fixture(scope="module")
def source_url(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def archive(source_url: str) -> SmallArchive:
    """The small archive, its space indexed; a track of it was deleted, so that not all numbers are in use."""
    archive = fill(source_url)
    with psycopg.connect(source_url, autocommit=True) as connection:
        connection.execute("INSERT INTO composers (name, sort_key) VALUES ('Nobody', 'nobody')")
        connection.execute("DELETE FROM composers WHERE name = 'Nobody'")
        connection.execute("INSERT INTO users (name, external_id, anonymous) VALUES ('Ana', 'lastfm:7', false)")
        connection.execute("INSERT INTO sessions (user_id) SELECT id FROM users")
        connection.execute(
            "INSERT INTO impressions (user_id, session_id, strategy, track_ids)"
            " SELECT user_id, id, 'KNN', %s FROM sessions",
            [[archive.tracks["Fugue"]]],
        )
        connection.execute(
            "INSERT INTO interactions (user_id, session_id, track_id, kind, client_id, occurred_at,"
            " impression_id, rank)"
            " SELECT user_id, session_id, track_ids[1], 'PLAY', 'a', now(), id, 1 FROM impressions"
        )
    engine = make_engine(source_url)
    assert index_when_large(engine, archive.revision, FACTS.dimension, 1)
    engine.dispose()
    return archive


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage(Settings(data_dir=tmp_path / "there"))


async def answers(url: str, archive: SmallArchive) -> list[Any]:  # Any: JSON
    app = create_app(Settings(database_url=url))
    found = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as http:
        for query, variables in [
            (CATALOGUE, {}),
            *((SIMILAR, {"id": ids.encode("Track", archive.tracks[title])}) for title in ("Prelude", "Élégie")),
        ]:
            answer = (await http.post("/graphql", json={"query": query, "variables": variables})).json()
            assert "errors" not in answer, answer
            found.append(answer["data"])
    await app.state.services.close()
    return found


def contents(url: str) -> dict[str, list[str]]:
    with psycopg.connect(url) as connection:
        tables = [name for (name,) in connection.execute(TABLES)]
        return {
            table: sorted(row for (row,) in connection.execute(f"SELECT t::text FROM {table} t"))  # type: ignore[arg-type]  # of the test
            for table in tables
        }


def schema(url: str) -> list[tuple[Any, ...]]:  # Any: columns
    with psycopg.connect(url) as connection:
        return [
            *connection.execute("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1, 2"),
            *connection.execute("SELECT tablename, indexname, indexdef FROM pg_indexes ORDER BY 1, 2"),
            *connection.execute("SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2"),
        ]


@pytest.mark.parametrize("name", ["backup.zip", "backup"])
async def test_restored_elsewhere_it_gives_the_same_answers(
    source_url: str, archive: SmallArchive, database_url: str, storage: Storage, tmp_path: Path, name: str
) -> None:
    made = write_backup(source_url, storage, tmp_path / name, with_uploads=False)
    assert (made.tracks, made.albums, made.spaces) == (8, 3, 1)
    restored = restore_backup(database_url, storage, tmp_path / name, replace=False)
    assert (restored.tracks, restored.spaces, restored.objects) == (8, 1, 0)
    assert await answers(database_url, archive) == await answers(source_url, archive)
    assert contents(database_url) == contents(source_url)
    assert schema(database_url) == schema(source_url)
    # What was given to others once is not given again.
    added = []
    for url in (database_url, source_url):
        with psycopg.connect(url) as connection:
            added += connection.execute(
                "INSERT INTO composers (name, sort_key) VALUES ('New', 'new') RETURNING id"
            ).fetchall()
            connection.rollback()
    assert added[0] == added[1]


async def test_an_archive_is_only_replaced_by_who_means_it(
    source_url: str, archive: SmallArchive, new_database: Callable[[], str], storage: Storage, tmp_path: Path
) -> None:
    other = new_database()
    fill(other)
    with psycopg.connect(other) as connection:
        connection.execute("UPDATE tracks SET title = 'Changed'")
    write_backup(source_url, storage, tmp_path / "a.zip", with_uploads=False)
    with pytest.raises(ArchiveNotEmpty, match="an archive of 8 tracks"):
        restore_backup(other, storage, tmp_path / "a.zip", replace=False)
    with psycopg.connect(other) as connection:
        connection.execute("INSERT INTO workers VALUES ('one', 1, now())")
        connection.commit()
        with pytest.raises(ArchiveInUse, match="1 workers are at work"):
            restore_backup(other, storage, tmp_path / "a.zip", replace=True)
        connection.execute("DELETE FROM workers")
    restore_backup(other, storage, tmp_path / "a.zip", replace=True)
    assert contents(other) == contents(source_url)


def test_an_archive_that_is_read_meanwhile_is_in_use(
    source_url: str, archive: SmallArchive, database_url: str, storage: Storage, tmp_path: Path
) -> None:
    write_backup(source_url, storage, tmp_path / "a", with_uploads=False)
    with psycopg.connect(database_url) as connection:
        connection.execute("SELECT FROM tracks")
        with pytest.raises(ArchiveInUse, match="somebody reads or writes it"):
            restore_backup(database_url, storage, tmp_path / "a", replace=True)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "it has no manifest"),
        (lambda folder: (folder / "manifest.json").write_text("{}"), "its manifest is damaged"),
        (lambda folder: (folder / "tables" / "albums").unlink(), "it is damaged"),
        (lambda folder: flip(folder / "tables" / "albums"), "table 'albums' in it is damaged"),
        (lambda folder: cut(folder / "tables" / "tracks"), "damaged"),
        (lambda folder: newer(folder / "manifest.json"), "a newer version of the program made it"),
    ],
)
def test_a_damaged_backup_changes_nothing(
    source_url: str,
    archive: SmallArchive,
    database_url: str,
    storage: Storage,
    tmp_path: Path,
    damage: Callable[[Path], None],
    reason: str,
) -> None:
    fill(database_url)
    before = contents(database_url)
    write_backup(source_url, storage, tmp_path / "a", with_uploads=False)
    damage(tmp_path / "a")
    with pytest.raises(BackupUnreadable, match=reason):
        restore_backup(database_url, storage, tmp_path / "a", replace=True)
    assert contents(database_url) == before
    with pytest.raises(BackupUnreadable, match=reason):
        try_backup(database_url, tmp_path / "a")


def flip(file: Path) -> None:
    """Another letter in a title: the format does not notice it."""
    content = file.read_bytes()
    assert content.count(b"1998") >= 1
    file.write_bytes(content.replace(b"1998", b"1989"))


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-10])


def newer(file: Path) -> None:
    manifest = json.loads(file.read_text())
    manifest["contents"]["schema_revision"] = "9999"
    file.write_text(json.dumps(manifest))


def test_a_backup_of_an_older_schema_is_brought_to_this_one(
    new_database: Callable[[], str], database_url: str, storage: Storage, tmp_path: Path
) -> None:
    older = new_database()
    engine = make_engine(older)
    with engine.begin() as connection:
        command.downgrade(configuration(connection), "0003")
    engine.dispose()
    with psycopg.connect(older) as connection:
        connection.execute("INSERT INTO albums (folder, title, sort_key) VALUES ('/a', 'Etudes', 'etudes')")
    write_backup(older, storage, tmp_path / "a.zip", with_uploads=False)
    restore_backup(database_url, storage, tmp_path / "a.zip", replace=False)
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT title FROM albums").fetchall() == [("Etudes",)]
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(head(),)]


def test_artefacts_and_asked_for_uploads_come_along(
    source_url: str, archive: SmallArchive, database_url: str, storage: Storage, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    for key in ("artefacts/" + "a" * 64, "audio/incoming/1/x.flac", "snapshots/musicnn-mtt/r1.parquet"):
        file.write_text(key)
        storage.put(key, file)
    assert write_backup(source_url, storage, tmp_path / "a.zip", with_uploads=False).objects == 1
    assert write_backup(source_url, storage, tmp_path / "b.zip", with_uploads=True).objects == 2
    other = open_storage(Settings(data_dir=tmp_path / "other"))
    restore_backup(database_url, other, tmp_path / "b.zip", replace=True)
    assert [stored.key for stored in other.list()] == ["artefacts/" + "a" * 64, "audio/incoming/1/x.flac"]
    assert other.fetch("audio/incoming/1/x.flac", file)
    assert file.read_text() == "audio/incoming/1/x.flac"


def test_nothing_is_overwritten_and_nothing_half_stays(
    source_url: str, archive: SmallArchive, storage: Storage, tmp_path: Path
) -> None:
    (tmp_path / "a.zip").touch()
    with pytest.raises(BackupExists, match=r"a\.zip' is there already"):
        write_backup(source_url, storage, tmp_path / "a.zip", with_uploads=False)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for name in ("b", "b.zip"):
        with pytest.raises(KeyboardInterrupt):
            write_backup(source_url, storage, tmp_path / name, with_uploads=False, on_progress=interrupt)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip"]


def test_what_is_no_backup_is_refused(database_url: str, storage: Storage, tmp_path: Path) -> None:
    with pytest.raises(FolderNotFound):
        restore_backup(database_url, storage, tmp_path / "gone.zip", replace=True)
    (tmp_path / "text.zip").write_text("no zip")
    with pytest.raises(BackupUnreadable, match="not a zip file"):
        restore_backup(database_url, storage, tmp_path / "text.zip", replace=True)


def test_it_is_for_its_owner_only(source_url: str, archive: SmallArchive, storage: Storage, tmp_path: Path) -> None:
    for name, mode in (("a", 0o700), ("a.zip", 0o600)):
        write_backup(source_url, storage, tmp_path / name, with_uploads=False)
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == mode
    with zipfile.ZipFile(tmp_path / "a.zip") as file:
        assert file.testzip() is None


@pytest.mark.slow
def test_from_the_command_line(source_url: str, archive: SmallArchive, database_url: str, tmp_path: Path) -> None:
    def run(*arguments: str | Path, url: str = database_url) -> tuple[int, list[str], list[str]]:
        ran = segue(*arguments, data_dir=tmp_path / "data", database_url=url)
        return ran.code, ran.out, ran.err

    file = tmp_path / "archive.zip"
    code, out, _ = run("backup", file, url=source_url)
    assert (code, out[-1]) == (
        0,
        "It holds the keys that sign addresses and tokens: keep it as safe as the database",
    )
    assert out[-2].startswith("8 tracks of 3 albums in 1 space, ")
    code, out, _ = run("restore", file, "--dry-run")
    assert (code, out[1], out[3]) == (
        0,
        "A dry run: nothing was changed. The backup is whole",
        "No tracks are here that they would take the place of",
    )
    assert out[2].startswith(f"{file} holds 8 tracks in 1 space as of ")
    code, out, _ = run("restore", file)
    assert code == 0
    assert out[-1].startswith("8 tracks in 1 space as of ")
    assert out[-1].endswith(f", from {file}")
    code, _, err = run("restore", file)
    assert (code, err) == (
        1,
        [
            "segue: This database holds an archive of 8 tracks, which the backup would take the place of. If you mean"
            " it, add --yes; segue backup keeps what is there."
        ],
    )
    before = contents(database_url)
    assert run("restore", file, "--dry-run")[1][3] == (
        "They would take the place of the 8 tracks that are here; that takes --yes"
    )
    assert contents(database_url) == before
    assert run("restore", file, "--yes")[0] == 0
    assert run("restore", file, "--space", "musicnn-mtt")[0] == 2
    assert run("restore", "--yes")[0] == 2
    assert run("restore")[2] == ["segue: Space 'musicnn-mtt' has no earlier revision that could be restored."]
