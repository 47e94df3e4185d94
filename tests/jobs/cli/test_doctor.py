"""`segue doctor`."""

from __future__ import annotations

from pathlib import Path

from tests.jobs.cli.command import segue


def test_each_check_has_a_line_and_a_failure_an_exit_code(tmp_path: Path, database_url: str) -> None:
    well = segue("doctor", data_dir=tmp_path, database_url=database_url)
    assert (well.code, well.err) == (0, [])
    assert [line.split("  ")[0] for line in well.out] == ["ok"] * 6

    (tmp_path / "file").touch()
    ill = segue("doctor", data_dir=tmp_path / "file", database_url=database_url)
    assert (ill.code, ill.err) == (1, [])
    assert [line.split("  ")[0] for line in ill.out] == ["FAIL", "ok", "ok", "ok", "ok", "ok"]
    assert ill.out[0].endswith("Choose another with SEGUE_DATA_DIR.")
