"""`segue import`, and what the other commands say afterwards."""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg
import pytest

from jobs.cli.import_report import LINES_SHOWN
from tests.jobs.cli.command import segue
from tests.ml.recordings import sine, write

RATE = 16_000


def record(path: Path, frequency: float, seconds: float = 0.5, amplitude: float = 0.5) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write(path, sine(seconds, RATE, frequency, amplitude)[None], RATE, layout="mono")


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "music"
    record(folder / "Suites" / "01 Prelude.wav", 200, seconds=2)
    short = record(folder / "Suites" / "02 Fugue.wav", 300, seconds=3)
    short.write_bytes(short.read_bytes()[: 44 + RATE])  # half a second of three
    record(folder / "Suites" / "03 Rests.wav", 400, amplitude=0)
    (folder / "Suites" / "04 Empty.flac").touch()
    (folder / "Suites" / "booklet.jpg").write_bytes(b"no music")
    return folder


def test_an_import_says_what_it_did_and_again_that_nothing_changed(
    music: Path, tmp_path: Path, database_url: str
) -> None:
    settings = {"data_dir": tmp_path / "data", "database_url": database_url}
    findings = [
        "  Refused (1):",
        f"    {music}/Suites/04 Empty.flac: it holds no audio",
        "  Truncated: imported, but shorter than they say themselves (1):",
        f"    {music}/Suites/02 Fugue.wav",
        "  Silent: imported, but nothing can be recommended from them (1):",
        f"    {music}/Suites/03 Rests.wav",
    ]
    ran = segue("import", music, **settings)
    assert (ran.code, ran.err) == (0, [])
    assert ran.out == [
        "Importing: 4 of 4 files",
        "3 new tracks, 0 changed files, 0 unchanged, 1 refused; 1 other file passed over",
        *findings,
    ]
    again = segue("import", music, **settings)
    assert again.out[1:] == [
        "0 new tracks, 0 changed files, 3 unchanged, 1 refused; 1 other file passed over",
        *findings,
    ]

    status = segue("status", **settings).out
    assert status[-4:] == [
        "Archive      3 tracks on 1 album by 0 composers, 3 s of music",
        "             1 truncated",
        "             1 silent: never recommended",
        "Listening    nobody yet",
    ]
    assert segue("embed", **settings).out[1:] == ["No worker is running. Start one with: segue worker"]
    status = segue("status", **settings).out
    assert status[-2] == "Space        musicnn-mtt: 0 of 2 tracks"
    assert status[-1].startswith("Job          embed waiting: 0 of 2, asked for ")


def test_a_name_cannot_steer_the_terminal(tmp_path: Path, database_url: str) -> None:
    (tmp_path / "\x1b[2Jx\n.mp3").write_bytes(b"no music")
    ran = segue("import", tmp_path, data_dir=tmp_path / "data", database_url=database_url)
    assert ran.out[3].startswith(f"    {tmp_path.resolve()}/�[2Jx .mp3: ")


def test_a_long_list_of_findings_goes_to_a_file(tmp_path: Path, database_url: str) -> None:
    for number in range(LINES_SHOWN + 5):
        (tmp_path / f"{number}.mp3").touch()
    ran = segue("import", tmp_path, data_dir=tmp_path / "data", database_url=database_url)
    listing = tmp_path / "data" / "logs" / "import-findings.txt"
    assert ran.out[-2:] == ["    … and 5 more", f"  All of this is in {listing}"]
    assert listing.read_text().splitlines()[:4] == [
        "0 new tracks, 0 changed files, 0 unchanged, 15 refused; 0 other files passed over",
        "",
        "Refused (15):",
        f"  {tmp_path.resolve()}/0.mp3: it holds no audio",
    ]
    assert len(listing.read_text().splitlines()) == 3 + LINES_SHOWN + 5
    assert len(ran.out) == 2 + 1 + LINES_SHOWN + 2


CATALOGUE = """\
Piece;Who;When;File;Length
Prélude;"Bach, J. S.";3/4/2008;Suites/01 Prelude.wav;0:00:02
Fugue;J. S. Bach;2008;Suites/02 Fugue.wav;0:07:51
Gigue;J. S. Bach;2008;Suites/05 Gigue.wav;NaN
"""
MAPPING = """\
title = "Piece"
composers = "Who"
release_date = "When"
audio_s3_key = "File"
duration = "Length"
"""


def test_a_catalogue_is_tried_dry_then_imported(music: Path, tmp_path: Path, database_url: str) -> None:
    settings = {"data_dir": tmp_path / "data", "database_url": database_url}
    segue("import", music, **settings)
    catalogue, mapping, report = (tmp_path / name for name in ("bach.csv", "columns.toml", "report.txt"))
    catalogue.write_bytes(CATALOGUE.encode("cp1252"))
    mapping.write_text(MAPPING)
    command = ("import", music, "--catalogue", catalogue, "--mapping", mapping)
    about = f"Catalogue {catalogue}: 3 lines, 2 of them about recordings that are here"
    dry = segue(*command, "--dry-run", "--report", report, **settings)
    assert (dry.code, dry.err) == (0, [])
    assert dry.out[1:4] == [
        "A dry run: nothing was written. This is what an import would do now:",
        "0 new tracks, 0 changed files, 3 unchanged, 1 refused; 1 other file passed over",
        f"{about}; 2 tracks described anew",
    ]
    found = [
        "  The catalogue's encoding is a guess (1):",
        f"    {catalogue}: it is no UTF-8, and was read as cp1252: look at letters such as é and ü",
        "  Lines without a file (1):",
        '    line 4 "Gigue": Suites/05 Gigue.wav',
        "  Files without a line (1):",
        "    Suites/03 Rests.wav",
        "  Lengths that differ from the recordings by more than 2 s and half a percent (1):",
        '    line 3 "Fugue": 0:07:51 in the catalogue, 0:00:00 in Suites/02 Fugue.wav',
        "  Dates kept as text (1):",
        "    '3/4/2008' (line 2): it may be 2008-03-04 or 2008-04-03",
        "  Albums with several dates (1):",
        "    'Suites': '3/4/2008' is used; there is also '2008' (line 3)",
    ]
    assert dry.out[10:22] == found
    assert dry.out[22] == "  Changed (3):"
    assert dry.out[23] == "    album 'Suites': date nothing → '3/4/2008'"
    assert dry.out[24].startswith("    track 'Prelude': title 'Prelude' → 'Prélude'; composer nothing → ")
    assert report.read_text().splitlines()[0] == dry.out[1]
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM catalogue_lines").fetchone() == (0,)

    ran = segue(*command, **settings)
    assert ran.out[2] == f"{about}; 2 tracks described anew"
    assert ran.out[9:] == found


def test_moved_files_and_copies_are_called_that(music: Path, tmp_path: Path, database_url: str) -> None:
    settings = {"data_dir": tmp_path / "data", "database_url": database_url}
    segue("import", music, **settings)
    (music / "Elsewhere").mkdir()
    (music / "Suites" / "01 Prelude.wav").rename(music / "Elsewhere" / "Prelude.wav")
    shutil.copy(music / "Suites" / "02 Fugue.wav", music / "Elsewhere" / "Fugue.wav")
    assert segue("import", music, **settings).out[1] == (
        "0 new tracks, 0 changed files, 1 moved file, 1 more file of the same audio, 2 unchanged, 1 refused;"
        " 1 other file passed over"
    )


def test_a_catalogue_that_cannot_be_used_stops_everything(music: Path, tmp_path: Path, database_url: str) -> None:
    settings = {"data_dir": tmp_path / "data", "database_url": database_url}
    (tmp_path / "c.json").write_text('[{"title": }]')
    ran = segue("import", music, "--catalogue", tmp_path / "c.json", **settings)
    assert (ran.code, ran.err) == (
        1,
        [f"segue: The catalogue '{tmp_path}/c.json' cannot be read: line 1, column 12: Expecting value"],
    )
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM tracks").fetchone() == (0,)


def test_recordings_never_mix_with_the_example(music: Path, tmp_path: Path, database_url: str) -> None:
    data = tmp_path / "data"
    shutil.copytree(music, data / "example-archive")
    settings = {"data_dir": data, "database_url": database_url}
    for command in (("import", music), ("up", "--archive", music)):
        ran = segue(*command, **settings)
        assert (ran.code, len(ran.err)) == (1, 1)
        assert ran.err[0].startswith(f"segue: The data folder '{data}' holds the synthetic example archive")
    assert segue("import", data / "example-archive", **settings).code == 0
    assert "(synthetic: the example)" in segue("status", **settings).out[4]


def test_a_schema_that_is_not_ours_to_change_is_left_alone(music: Path, tmp_path: Path, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP TABLE alembic_version")
    ran = segue("import", music, data_dir=tmp_path / "data", database_url=database_url)
    assert ran.code == 1
    assert ran.err[0].startswith("segue: The database's schema is older than this program (empty < ")


def test_an_archive_that_is_not_there_yet(tmp_path: Path) -> None:
    ran = segue("status", data_dir=tmp_path / "data")
    assert (ran.code, ran.out) == (
        0,
        [f"There is no archive in {tmp_path}/data yet. Begin with: segue up --archive FOLDER"],
    )
    assert segue("down", data_dir=tmp_path / "data").out == [f"Nothing runs for {tmp_path}/data"]
