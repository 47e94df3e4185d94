"""Covers of imported recordings: from tags and from images beside them, once, and again when they change."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import Engine, text

from domain.catalogue import Cover
from domain.settings import Settings
from jobs.audio_source import AudioSource
from jobs.hearing.limits import Limits
from jobs.importing.choices import ImportChoices
from jobs.importing.covers import Covers
from jobs.importing.importer import import_folder
from jobs.importing.report import ImportReport
from jobs.importing.stored import import_object
from jobs.storage.keys import cover_key
from sql.catalogue.covers import Covers as CoverReads
from sql.database import Database
from tests.jobs.hearing.test_viewer import FRONT, encoded, tag
from tests.ml.recordings import sine, write

pytestmark = pytest.mark.anyio

LARGE = encoded("PNG", 1_024, 1_024, (10, 120, 10))


@pytest.fixture
def audio(tmp_path: Path) -> AudioSource:
    return AudioSource.of(Settings(data_dir=tmp_path / "data"))


@pytest.fixture
def run(database_url: str, audio: AudioSource, tmp_path: Path) -> Callable[[], ImportReport]:
    covers = Covers(audio, Limits())
    return lambda: import_folder(database_url, tmp_path / "music", covers=covers)


@pytest.fixture
async def reads(database_url: str) -> AsyncIterator[CoverReads]:
    database = Database(database_url, size=1, statement_timeout_seconds=10)
    yield CoverReads(database)
    await database.close()


def recording(path: Path, frequency: float, *, tagged: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, np.stack([sine(1, 48_000, frequency)] * 2))
    if tagged:
        tag(path)
    return path


def keys(engine: Engine, table: str) -> dict[str, int]:
    with engine.connect() as connection:
        return dict(tuple(row) for row in connection.execute(text(f"SELECT title, id FROM {table}")))


def took(report: ImportReport) -> tuple[int, list[str]]:
    assert report.covers is not None
    return report.covers.found, [f"{finding.path.name}: {finding.reason}" for finding in report.covers.refused]


def size_of(content: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(content)) as image:
        return image.size


async def test_tags_give_a_track_its_cover_and_the_folder_its_album(
    engine: Engine, tmp_path: Path, audio: AudioSource, run: Callable[[], ImportReport], reads: CoverReads
) -> None:
    music = tmp_path / "music"
    recording(music / "Quartets" / "CD 1" / "01 Plain.flac", 220)
    recording(music / "Quartets" / "CD 1" / "02 Tagged.flac", 330, tagged=True)
    (music / "Quartets" / "Folder.JPG").write_bytes(FRONT)
    (music / "Quartets" / "COVER.png").write_bytes(LARGE)
    assert took(run()) == (3, [])
    albums, tracks = keys(engine, "albums"), keys(engine, "tracks")
    [of_album] = (await reads.of_albums(list(albums.values()))).values()
    of_tracks = await reads.of_tracks(list(tracks.values()))
    # "cover" goes before "folder", whatever its case; a disc's folder belongs to the album around it.
    assert (of_album.content_type, of_album.width, of_album.height) == ("image/png", 1_024, 1_024)
    assert of_tracks[tracks["Plain"]] == of_album
    assert of_tracks[tracks["Tagged"]] == Cover(of_tracks[tracks["Tagged"]].sha256, "image/jpeg", 300, 200, None)
    # The storage holds each under the SHA-256 of its bytes, and the smaller copy under that of its own.
    assert of_album.thumbnail is not None
    assert audio.storage.stat(cover_key(of_album.sha256)).sha256 == of_album.sha256
    small = audio.storage.local_path(cover_key(of_album.thumbnail))
    assert small is not None
    assert size_of(small.read_bytes()) == (512, 512)


async def test_a_rehearsal_counts_covers_and_keeps_none(
    engine: Engine, database_url: str, tmp_path: Path, audio: AudioSource, run: Callable[[], ImportReport]
) -> None:
    music = tmp_path / "music"
    recording(music / "Quartets" / "01 Plain.flac", 220)
    recording(music / "Quartets" / "02 Tagged.flac", 330, tagged=True)
    (music / "Quartets" / "cover.png").write_bytes(LARGE)
    (music / "Quartets" / "folder.jpg").write_bytes(b"no picture")

    def rehearse() -> ImportReport:
        covers = Covers(audio, Limits())
        return import_folder(database_url, music, covers=covers, choices=ImportChoices(dry_run=True))

    found, refused = took(rehearse())
    with engine.connect() as connection:
        kept = "SELECT (SELECT count(*) FROM pictures), (SELECT count(*) FROM folder_images)"
        assert connection.execute(text(kept)).one() == (0, 0)
    assert list(audio.storage.list("")) == []
    assert (found, [line.split(":")[0] for line in refused]) == (2, ["folder.jpg"])
    assert took(run()) == (found, refused)
    assert took(rehearse()) == (0, [])


async def test_without_an_image_the_first_picture_in_tags_is_the_albums(
    engine: Engine, tmp_path: Path, run: Callable[[], ImportReport], reads: CoverReads
) -> None:
    recording(tmp_path / "music" / "Suite" / "01 Air.flac", 220)
    recording(tmp_path / "music" / "Suite" / "02 Gigue.mp3", 330, tagged=True)
    assert took(run()) == (1, [])
    [of_album] = (await reads.of_albums(list(keys(engine, "albums").values()))).values()
    assert of_album.width == 300
    tracks = keys(engine, "tracks")
    assert await reads.of_tracks([tracks["Air"], tracks["Gigue"]]) == dict.fromkeys(tracks.values(), of_album)


async def test_what_has_not_changed_is_not_opened_and_what_has_replaces_the_old(
    engine: Engine, tmp_path: Path, run: Callable[[], ImportReport], reads: CoverReads
) -> None:
    path = recording(tmp_path / "music" / "Suite" / "01 Air.flac", 220)
    image = path.with_name("cover.jpg")
    image.write_bytes(FRONT)
    assert (took(run()), took(run())) == ((1, []), (0, []))
    # Moved, it is known; tagged anew, it is looked at again.
    path = path.rename(path.with_name("01 Aria.flac"))
    assert took(run()) == (0, [])
    tag(path)
    assert took(run()) == (1, [])
    image.write_bytes(LARGE)
    os.utime(image, ns=(1, 1))
    assert took(run()) == (1, [])
    [of_album] = (await reads.of_albums(list(keys(engine, "albums").values()))).values()
    assert of_album.width == 1_024
    # An image that was taken away is no cover any more; the one in the tags is.
    image.unlink()
    assert took(run()) == (0, [])
    [of_album] = (await reads.of_albums(list(keys(engine, "albums").values()))).values()
    assert of_album.width == 300


async def test_what_was_imported_before_there_were_covers_gets_its_own(
    engine: Engine, database_url: str, tmp_path: Path, run: Callable[[], ImportReport]
) -> None:
    recording(tmp_path / "music" / "Suite" / "01 Air.flac", 220, tagged=True)
    assert import_folder(database_url, tmp_path / "music").covers is None
    assert took(run()) == (1, [])


async def test_a_picture_that_cannot_be_shown_keeps_nothing_from_being_imported(
    engine: Engine, tmp_path: Path, run: Callable[[], ImportReport], reads: CoverReads
) -> None:
    path = recording(tmp_path / "music" / "Suite" / "01 Air.flac", 220)
    path.with_name("cover.png").write_text("<svg/>")
    report = run()
    assert (report.new, took(report)) == (1, (0, ["cover.png: it is neither JPEG nor PNG nor WebP"]))
    assert await reads.of_albums(list(keys(engine, "albums").values())) == {}
    assert took(run()) == (0, [])  # and it is named once


async def test_in_a_folder_of_several_albums_their_own_pictures_go_before_its_image(
    engine: Engine, tmp_path: Path, run: Callable[[], ImportReport], reads: CoverReads
) -> None:
    folder = tmp_path / "music" / "Loose"
    for name, tags, tagged in (("a", {"album": "First"}, True), ("b", {"album": "Second"}, False)):
        folder.mkdir(parents=True, exist_ok=True)
        path = write(folder / f"{name}.flac", np.stack([sine(1, 48_000, 200 + len(name) + tagged)] * 2), tags=tags)
        if tagged:
            tag(path)
    (folder / "front.webp").write_bytes(encoded("WEBP", 20, 10))
    assert took(run()) == (2, [])
    albums = keys(engine, "albums")
    found = await reads.of_albums(list(albums.values()))
    assert (found[albums["First"]].width, found[albums["Second"]].width) == (300, 20)


async def test_an_object_of_the_storage_brings_the_picture_in_its_tags(
    engine: Engine, tmp_path: Path, audio: AudioSource, reads: CoverReads
) -> None:
    audio.storage.put("audio/incoming/1/Air.mp3", recording(tmp_path / "Air.mp3", 220, tagged=True))
    import_object(engine, audio, "audio/incoming/1/Air.mp3", Limits())
    [of_track] = (await reads.of_tracks(list(keys(engine, "tracks").values()))).values()
    assert (of_track.content_type, of_track.width) == ("image/jpeg", 300)
