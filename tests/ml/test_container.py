"""Files that claim what no recording has, or carry what nobody should decode."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from domain.errors.recordings import NotAudio
from ml.audio import decode
from ml.probe import MAX_TAG_LENGTH, MAX_TAGS_LENGTH, is_silent, probe
from tests.ml.recordings import sine, write


def wav(path: Path, *, tag: int = 1, channels: int = 1, rate: int = 16_000) -> Path:
    """A WAV file of 16 bits that says what it is told to say."""
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * channels * 2 & 0xFFFFFFFF, channels * 2 & 0xFFFF, 16)
    body = np.full(96_000, 1_000, "<i2").tobytes()
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(body)) + body
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    return path


def flac_with(path: Path, kind: int, body: bytes) -> Path:
    """A second of FLAC with one more metadata block behind STREAMINFO (RFC 9639, 8.1)."""
    data = write(path, sine(1, 16_000)[np.newaxis], 16_000, layout="mono").read_bytes()
    path.write_bytes(data[:42] + bytes([kind]) + len(body).to_bytes(3, "big") + body + data[42:])
    return path


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"rate": 1}, "it claims a sample rate of 1 Hz"),
        ({"rate": 2**31 - 1}, "it claims a sample rate of 2147483647 Hz"),
        ({"channels": 65}, "it claims 65 channels"),
        ({"tag": 0x22}, "its audio is in a codec that Segue does not decode (truespeech)"),
    ],
)
def test_what_no_recording_has_is_refused_before_it_is_decoded(
    tmp_path: Path, claims: dict[str, int], reason: str
) -> None:
    path = wav(tmp_path / "a.wav", **claims)
    for look in (probe, is_silent, lambda path: list(decode(path, 16_000))):
        with pytest.raises(NotAudio) as caught:
            look(path)
        assert caught.value.details["reason"] == reason


def test_as_many_channels_as_recordings_have_are_heard(tmp_path: Path) -> None:
    assert probe(wav(tmp_path / "a.wav", channels=64)).channels == 64


def test_tags_are_cut(tmp_path: Path) -> None:
    comments = [b"TITLE=" + b"A" * 100_000, *(b"X%02d=" % number + b"B" * 60_000 for number in range(40))]
    block = struct.pack("<I", 4) + b"evil" + struct.pack("<I", len(comments))
    block += b"".join(struct.pack("<I", len(comment)) + comment for comment in comments)
    tags = probe(flac_with(tmp_path / "a.flac", 4, block)).tags
    assert tags["title"] == "A" * MAX_TAG_LENGTH
    # 65,541 characters for the title, then 60,003 for each: sixteen more fit into 1,048,576.
    assert len(tags) == 1 + (MAX_TAGS_LENGTH - 65_541) // 60_003 == 17


def test_a_picture_is_neither_audio_nor_decoded(tmp_path: Path) -> None:
    """50,000 by 50,000 pixels, 7.5 GB if somebody looked."""
    image = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0) + b"\0" * 4
    image += bytes(10_000_000)
    body = struct.pack(">II", 3, 9) + b"image/png" + struct.pack(">IIIIII", 0, 50_000, 50_000, 24, 0, len(image))
    path = flac_with(tmp_path / "a.flac", 6, body + image)
    plain = write(tmp_path / "plain.flac", sine(1, 16_000)[np.newaxis], 16_000, layout="mono")
    assert probe(path).content_hash == probe(plain).content_hash
    np.testing.assert_array_equal(
        np.concatenate(list(decode(path, 16_000))), np.concatenate(list(decode(plain, 16_000)))
    )
