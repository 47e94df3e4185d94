"""Claims that only a header's own bytes can show: RF64, streamed WAV, VBRI, FLAC of unknown length."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from ml.probe import probe
from tests.ml.recordings import sine, write

SAMPLES = bytes(2 * 8_000)  # one second of 16-bit mono at 8 kHz
FORMAT = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8_000, 16_000, 2, 16)


def riff(*chunks: bytes) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def data(size: int) -> bytes:
    return b"data" + struct.pack("<I", size) + SAMPLES


@pytest.mark.parametrize(
    ("content", "seconds"),
    [
        (riff(FORMAT, data(16_000)), 1.0),
        (riff(FORMAT, data(160_000)), 10.0),
        (riff(b"LIST\x05\0\0\0INFOx\0", FORMAT, data(16_000)), 1.0),  # an odd chunk is padded
        (riff(FORMAT, data(0xFFFFFFFF)), None),
        (riff(FORMAT, data(0)), None),
        (
            b"RF64\xff\xff\xff\xffWAVE"
            + struct.pack("<4sIQQQI", b"ds64", 28, 0, 16_000 * 400_000, 0, 0)
            + FORMAT
            + data(0xFFFFFFFF),
            400_000.0,
        ),
    ],
    ids=["plain", "truncated", "odd chunk", "streamed", "streamed, size 0", "RF64"],
)
def test_wav(tmp_path: Path, content: bytes, seconds: float | None) -> None:
    path = tmp_path / "claims.wav"
    path.write_bytes(content)
    found = probe(path)
    assert found.container_seconds == seconds
    assert found.packet_seconds == 1.0


def test_vbri(tmp_path: Path) -> None:
    path = write(
        tmp_path / "vbri.mp3", np.stack([sine(2, 48_000)] * 2), muxer={"write_xing": "0", "id3v2_version": "0"}
    )
    frames = path.read_bytes()
    # Fraunhofer's encoder puts the header 32 bytes into an otherwise empty first frame.
    size = 144 * 128_000 // 48_000
    header = struct.pack(">4sHHHII", b"VBRI", 1, 0, 75, len(frames), 84)
    path.write_bytes(frames[:4] + (bytes(32) + header).ljust(size - 4, b"\0") + frames)
    assert probe(path).container_seconds == pytest.approx(84 * 1152 / 48_000)


def test_flac_of_unknown_length(tmp_path: Path) -> None:
    path = write(tmp_path / "streamed.flac", np.stack([sine(2, 48_000)] * 2))
    content = bytearray(path.read_bytes())
    streaminfo = content.index(b"fLaC") + 8
    assert int.from_bytes(content[streaminfo + 13 : streaminfo + 18], "big") & 0xFFFFFFFFF == 96_000
    content[streaminfo + 13] &= 0xF0
    content[streaminfo + 14 : streaminfo + 18] = bytes(4)
    path.write_bytes(content)
    found = probe(path)
    assert found.container_seconds is None
    assert found.packet_seconds == 2.0
