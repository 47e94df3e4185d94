"""Catalogues beside real recordings: what they change, and what they leave alone."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import mutagen
import pytest

from domain.dates import DateOrder
from jobs.importing.catalogue.columns import ColumnMapping
from jobs.importing.catalogue.findings import Kind
from jobs.importing.catalogue.importing import CatalogueReport
from jobs.importing.catalogue.source import open_catalogue
from jobs.importing.choices import ImportChoices
from jobs.importing.importer import import_folder
from tests.jobs.importing.archive import Rows, record
from tests.jobs.importing.archive import rows as rows_of

TRACKS = """
    SELECT t.title, c.name, t.position, a.title, a.date_text, t.genre, t.labels, t.catalogue_id
    FROM tracks t JOIN albums a ON a.id = t.album_id LEFT JOIN composers c ON c.id = t.composer_id ORDER BY t.id
"""


def entry(key: str, **said: Any) -> dict[str, Any]:
    """A line in the shape, and with the dirt, of a real catalogue."""
    unknown = dict.fromkeys(
        ("album_id", "album_name", "track_no", "track_id", "title", "composers", "arrangers", "labels", "genre"), "NaN"
    )
    return unknown | {"release_date": "NaN", "audio_s3_key": key, "duration": "NaN"} | said


class Archive:
    """Three tagged recordings of one album, and a catalogue in their folder."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.url = database_url
        for number, name in enumerate(("Air", "Bourrée", "Courante"), 1):
            record(
                folder / "Suite" / f"{number:02} {name}.flac",
                number * 100,
                title=name,
                composer="Bahc",
                album="Suite",
                date="1999",
                genre="Baroque",
                track=str(number),
            )

    def catalogue(self, *lines: Any, name: str = "catalog.json") -> Path:
        path = self.folder / name
        path.write_text(json.dumps(lines), encoding="utf-8")
        return path

    def run(self, **choices: Any) -> CatalogueReport:
        [report] = import_folder(self.url, self.folder, choices=ImportChoices(**choices)).catalogues
        return report

    def rows(self, statement: str = TRACKS) -> Rows:
        return rows_of(self.url, statement)


@pytest.fixture
def archive(tmp_path: Path, database_url: str) -> Archive:
    return Archive(tmp_path.resolve() / "music", database_url)


def found(report: CatalogueReport) -> dict[Kind, list[str]]:
    texts: dict[Kind, list[str]] = {}
    for finding in report.findings:
        texts.setdefault(finding.kind, []).append(finding.text)
    return texts


def test_the_catalogue_wins_and_tags_fill_its_gaps(archive: Archive) -> None:
    archive.catalogue(
        entry(
            "bucket/Suite/01 Air.flac",
            track_id=101,
            title="Air, BWV 1068",
            composers=" J. S. Bach",
            arrangers="A. Wilhelmj",
            album_name="Suites (live)",
            track_no=7,
            labels="ECM; Philips",
            release_date="7/30/1998 - 8/8/1998",
        ),
        entry("bucket/Suite/02 Bourrée.flac", album_name="Suites (live)", genre="Dance"),
        entry("bucket/Suite/03 Courante.flac", album_name="Suites (live)", title=None),
    )
    report = archive.run()
    assert (report.lines, report.used, report.described, report.findings) == (3, 3, 3, [])
    dates = "7/30/1998 - 8/8/1998"
    [first, second, third] = archive.rows()
    assert (first[0], *first[2:]) == ("Air, BWV 1068", 7, "Suites (live)", dates, "Baroque", ["ECM", "Philips"], "101")
    assert (second[0], *second[2:]) == ("Bourrée", 2, "Suites (live)", dates, "Dance", [], None)
    assert (third[0], *third[2:]) == ("Courante", 3, "Suites (live)", dates, "Baroque", [], None)
    assert first[1] != second[1] == third[1] == "Bahc"
    assert archive.rows("SELECT date_from, date_to, date_precision FROM albums") == [
        (date(1998, 7, 30), date(1998, 8, 8), "DAY")
    ]
    assert archive.rows("SELECT arranger FROM tracks ORDER BY id") == [("A. Wilhelmj",), (None,), (None,)]


def test_the_original_line_is_kept_as_it_came(archive: Archive) -> None:
    first = entry("Suite/01 Air.flac", track_id=101, album_id=2.0, remarks={"by": ["hand", None]}, title="NaN")
    stray = entry("nowhere.flac", track_id="x", title="Stray")
    archive.catalogue(first, stray)
    archive.run()
    assert archive.rows(
        "SELECT line, original, external_id, external_album_id, track_id IS NOT NULL FROM catalogue_lines ORDER BY line"
    ) == [(1, first, "101", "2", True), (2, stray, "x", None, False)]


def test_an_unchanged_catalogue_is_not_read_and_a_changed_one_changes_what_it_says(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [entry(f"Suite/{name}.flac", title=f"{name}!") for name in ("01 Air", "02 Bourrée", "gone")]
    archive.catalogue(*lines)
    first = archive.run()
    assert first.described == 2
    with monkeypatch.context() as patched:
        patched.setattr("jobs.importing.catalogue.importing.survey", None)
        again = archive.run()
    assert (again.unchanged, again.lines, again.used) == (True, 3, 2)
    assert again.findings == first.findings

    ids = archive.rows("SELECT id, track_id FROM catalogue_lines ORDER BY id")
    lines[1]["title"] = "Gavotte"
    archive.catalogue(lines[0], entry("Suite/03 Courante.flac", title="New"), *lines[1:])
    report = archive.run()
    assert (report.lines, report.used, report.described) == (4, 3, 2)
    assert [row[0] for row in archive.rows()] == ["01 Air!", "Gavotte", "New"]
    assert set(ids) & set(archive.rows("SELECT id, track_id FROM catalogue_lines")) == {ids[0], ids[2]}

    # What the catalogue says no more, the tags say again.
    archive.catalogue(lines[0])
    assert archive.run().described == 2
    assert [row[0] for row in archive.rows()] == ["01 Air!", "Bourrée", "Courante"]


def test_a_retagged_file_keeps_the_words_of_the_catalogue(archive: Archive) -> None:
    archive.catalogue(entry("Suite/01 Air.flac", title="Air, BWV 1068"))
    archive.run()
    tags = mutagen.File(archive.folder / "Suite" / "01 Air.flac")
    tags.update({"title": "Other", "genre": "Folk"})
    tags.save()
    archive.run()
    assert next((row[0], row[5]) for row in archive.rows()) == ("Air, BWV 1068", "Folk")


def test_a_file_that_comes_later_finds_its_line(archive: Archive) -> None:
    late = archive.folder / "Suite" / "03 Courante.flac"
    late.rename(archive.folder.parent / "late.flac")
    archive.catalogue(entry("Suite/03 Courante.flac", title="Late"))
    assert found(archive.run())[Kind.NO_FILE] == ['entry 1 "Late": Suite/03 Courante.flac']
    (archive.folder.parent / "late.flac").rename(late)
    report = archive.run()
    assert (report.used, found(report).get(Kind.NO_FILE)) == (1, None)
    assert [row[0] for row in archive.rows()] == ["Air", "Bourrée", "Late"]


def test_what_a_line_says_stays_with_a_recording_whose_file_is_renamed_gone_or_elsewhere(archive: Archive) -> None:
    names = ("01 Air", "02 Bourrée", "03 Courante")
    path = archive.catalogue(*(entry(f"Suite/{name}.flac", title=f"{name}!") for name in names))
    archive.run()
    said = archive.rows()
    (archive.folder / "Suite" / "02 Bourrée.flac").rename(archive.folder / "Suite" / "Zwei.flac")
    (archive.folder / "Suite" / "03 Courante.flac").rename(archive.folder.parent / "away.flac")
    report = archive.run(prune=True)
    assert found(report) == {
        Kind.RENAMED: ['entry 2 "02 Bourrée!": Suite/02 Bourrée.flac is Suite/Zwei.flac now'],
        Kind.GONE: ['entry 3 "03 Courante!": Suite/03 Courante.flac'],
    }
    assert (report.lines, report.used, report.described) == (3, 2, 0)
    assert archive.rows() == said
    again = archive.run()
    assert (again.unchanged, again.lines, again.used, again.findings) == (True, 3, 2, report.findings)

    # One folder of it alone, with the whole archive's catalogue.
    record(archive.folder / "New" / "Gigue.flac", 900)
    [report] = import_folder(
        archive.url, archive.folder / "New", choices=ImportChoices(catalogue=open_catalogue(path, ColumnMapping()))
    ).catalogues
    assert found(report) == {Kind.NO_LINE: ["Gigue.flac"]}
    assert archive.rows()[:3] == said

    (archive.folder.parent / "away.flac").rename(archive.folder / "Suite" / "03 Courante.flac")
    assert archive.run().described == 0
    assert archive.rows()[:3] == said


def test_an_album_takes_another_title_and_stays_itself(archive: Archive) -> None:
    keys = [f"Suite/{name}.flac" for name in ("01 Air", "02 Bourrée", "03 Courante")]
    archive.catalogue(*(entry(key, album_name="One") for key in keys))
    archive.run()
    [before] = archive.rows("SELECT id, title FROM albums")
    archive.catalogue(*(entry(key, album_name="Two") for key in keys))
    archive.run()
    assert (before[1], archive.rows("SELECT id, title FROM albums")) == ("One", [(before[0], "Two")])
    archive.catalogue(*(entry(key, album_name=name) for key, name in zip(keys, ("Two", "Two", "Three"), strict=True)))
    archive.run()
    assert [row[3] for row in archive.rows()] == ["Two", "Two", "Three"]
    assert archive.rows("SELECT min(id) FROM albums WHERE title = 'Two'") == [(before[0],)]


def test_a_date_that_nothing_says_any_more_is_forgotten(archive: Archive) -> None:
    key = "Suite/01 Air.flac"
    archive.catalogue(entry(key, release_date="2015"))
    archive.run()
    assert archive.rows("SELECT date_text FROM albums") == [("2015",)]
    archive.catalogue(entry(key))
    archive.run()
    assert archive.rows("SELECT date_text, date_from FROM albums") == [("1999", date(1999, 1, 1))]


def test_whatever_is_wrong_is_named_and_the_rest_goes_on(archive: Archive) -> None:
    (archive.folder / "Suite" / "04 Broken.flac").write_bytes(b"no music")
    shutil.copytree(archive.folder / "Suite", archive.folder / "Copy")
    archive.catalogue(
        entry("Suite/01 Air.flac", title="A", track_id=1),
        entry("Suite/01 Air.flac", title="A again", track_id=1),
        entry("Copy/01 Air.flac", title="A's copy", duration="0:07:51", release_date="1/2/2003"),
        entry("02 Bourrée.flac", title="B"),
        entry("Suite/04 Broken.flac", title="D"),
        entry("NaN", title="E"),
        "rubbish",
        entry("Suite/02 Bourrée.flac", title="B!", track_no="second", duration="soon", release_date="Summer 2003"),
    )
    report = archive.run()
    assert (report.lines, report.used) == (8, 2)
    [first, second, third] = archive.rows()
    assert (first[0], second[0], third[0]) == ("A's copy", "B!", "Courante")
    refusal = found(report)[Kind.REFUSED][0].removeprefix('entry 5 "D": Suite/04 Broken.flac: ')
    assert found(report) == {
        Kind.BROKEN: ["entry 7: it is no object with named values"],
        Kind.NO_FILE: ['entry 6 "E": it names no file'],
        Kind.REFUSED: [f'entry 5 "D": Suite/04 Broken.flac: {refusal}'],
        Kind.AMBIGUOUS: ['entry 4 "B": 02 Bourrée.flac fits Copy/02 Bourrée.flac, Suite/02 Bourrée.flac'],
        Kind.TWO_LINES: [
            'entry 1 "A": Suite/01 Air.flac, the same sound as Copy/01 Air.flac; entry 3 "A\'s copy" is used',
            'entry 2 "A again": Suite/01 Air.flac, the same sound as Copy/01 Air.flac; entry 3 "A\'s copy" is used',
        ],
        Kind.NO_LINE: ["Copy/03 Courante.flac", "Suite/03 Courante.flac"],
        Kind.SAME_ID: ['\'1\': entry 1 "A", entry 2 "A again"'],
        Kind.DURATION: ['entry 3 "A\'s copy": 0:07:51 in the catalogue, 0:00:00 in Copy/01 Air.flac'],
        Kind.DATE: [
            "'1/2/2003' (entry 3): it may be 2003-01-02 or 2003-02-01",
            "'Summer 2003' (entry 8): it is no date that Segue can read",
        ],
        Kind.VALUE: [
            "entry 8 \"B!\": 'track_no' is no number from 1: 'second'",
            "entry 8 \"B!\": 'duration' is no length: 'soon'",
        ],
    }


def test_the_order_of_ambiguous_dates_is_shown_by_others_or_told(archive: Archive) -> None:
    keys = [f"Suite/{name}.flac" for name in ("01 Air", "02 Bourrée", "03 Courante")]
    ambiguous = entry(keys[0], release_date="3/4/2008")
    archive.catalogue(ambiguous)
    assert found(archive.run())[Kind.DATE] == ["'3/4/2008' (entry 1): it may be 2008-03-04 or 2008-04-03"]
    assert archive.rows("SELECT date_text, date_from FROM albums") == [("3/4/2008", None)]
    archive.run(mapping=ColumnMapping(date_order=DateOrder.DAY_FIRST))
    assert archive.rows("SELECT date_from FROM albums") == [(date(2008, 4, 3),)]
    archive.catalogue(ambiguous, entry("x", release_date="8/15/2017"), entry("y", release_date="8/16/2017"))
    report = found(archive.run())
    assert Kind.DATE not in report
    assert report[Kind.DATE_ORDER] == ["'3/4/2008': month first"]
    assert archive.rows("SELECT date_from FROM albums") == [(date(2008, 3, 4),)]


def test_the_catalogue_read_last_counts(archive: Archive) -> None:
    key = "Suite/01 Air.flac"
    archive.catalogue(entry(key, title="First"))
    archive.run()
    other = open_catalogue(archive.catalogue(entry(key, title="Second"), name="other.json"), ColumnMapping())
    archive.run(catalogue=other)
    assert archive.rows()[0][0] == "Second"
    assert archive.rows("SELECT said ->> 'title', track_id IS NOT NULL FROM catalogue_lines ORDER BY 1") == [
        ("First", False),
        ("Second", True),
    ]


def test_two_catalogues_in_one_folder_are_not_chosen_between(archive: Archive) -> None:
    archive.catalogue(entry("Suite/01 Air.flac", title="X"))
    archive.catalogue(entry("Suite/01 Air.flac", title="Y"), name="Catalogue.json")
    [text] = found(archive.run())[Kind.UNUSABLE]
    assert text == "several lie in the folder; name one with --catalogue"
    assert archive.rows()[0][0] == "Air"


def test_a_dry_run_says_exactly_what_the_import_then_does(archive: Archive) -> None:
    archive.catalogue(entry("Suite/01 Air.flac", title="X", album_name="Y", genre="Z"))
    dry = import_folder(archive.url, archive.folder, choices=ImportChoices(dry_run=True))
    everything = ("tracks", "albums", "track_files", "composers", "catalogue_files", "catalogue_lines")
    assert [archive.rows(f"SELECT count(*) FROM {table}") for table in everything] == [[(0,)]] * 6
    assert [(c.name, c.new) for c in dry.changes] == [("X", True), ("Bourrée", True), ("Courante", True)]
    assert (dry.new, dry.catalogues[0].described) == (3, 1)
    real = import_folder(archive.url, archive.folder)
    assert (real.outcomes, real.catalogues[0].described, real.changes) == (dry.outcomes, 1, [])

    archive.catalogue(entry("Suite/01 Air.flac", title="X2", album_name="Y", genre="Z"))
    dry = import_folder(archive.url, archive.folder, choices=ImportChoices(dry_run=True))
    assert [(c.subject, c.name, c.new, c.fields) for c in dry.changes] == [
        ("track", "X", False, [("title", "X", "X2")])
    ]
    assert archive.rows()[0][0] == "X"
