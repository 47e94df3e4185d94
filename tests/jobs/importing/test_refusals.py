"""What was refused is not read again, and still named."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.hearing.reader import Reader
from jobs.importing.choices import ImportChoices
from jobs.importing.importer import import_folder
from sql.catalogue.refused_rows import known_refusals
from sql.engine import make_engine
from tests.jobs.importing.archive import record, rows


def test_a_refused_file_is_read_again_only_when_it_changed_or_when_asked(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path.resolve() / "a.wav"
    broken.write_bytes(b"no music")
    [refused] = import_folder(database_url, tmp_path).refused
    reads: list[Path] = []
    read = Reader.read
    monkeypatch.setattr(Reader, "read", lambda self, path: reads.append(path) or read(self, path))
    for choices, times in ((ImportChoices(), 0), (ImportChoices(retry_refused=True), 1), (ImportChoices(), 1)):
        assert import_folder(database_url, tmp_path, choices=choices).refused == [refused]
        assert len(reads) == times
    record(broken)
    assert (import_folder(database_url, tmp_path).new, len(reads)) == (1, 2)
    assert rows(database_url, "SELECT count(*) FROM refused_files") == [(0,)]


def test_another_version_of_the_program_tries_again(tmp_path: Path, database_url: str) -> None:
    path = tmp_path.resolve() / "a.wav"
    path.write_bytes(b"no music")
    import_folder(database_url, tmp_path)
    engine = make_engine(database_url)
    with engine.connect() as connection:
        assert list(known_refusals(connection, [str(path)], "0.0")) == []
        [refusal] = known_refusals(connection, [str(path)], "0.1.0").values()
    engine.dispose()
    assert (refusal.size, refusal.modified_ns) == (8, path.stat().st_mtime_ns)


def test_what_may_pass_is_not_kept(tmp_path: Path, database_url: str) -> None:
    (tmp_path / "a.wav").symlink_to(tmp_path / "nowhere.wav")
    [refused] = import_folder(database_url, tmp_path).refused
    assert refused.reason == "it is a link that leads nowhere"
    assert rows(database_url, "SELECT count(*) FROM refused_files") == [(0,)]


def test_a_dry_run_keeps_nothing(tmp_path: Path, database_url: str) -> None:
    (tmp_path / "a.wav").write_bytes(b"no music")
    assert len(import_folder(database_url, tmp_path, choices=ImportChoices(dry_run=True)).refused) == 1
    assert rows(database_url, "SELECT count(*) FROM refused_files") == [(0,)]
