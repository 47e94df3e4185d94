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
    (folder / "Suites" / "cover.jpg").write_bytes(b"no music")
    return folder


def test_an_import_says_what_it_did_and_again_that_nothing_changed(
    music: Path, tmp_path: Path, database_url: str
) -> None:
    settings = {"data_dir": tmp_path / "data", "database_url": database_url}
    findings = [
        f"  refused: {music}/Suites/04 Empty.flac: it holds no audio",
        f"  truncated (imported; it is shorter than it says itself): {music}/Suites/02 Fugue.wav",
        f"  silent (imported, but nothing can be recommended from it): {music}/Suites/03 Rests.wav",
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
    assert status[-3:] == [
        "Archive      3 tracks on 1 album by 0 composers, 3 s of music",
        "             1 truncated",
        "             1 silent: never recommended",
    ]
    assert segue("embed", **settings).out[1:] == ["No worker is running. Start one with: segue worker"]
    status = segue("status", **settings).out
    assert status[-2] == "Space        musicnn-mtt: 0 of 2 tracks"
    assert status[-1].startswith("Job          embed waiting: 0 of 2, asked for ")


def test_a_name_cannot_steer_the_terminal(tmp_path: Path, database_url: str) -> None:
    (tmp_path / "\x1b[2Jx\n.mp3").write_bytes(b"no music")
    ran = segue("import", tmp_path, data_dir=tmp_path / "data", database_url=database_url)
    assert ran.out[2].startswith(f"  refused: {tmp_path.resolve()}/�[2Jx .mp3: ")


def test_a_long_list_of_findings_goes_to_a_file(tmp_path: Path, database_url: str) -> None:
    for number in range(LINES_SHOWN + 5):
        (tmp_path / f"{number}.mp3").touch()
    ran = segue("import", tmp_path, data_dir=tmp_path / "data", database_url=database_url)
    listing = tmp_path / "data" / "logs" / "import-findings.txt"
    assert ran.out[-1] == f"  … and 5 more; all of them are in {listing}"
    assert len(listing.read_text().splitlines()) == LINES_SHOWN + 5
    assert len(ran.out) == 2 + LINES_SHOWN + 1


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
