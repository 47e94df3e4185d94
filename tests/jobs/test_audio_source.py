"""Where a track's audio is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors.recordings import AudioMissing
from domain.errors.storage import ObjectNotFound
from domain.paths import path_to_text
from domain.settings import Settings
from jobs.audio_source import AudioSource

KEY = "audio/incoming/7/Prélude.flac"


@pytest.fixture
def local(tmp_path: Path) -> AudioSource:
    return AudioSource.of(Settings(data_dir=tmp_path))


def test_the_first_file_that_is_there_is_taken(local: AudioSource, tmp_path: Path) -> None:
    # A name that is Latin-1 on disk is written with escapes in the catalogue, and still found.
    path = Path(str(tmp_path) + "/na\udcefve.flac")
    path.touch()
    with local.open([f"{tmp_path}/gone.flac", path_to_text(path)]) as found:
        assert found == path


def test_a_file_that_is_gone_is_named(local: AudioSource) -> None:
    with (
        pytest.raises(AudioMissing, match=r"'/music/a\.flac' is not there any more"),
        local.open(["/music/a.flac", "s3://elsewhere/b.flac"]),
    ):
        pass


def test_an_object_of_a_folder_is_a_file_in_its_place(local: AudioSource, tmp_path: Path) -> None:
    file = tmp_path / "storage" / KEY
    file.parent.mkdir(parents=True)
    file.write_bytes(b"music")
    assert local.place(KEY) == str(file)
    with local.fetched(KEY) as found, local.open([local.place(KEY)]) as opened:
        assert found == opened == file
    with pytest.raises(ObjectNotFound), local.fetched("audio/gone.flac"):
        pass
