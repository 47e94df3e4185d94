"""Which of a track's files is heard."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import AudioMissing
from domain.paths import path_to_text
from jobs.hearing.files import existing_file


def test_the_first_file_that_is_there_is_taken(tmp_path: Path) -> None:
    # A name that is Latin-1 on disk is written with escapes in the catalogue, and still found.
    path = Path(str(tmp_path) + "/na\udcefve.flac")
    path.touch()
    assert existing_file([f"{tmp_path}/gone.flac", path_to_text(path)]) == path


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(AudioMissing, match=r"'/music/a\.flac' is not there any more"):
        existing_file(["/music/a.flac", "/music/b.flac"])
