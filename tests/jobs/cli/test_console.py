"""What commands say."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.cli.console import count, duration, one_line, say_fields, say_table, shown


def test_one_line_is_one_line() -> None:
    assert one_line("a\nb\x1b[2Jc\udc80\x07") == "a b�[2Jc��"


def test_counts() -> None:
    assert [count(number, "track") for number in (0, 1, 2_040)] == ["0 tracks", "1 track", "2,040 tracks"]
    assert count(2, "process", "processes") == "2 processes"


def test_durations() -> None:
    assert [duration(seconds) for seconds in (45, 180, 89_640)] == ["45 s", "3 min", "24.9 hours"]


def test_paths_are_shown_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert (shown(tmp_path.resolve() / "a"), shown(Path("/x/a"))) == ("a", "/x/a")


def test_columns(capsys: pytest.CaptureFixture[str]) -> None:
    say_fields([("Name", "x"), ("Longer", "y"), ("", "z")])
    say_table(["a", "b"], [["long cell", "1"], ["x", "2"]])
    assert capsys.readouterr().out.splitlines() == [
        "Name    x",
        "Longer  y",
        "        z",
        "a          b",
        "long cell  1",
        "x          2",
    ]
