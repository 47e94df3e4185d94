"""Hearing one file, until someone says stop."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from domain.errors import AudioMissing
from domain.paths import path_to_text
from jobs.hearing import Interrupted, existing_file, hear
from ml.backends.registry import load
from tests.ml.recordings import sine, write


def test_a_recording_is_heard_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "tone.wav", sine(7, 16_000)[np.newaxis], 16_000, layout="mono")
    heard = hear(load("musicnn-mtt"), path, lambda: False)
    assert heard.heard_seconds == 7.0
    assert heard.vector.shape == (200,)
    assert float(np.linalg.norm(heard.vector)) == pytest.approx(1, abs=1e-6)


def test_it_ends_within_a_few_seconds_of_audio_when_told_to(tmp_path: Path) -> None:
    path = write(tmp_path / "tone.wav", sine(60, 16_000)[np.newaxis], 16_000, layout="mono")
    asked: list[int] = []

    def interrupted() -> bool:
        asked.append(1)
        return len(asked) == 3

    with pytest.raises(Interrupted):
        hear(load("musicnn-mtt"), path, interrupted)
    assert len(asked) == 3


def test_the_first_file_that_is_there_is_taken(tmp_path: Path) -> None:
    # A name that is Latin-1 on disk is written with escapes in the catalogue, and still found.
    path = Path(str(tmp_path) + "/na\udcefve.flac")
    path.touch()
    assert existing_file([f"{tmp_path}/gone.flac", path_to_text(path)]) == path


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(AudioMissing, match=r"'/music/a\.flac' is not there any more"):
        existing_file(["/music/a.flac", "/music/b.flac"])
