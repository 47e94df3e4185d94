"""Hearing real recordings in a process of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

from domain.errors.machine import BackendNotFound
from domain.errors.recordings import EmptyAudio, NotAudio, UnusableAudio
from jobs.hearing.decoding import hear
from jobs.hearing.ear import Ear
from jobs.hearing.limits import Limits
from ml.backends.registry import load
from ml.waveform import Outline
from tests.jobs.hearing import misbehaving
from tests.ml.recordings import lengthened, sine, write
from tests.soak import IS_SOAK


@pytest.fixture(scope="module")
def ear() -> Iterator[Ear]:
    ear = Ear("musicnn-mtt", threads=1, limits=Limits())
    yield ear
    ear.close()


def test_it_hears_what_the_backend_hears(ear: Ear, tmp_path: Path) -> None:
    path = write(tmp_path / "na\udcefve\n.wav", sine(40, 16_000)[np.newaxis], 16_000, layout="mono")
    outline = Outline()
    expected, hearing = hear(load("musicnn-mtt"), path, outline=outline), ear.hear(path)
    heard = hearing.embedding
    assert (heard.heard_seconds, heard.peak, len(heard.segments)) == (40.0, expected.peak, 3)
    np.testing.assert_array_equal(heard.vector, expected.vector)
    np.testing.assert_array_equal(heard.tag_scores, expected.tag_scores)
    np.testing.assert_array_equal(heard.patches, expected.patches)
    np.testing.assert_array_equal(hearing.waveform, outline.finish())
    for one, other in zip(heard.segments, expected.segments, strict=True):
        assert astuple(one)[:2] == astuple(other)[:2]
        np.testing.assert_array_equal(one.vector, other.vector)


def test_what_is_wrong_with_a_recording_is_said_as_without_a_process(ear: Ear, tmp_path: Path) -> None:
    (tmp_path / "list.mp3").write_text("a shopping list")
    (tmp_path / "empty.flac").touch()
    with pytest.raises(NotAudio, match="no audio format that Segue reads") as caught:
        ear.hear(tmp_path / "list.mp3")
    assert caught.value.details["path"] == tmp_path / "list.mp3"
    with pytest.raises(EmptyAudio, match=r"empty\.flac' holds no audio"):
        ear.hear(tmp_path / "empty.flac")
    with pytest.raises(UnusableAudio, match="No such file"):
        ear.hear(tmp_path / "gone.flac")


def test_a_recording_that_is_too_long_is_given_up(tmp_path: Path) -> None:
    path = write(tmp_path / "long.wav", sine(60, 16_000)[np.newaxis], 16_000, layout="mono")
    short_of_time = Ear("musicnn-mtt", threads=1, limits=Limits(longest_seconds=36.0))
    with pytest.raises(UnusableAudio, match=r"it claims or holds more than 0\.01 hours of audio"):
        short_of_time.hear(path)
    short_of_time.close()


@pytest.mark.slow
def test_three_hours_fit_into_its_memory(tmp_path: Path) -> None:
    minutes, most_bytes = (180, 700e6) if IS_SOAK else (10, 330e6)
    path = lengthened(write(tmp_path / "minute.m4a", np.stack([sine(60, 44_100)] * 2), 44_100), minutes)
    ear = Ear("musicnn-mtt", threads=1, limits=Limits())
    assert ear.hear(path).embedding.heard_seconds == pytest.approx(60 * minutes, abs=0.1 * minutes)
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{ear.process.pid}/status").read_text())
    assert peak is not None
    # It takes about 160 MB before it begins; 10 minutes of both channels, decoded, are 212 MB.
    assert 50e6 < 1024 * int(peak[1]) < most_bytes
    ear.close()


@pytest.mark.parametrize(
    "work",
    [
        "claim_years",
        "say_not_a_number",
        "say_patches_that_are_not_numbers",
        "say_more_patches_than_segments_hold",
        "say_too_little",
    ],
)
def test_lies_are_not_believed(work: str) -> None:
    lying = Ear("musicnn-mtt", threads=1, limits=Limits(), work=f"{misbehaving.__name__}:{work}")
    with pytest.raises(UnusableAudio, match="the decoder answered nonsense"):
        lying.hear(Path("/music/a.flac"))
    assert lying.process.pid is None


def test_there_are_no_other_backends() -> None:
    with pytest.raises(BackendNotFound, match="'magic'"):
        Ear("magic", threads=1, limits=Limits())
