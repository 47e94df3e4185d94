"""The command line as a whole: help, and what becomes of errors."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

import jobs.cli.app
from domain.errors.asking import TrackNotFound
from jobs.cli.app import app, run
from tests.jobs.cli.command import ROOT
from tests.jobs.cli.command import segue_alone as segue

COMMANDS = [
    "up",
    "down",
    "status",
    "doctor",
    "serve",
    "watch",
    "worker",
    "embed",
    "reembed",
    "backup",
    "restore",
    "prune",
    "edit",
    "near-duplicates",
    "simulate",
    "train",
    "evaluate",
    "models",
    "spaces",
    "space-compare",
    "cost",
    "keys",
    "map",
    "rotate-keys",
    "users",
    "composers",
    "weights",
    "derive",
    "migrate",
    "example",
    "import",
    "import-embeddings",
    "import-interactions",
    "import-segments",
    "export",
    "jobs",
]


def test_help_names_every_command() -> None:
    ran = segue("--help")
    listed = [line.split()[0] for line in ran.out[ran.out.index("Commands:") + 1 :]]
    assert (ran.code, sorted(listed), ran.err) == (0, sorted(COMMANDS), [])


def test_help_loads_nothing_heavy() -> None:
    heavy = "{'av', 'numpy', 'sqlalchemy', 'psycopg', 'dramatiq', 'onnxruntime', 'uvicorn', 'pydantic', 'rich'}"
    script = f"import sys, jobs.cli.app; print(sorted({heavy} & sys.modules.keys()))"
    loaded = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout == "[]\n"


def test_every_command_explains_itself() -> None:
    for command in COMMANDS:
        explained = CliRunner().invoke(app, [command, "--help"], prog_name="segue")
        assert explained.output.startswith(f"Usage: segue {command} ")


def test_a_wrong_call_is_told_from_an_error() -> None:
    ran = segue("import")
    assert (ran.code, ran.err[-1]) == (2, "Error: Missing argument 'folder'.")


def test_an_error_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    ran = segue("import", tmp_path / "nowhere", data_dir=tmp_path / "data")
    assert (ran.code, ran.out, ran.err) == (
        1,
        [],
        [f"segue: There is no folder or file '{tmp_path}/nowhere'."],
    )
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("setting", "value", "line"),
    [
        ("port", "abc", "segue: SEGUE_PORT cannot be 'abc': Input should be a valid integer"),
        ("log_level", "loud", "segue: SEGUE_LOG_LEVEL cannot be 'loud': it takes DEBUG, INFO, WARNING, ERROR"),
        ("database_url", "mysql://me:secret@x/y", "segue: SEGUE_DATABASE_URL cannot be 'mysql:…': it begins with"),
    ],
)
def test_a_wrong_setting_is_named_without_its_secrets(tmp_path: Path, setting: str, value: str, line: str) -> None:
    ran = segue("status", data_dir=tmp_path, **{setting: value})
    assert (ran.code, len(ran.err)) == (1, 1)
    assert ran.err[0].startswith(line)
    assert "secret" not in ran.err[0]


def test_a_data_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = segue("up", "--archive", tmp_path, data_dir=tmp_path / "file")
    assert (ran.code, ran.out, len(ran.err)) == (1, [], 1)
    assert ran.err[0].startswith(f"segue: The data folder '{tmp_path}/file' cannot be written: ")


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    ran = segue("status", data_dir=tmp_path, database_url="postgresql://postgres@127.0.0.1:1/none")
    assert (ran.code, len(ran.err)) == (1, 1)
    assert ran.err[0].startswith("segue: The database does not answer: ")


def test_a_database_of_a_newer_version(tmp_path: Path, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for command in (("status",), ("migrate",), ("up", "--archive", tmp_path)):
        ran = segue(*command, data_dir=tmp_path, database_url=database_url)
        assert (ran.code, ran.err) == (
            1,
            ["segue: The database's schema (9999) is newer than this program knows. Update Segue, then try again."],
        )


def test_what_nobody_foresaw_is_one_line_too_and_its_traceback_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(**_: object) -> None:
        raise ZeroDivisionError("a\nb")

    monkeypatch.setenv("SEGUE_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(jobs.cli.app, "app", broken)
    assert run([]) == 1
    log = tmp_path / "logs" / "segue.log"
    assert capsys.readouterr().err == (
        f"segue: this was not foreseen: ZeroDivisionError: a b. What led to it is in {log}\n"
    )
    assert 'raise ZeroDivisionError("a\\nb")' in log.read_text()


def test_without_room_for_a_traceback_it_is_one_line_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(**_: object) -> None:
        raise ZeroDivisionError("a")

    (tmp_path / "logs").mkdir()
    for log in (tmp_path / "logs" / "segue.log", tmp_path / f"segue-{os.geteuid()}.log"):
        log.symlink_to("/dev/full")
    monkeypatch.setenv("SEGUE_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(jobs.cli.app, "app", broken)
    assert run([]) == 1
    assert capsys.readouterr().err == (
        "segue: this was not foreseen: ZeroDivisionError: a. What led to it could be written nowhere\n"
    )


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (TrackNotFound(id=1), 1), (SystemExit(2), 2)])
def test_exit_codes(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ends(**_: object) -> None:
        raise error

    monkeypatch.setattr(jobs.cli.app, "app", ends)
    assert run([]) == code
    assert capsys.readouterr().err == ("segue: There is no track 1.\n" if code == 1 else "")
