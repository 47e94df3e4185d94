"""Files that are gone: told always, marked when asked, and back by themselves."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from domain.paths import path_to_text
from jobs.cli.import_report import findings, summary
from jobs.importing.choices import ImportChoices
from jobs.importing.importer import import_folder
from tests.jobs.importing.archive import record, rows

PRUNE = ImportChoices(prune=True)
MISSING = """
    SELECT t.title, t.missing, count(f.id) FILTER (WHERE f.missing_since IS NULL)
    FROM tracks t LEFT JOIN track_files f ON f.track_id = t.id GROUP BY t.id ORDER BY t.title
"""


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "music"
    for number, name in enumerate(("a", "b", "c"), 1):
        record(folder / "A" / f"{name}.wav", number * 100)
    return folder


def test_what_is_gone_is_told_and_stays_until_asked(music: Path, database_url: str) -> None:
    import_folder(database_url, music)
    (music / "A" / "a.wav").rename(music.parent / "a.wav")
    report = import_folder(database_url, music)
    assert [(gone.place, gone.title, gone.known) for gone in report.gone] == [(f"{music}/A/a.wav", "a", False)]
    assert list(summary(report))[1:] == ["Tracks of files that are gone stay as they are; --prune marks them missing"]
    assert rows(database_url, MISSING) == [("a", False, 1), ("b", False, 1), ("c", False, 1)]

    report = import_folder(database_url, music, choices=PRUNE)
    assert list(summary(report))[1:] == ["1 track marked missing: not recommended until a file comes back"]
    assert rows(database_url, MISSING) == [("a", True, 0), ("b", False, 1), ("c", False, 1)]
    [section] = findings(import_folder(database_url, music, choices=PRUNE))
    assert section == (
        "Gone: imported earlier, and not there any more",
        [f"{music}/A/a.wav ('a'), marked missing before"],
    )


def test_a_file_comes_back_by_itself_wherever(music: Path, database_url: str) -> None:
    import_folder(database_url, music)
    path = music / "A" / "a.wav"
    for place in (path, music / "B" / "other.wav"):
        away = path.rename(music.parent / "a.wav")
        import_folder(database_url, music, choices=PRUNE)
        place.parent.mkdir(exist_ok=True)
        away.rename(place)
        report = import_folder(database_url, music)
        assert (report.gone, report.new) == ([], 0)
        assert [missing for _, missing, _ in rows(database_url, MISSING)] == [False] * 3
        assert report.returned == ([path] if place == path else [])
        if place != path:
            assert rows(database_url, "SELECT path FROM track_files WHERE path LIKE '%other%'") == [(str(place),)]


def test_a_track_with_another_file_is_not_missing(music: Path, database_url: str) -> None:
    (music / "B").mkdir()
    copy = Path(shutil.copy(music / "A" / "a.wav", music / "B"))
    import_folder(database_url, music)
    copy.unlink()
    assert import_folder(database_url, music, choices=PRUNE).pruned == 0
    assert rows(database_url, MISSING)[0] == ("a", False, 1)


def test_what_cannot_be_looked_at_is_not_gone(music: Path, database_url: str) -> None:
    import_folder(database_url, music)
    (music / "A").rename(music.parent / "A")
    (music / "A").symlink_to(music / "A")  # a link that goes round in a circle cannot be followed
    report = import_folder(database_url, music, choices=PRUNE)
    assert (report.gone, report.pruned) == ([], 0)


def test_what_was_imported_by_name_is_looked_for(music: Path, database_url: str) -> None:
    """A walk passes over hidden folders; a file that was named lies there all the same."""
    hidden = record(music / ".hidden" / "d.wav", 400)
    import_folder(database_url, music)
    import_folder(database_url, hidden)
    assert import_folder(database_url, music).gone == []


def test_a_drive_that_is_not_mounted_is_not_pruned(music: Path, database_url: str) -> None:
    import_folder(database_url, music)
    shutil.move(music / "A", music.parent / "A")
    report = import_folder(database_url, music, choices=PRUNE)
    assert report.pruned == 0
    assert report.prune_refused is not None
    assert report.prune_refused.details == {"path": f"{path_to_text(music)}/", "gone": "3", "known": "3"}
    assert rows(database_url, MISSING) == [(name, False, 1) for name in "abc"]
    report = import_folder(database_url, music, choices=ImportChoices(prune=True, sure=True))
    assert (report.pruned, report.prune_refused) == (3, None)


def test_most_of_a_folder_gone_is_doubtful_too(music: Path, database_url: str) -> None:
    import_folder(database_url, music)
    os.remove(music / "A" / "a.wav")
    os.remove(music / "A" / "b.wav")  # two of three
    assert import_folder(database_url, music, choices=PRUNE).prune_refused is not None


def test_a_dry_run_marks_nothing(music: Path, database_url: str) -> None:
    import_folder(database_url, music)
    os.remove(music / "A" / "a.wav")
    report = import_folder(database_url, music, choices=ImportChoices(prune=True, dry_run=True))
    assert report.pruned == 1
    assert [(c.name, c.new, c.fields) for c in report.changes] == [("a", False, [("missing", "no", "yes")])]
    assert rows(database_url, MISSING)[0] == ("a", False, 1)
