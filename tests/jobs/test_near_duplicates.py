"""What is in an archive twice: as files, encoded again, in part."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pgvector import Vector
from sqlalchemy import Engine, text

from domain.errors.asking import SpaceNotReady
from domain.errors.machine import FileUnwritable
from domain.settings import Settings
from domain.spaces import DEFAULT_SPACE, backend_facts
from jobs.audio_source import AudioSource
from jobs.duplicates_report import write_report
from jobs.hearing.limits import Limits
from jobs.near_duplicates import Kind, NearDuplicates, find_near_duplicates
from ml.fingerprint import REVISION
from sql.engine import make_engine
from sql.spaces.partitions import make_partitions
from tests.jobs.cli.command import segue
from tests.ml.melodies import melody
from tests.ml.recordings import write
from tests.sql.tracks import add_track

RATE = 22_050
FACTS = backend_facts(DEFAULT_SPACE)


class Archive:
    """Tracks that all sound alike to the space, so that only the signal tells them apart."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.engine = make_engine(url)
        self.ids: dict[str, int] = {}
        with self.engine.begin() as connection:
            space = connection.scalar(
                text(
                    "INSERT INTO spaces (name, backend, dimension, metric) VALUES (:n, :n, :d, 'cosine') RETURNING id"
                ),
                {"n": DEFAULT_SPACE, "d": FACTS.dimension},
            )
            self.revision = connection.scalar(
                text(
                    "INSERT INTO space_revisions (space_id, revision, state, indexed)"
                    " VALUES (:s, :r, 'READY', false) RETURNING id"
                ),
                {"s": space, "r": FACTS.revision},
            )
            connection.execute(text("UPDATE spaces SET active_revision_id = :r"), {"r": self.revision})
            make_partitions(connection, self.revision, FACTS.dimension)

    def add(self, title: str, seconds: float, *paths: Path) -> None:
        vector = Vector([1.0] + [0.0] * (FACTS.dimension - 1)).to_text()
        with self.engine.begin() as connection:
            key = self.ids[title] = add_track(connection, title, *paths)
            connection.execute(text("UPDATE tracks SET duration_seconds = :s WHERE id = :i"), {"s": seconds, "i": key})
            connection.execute(
                text("INSERT INTO track_embeddings (revision_id, track_id, embedding) VALUES (:r, :i, :v)"),
                {"r": self.revision, "i": key, "v": vector},
            )
            segment = connection.scalar(
                text(
                    "INSERT INTO segments (track_id, source, start_seconds, end_seconds)"
                    " VALUES (:i, 'segue', 0, 15) RETURNING id"
                ),
                {"i": key},
            )
            connection.execute(
                text(
                    "INSERT INTO segment_embeddings (revision_id, segment_id, track_id, embedding)"
                    " VALUES (:r, :s, :i, :v)"
                ),
                {"r": self.revision, "s": segment, "i": key, "v": vector},
            )

    def find(self) -> NearDuplicates:
        settings = Settings(data_dir=self.folder / "data", database_url=self.url)
        return find_near_duplicates(self.engine, AudioSource.of(settings), Limits())


@pytest.fixture(scope="module")
def archive(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    folder = tmp_path_factory.mktemp("duplicates").resolve()
    made = Archive(new_database(), folder)
    one, other = melody(30, RATE, seed=1), melody(30, RATE, seed=2)
    medley = np.concatenate([other[: 8 * RATE], one[10 * RATE : 25 * RATE], melody(17, RATE, seed=3)])

    def file(name: str, samples: np.ndarray[tuple[int], np.dtype[np.float32]]) -> Path:
        return write(folder / name, samples[None], RATE, layout="mono")

    made.add("Air", 30, file("air.flac", one), file("copy of air.flac", one))
    made.add("Air in MP3", 29.5, file("air.mp3", one[RATE // 2 :] * np.float32(0.4)))
    made.add("Medley", 40, file("medley.m4a", medley))
    made.add("Air, faster", 28, file("faster.flac", melody(28, RATE, seed=1, tempo=1.07)))
    damaged = folder / "damaged.flac"
    damaged.write_bytes(b"no music")
    made.add("Damaged", 30, damaged)
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def report(archive: Archive) -> NearDuplicates:
    return archive.find()


def test_each_kind_is_found_and_performances_are_not(report: NearDuplicates) -> None:
    assert [(found.kind, found.one.title, found.other.title) for found in report.found] == [
        (Kind.SAME_AUDIO, "Air", "Air"),
        (Kind.RE_ENCODING, "Air", "Air in MP3"),
        (Kind.OVERLAPPING, "Air", "Medley"),
        (Kind.OVERLAPPING, "Air in MP3", "Medley"),
    ]
    # Four tracks that can be heard, each compared with each once.
    assert report.compared == 6


def test_where_they_overlap(report: NearDuplicates, archive: Archive) -> None:
    copy, again, part, _ = report.found
    assert copy.overlap is None
    assert (Path(copy.one_path).name, Path(copy.other_path).name) == ("air.flac", "copy of air.flac")
    assert again.overlap is not None
    assert again.overlap.start - again.overlap.other_start == pytest.approx(0.5, abs=0.1)
    assert part.overlap is not None
    assert (part.overlap.start, part.overlap.end, part.overlap.other_start) == pytest.approx((10, 25, 8), abs=1.5)


def test_what_cannot_be_heard_is_named_once(report: NearDuplicates) -> None:
    [(track, reason)] = report.unheard
    assert track.title == "Damaged"
    assert "damaged.flac' is not a recording that can be decoded" in reason


def test_fingerprints_are_kept(archive: Archive, report: NearDuplicates) -> None:
    """So that a second time only the index and the stored words are read: the files may be elsewhere."""
    with archive.engine.connect() as connection:
        kept = connection.execute(text("SELECT revision, count(*) FROM fingerprints GROUP BY revision")).all()
    assert kept == [(REVISION, 4)]
    files = [path for path in archive.folder.iterdir() if path.is_file()]
    for path in files:
        path.rename(path.with_name(f"away {path.name}"))
    try:
        assert archive.find().found == report.found
    finally:
        for path in files:
            path.with_name(f"away {path.name}").rename(path)


def test_a_report_as_csv_and_json(report: NearDuplicates, tmp_path: Path) -> None:
    write_report(report, tmp_path / "twice.csv")
    write_report(report, tmp_path / "twice.JSON")
    with (tmp_path / "twice.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    objects = json.loads((tmp_path / "twice.JSON").read_text(encoding="utf-8"))
    assert [row["kind"] for row in rows] == [object_["kind"] for object_ in objects]
    assert [row["kind"] for row in rows] == ["SAME_AUDIO", "RE_ENCODING", "OVERLAPPING", "OVERLAPPING"]
    assert rows[0]["one_from"] == ""
    assert objects[0]["one_from"] is None
    assert float(rows[2]["other_from"]) == objects[2]["other_from"] == pytest.approx(8, abs=1.5)
    assert objects[2]["other_title"] == "Medley"


def test_a_title_is_no_formula(report: NearDuplicates, tmp_path: Path) -> None:
    found = report.found[1]
    evil = found.one._replace(title="=cmd()")
    written = NearDuplicates([type(found)(found.kind, evil, found.other, "a", "b", found.overlap)])
    write_report(written, tmp_path / "evil.csv")
    assert "'=cmd()" in (tmp_path / "evil.csv").read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written(report: NearDuplicates, tmp_path: Path) -> None:
    with pytest.raises(FileUnwritable):
        write_report(report, tmp_path)


def test_the_command_lists_and_changes_nothing(archive: Archive, report: NearDuplicates, tmp_path: Path) -> None:
    settings = {"data_dir": tmp_path / "data", "database_url": archive.url}
    ran = segue("near-duplicates", "--report", tmp_path / "twice.csv", **settings)
    assert ran.code == 0, ran.err
    lines = [line for line in ran.out if line.startswith(("same", "encoded", "overlapping"))]
    assert [line.split("  ")[0] for line in lines] == ["same audio", "encoded again", "overlapping", "overlapping"]
    assert f"Below {archive.folder}:" in ran.out
    assert re.split("  +", lines[0])[1:] == ["air.flac", "copy of air.flac", "30 s, all of it"]
    assert "6 pairs compared by their signal; nothing was changed" in ran.out
    with archive.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM tracks")) == 5
        assert connection.scalar(text("SELECT count(*) FROM track_files")) == 6


def test_without_embeddings_there_is_nothing_to_compare(engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        add_track(connection, "Air", tmp_path / "air.flac")
    with pytest.raises(SpaceNotReady):
        find_near_duplicates(engine, AudioSource.of(Settings(data_dir=tmp_path)), Limits())
