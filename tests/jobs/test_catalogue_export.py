"""The catalogue goes out in the shape in which catalogues come in, and comes back equal."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pyarrow import parquet

from domain.errors.machine import ExportFormatUnknown, FileUnwritable
from jobs.catalogue_export import SCHEMA, export_catalogue
from jobs.importing.importer import import_folder
from tests.jobs.cli.command import segue
from tests.ml.recordings import sine, write

DESCRIBED = """
    SELECT t.title, t.position, t.disc, t.arranger, t.genre, t.labels, t.catalogue_id, a.title, a.date_text, c.name,
           ARRAY(SELECT concat_ws('/', p.name, tp.role, tp.instrument)
                 FROM track_performers tp JOIN performers p ON p.id = tp.performer_id
                 WHERE tp.track_id = t.id ORDER BY tp.position)
    FROM tracks t JOIN albums a ON a.id = t.album_id LEFT JOIN composers c ON c.id = t.composer_id
    ORDER BY t.title
"""


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Two recordings without tags, and a catalogue that says what they are."""
    folder = tmp_path / "music"
    folder.mkdir()
    for number, pitch in enumerate((300.0, 400.0), 1):
        write(folder / f"{number}.flac", sine(2, 16_000, pitch)[None], 16_000, layout="mono")
    lines = [
        {
            "album_id": "A7",
            "album_name": 'Zürich, "live"',
            "track_no": 2,
            "track_id": "IP-1",
            "title": "Élégie; adagio",
            "composers": "Antonín Dvořák; Clara Schumann",
            "arrangers": "F. Busoni",
            "performers": "Ana Lima (soloist, violin); Quatuor Ébène",
            "labels": "calm; slow",
            "genre": "Chamber",
            "release_date": "7/30/1998 - 8/8/1998",
            "audio_s3_key": "music/1.flac",
            "duration": "0:00:02",
        },
        {
            "album_id": "A7",
            "album_name": 'Zürich, "live"',
            "title": "Waltz",
            "audio_s3_key": "music/2.flac",
            "release_date": "NaN",
        },
    ]
    (tmp_path / "given.json").write_text(json.dumps(lines))
    return folder


def run(url: str, tmp_path: Path, *arguments: str | Path) -> list[str]:
    ran = segue(*arguments, data_dir=tmp_path / "data", database_url=url)
    assert (ran.code, ran.err) == (0, [])
    return ran.out


def described(url: str) -> list[tuple[Any, ...]]:  # Any: columns
    with psycopg.connect(url) as connection:
        return connection.execute(DESCRIBED).fetchall()


def test_it_comes_back_as_it_went(
    database_url: str, new_database: Callable[[], str], music: Path, tmp_path: Path
) -> None:
    run(database_url, tmp_path, "import", music, "--catalogue", tmp_path / "given.json")
    [first, second] = described(database_url)
    assert first[0] == "Waltz"
    assert second[:7] == ("Élégie; adagio", 2, None, "F. Busoni", "Chamber", ["calm", "slow"], "IP-1")
    assert second[10] == ["Ana Lima/soloist/violin", "Quatuor Ébène/ensemble"]
    for suffix in ("csv", "json"):
        file = tmp_path / f"catalogue.{suffix}"
        assert run(database_url, tmp_path, "export", "catalogue", file)[-1] == f"2 tracks in {file}"
        other = new_database()
        run(other, tmp_path, "import", music, "--catalogue", file)
        mine = [row[:6] + row[7:] for row in described(other)]
        assert mine == [row[:6] + row[7:] for row in described(database_url)]


def test_all_formats_say_the_same(database_url: str, music: Path, tmp_path: Path) -> None:
    import_folder(database_url, music)
    for suffix in (".csv", ".json", ".parquet"):
        assert export_catalogue(database_url, tmp_path / f"c{suffix}") == 2
    rows = json.loads((tmp_path / "c.json").read_text())
    assert parquet.read_table(tmp_path / "c.parquet").to_pylist() == rows
    assert list(rows[0]) == SCHEMA.names
    with (tmp_path / "c.csv").open(encoding="utf-8-sig", newline="") as file:
        texts = list(csv.DictReader(file))
    assert texts == [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]
    assert (rows[0]["duration"], rows[0]["duration_seconds"], rows[0]["missing"]) == ("0:00:02", 2.0, False)
    assert rows[0]["audio_s3_key"].endswith("/music/1.flac")


def test_an_empty_archive_is_an_empty_list(database_url: str, tmp_path: Path) -> None:
    assert export_catalogue(database_url, tmp_path / "c.json") == 0
    assert json.loads((tmp_path / "c.json").read_text()) == []


def test_what_cannot_be_written(database_url: str, tmp_path: Path) -> None:
    with pytest.raises(ExportFormatUnknown, match=r"\.csv, \.json, \.parquet"):
        export_catalogue(database_url, tmp_path / "c.xlsx")
    with pytest.raises(FileUnwritable, match="No such file or directory"):
        export_catalogue(database_url, tmp_path / "nowhere" / "c.csv")
    assert list(tmp_path.iterdir()) == []
