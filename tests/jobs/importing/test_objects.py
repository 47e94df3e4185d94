"""An archive that lies in the storage."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from domain.errors.catalogues import PrefixElsewhere
from domain.errors.machine import FolderNotFound
from domain.settings import Settings
from jobs.audio_source import AudioSource
from jobs.importing.catalogue.findings import Kind
from jobs.importing.choices import ImportChoices
from jobs.importing.importer import import_files
from jobs.importing.objects import ObjectArchive
from jobs.importing.report import ImportReport
from sql.catalogue.imports import Outcome
from tests.jobs.importing.archive import record, rows
from tests.jobs.storage.conftest import BUCKET, ObjectServer

PREFIX = f"s3://{BUCKET}/own/recordings"


@pytest.fixture
def audio(
    object_server: ObjectServer,
    aws_environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AudioSource:
    for name, value in zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), object_server.service, strict=True):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", object_server.url)
    return AudioSource.of(Settings(data_dir=tmp_path / "data", storage_url=f"s3://{BUCKET}/own"))


def test_a_prefix_is_imported_as_a_folder_is(audio: AudioSource, database_url: str, tmp_path: Path) -> None:
    catalogue = [
        {"audio_s3_key": "recordings/Suite/01 Élégie.flac", "title": "Élégie, Op. 24", "album_name": "Suites"},
        {"audio_s3_key": "recordings/Suite/04.flac", "title": "Gone"},
    ]
    (tmp_path / "catalog.json").write_text(json.dumps(catalogue))
    (tmp_path / "b.mp3").write_bytes(b"no music")
    files = {
        "recordings/Suite/01 Élégie.flac": record(tmp_path / "1.flac", 100, title="x"),
        "recordings/Suite/02 Air.flac": record(tmp_path / "2.flac", 200),
        "recordings/Suite/broken.mp3": tmp_path / "b.mp3",
        "recordings/Suite/cover.txt": tmp_path / "b.mp3",
        "recordings/catalog.json": tmp_path / "catalog.json",
        "elsewhere/03.flac": record(tmp_path / "3.flac", 300),
    }
    for key, path in files.items():
        audio.storage.put(key, path)
    archive = ObjectArchive(audio, PREFIX)

    def run(choices: ImportChoices | None = None) -> ImportReport:
        return import_files(database_url, archive.walk(), reach=archive.reach, choices=choices or ImportChoices())

    for new, unchanged in ((2, 0), (0, 2)):
        report = run()
        assert (report.new, report.unchanged, report.passed_over) == (new, unchanged, 1)
        assert [finding.path.name for finding in report.refused] == ["broken.mp3"]
        [about] = report.catalogues
        assert (about.place, about.used) == (f"{PREFIX}/catalog.json", 1)
        assert [(finding.kind, finding.text) for finding in about.findings] == [
            (Kind.NO_FILE, 'entry 2 "Gone": recordings/Suite/04.flac'),
            (Kind.NO_LINE, "Suite/02 Air.flac"),
        ]
    assert rows(
        database_url, "SELECT t.title, a.folder, a.title FROM tracks t JOIN albums a ON a.id = album_id ORDER BY t.id"
    ) == [
        ("Élégie, Op. 24", f"{PREFIX}/Suite", "Suites"),
        ("Air", f"{PREFIX}/Suite", "Suite"),
    ]
    assert rows(database_url, "SELECT path FROM track_files ORDER BY id") == [
        (f"{PREFIX}/Suite/01 Élégie.flac",),
        (f"{PREFIX}/Suite/02 Air.flac",),
    ]

    audio.storage.delete("recordings/Suite/02 Air.flac")
    report = run(ImportChoices(prune=True))
    assert [gone.place for gone in report.gone] == [f"{PREFIX}/Suite/02 Air.flac"]
    assert rows(database_url, "SELECT title FROM tracks WHERE missing") == [("Air",)]
    audio.storage.put("recordings/Suite/02 Air.flac", files["recordings/Suite/02 Air.flac"])
    assert run().outcomes == {Outcome.UNCHANGED: 2}
    assert rows(database_url, "SELECT title FROM tracks WHERE missing") == []


def test_where_nothing_is(audio: AudioSource) -> None:
    with pytest.raises(FolderNotFound, match=f"s3://{BUCKET}/own/nothing/"):
        ObjectArchive(audio, f"s3://{BUCKET}/own/nothing").walk()
    with pytest.raises(PrefixElsewhere, match=f"s3://other/own' is not in Segue's storage .s3://{BUCKET}/own/"):
        ObjectArchive(audio, "s3://other/own")
