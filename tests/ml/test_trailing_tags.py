"""Where the trailing tags begin, and where nothing is one."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from ml.trailing_tags import audio_end

AUDIO = b"\xff\xfb\x90\x64" * 100  # 400 bytes
ID3V1 = b"TAG" + bytes(125)


def ape(items: bytes, *, header: bool) -> bytes:
    flags = 1 << 31 if header else 0
    frame = struct.pack("<8sIIII8x", b"APETAGEX", 2000, len(items) + 32, 1, flags)
    return (frame if header else b"") + items + frame


@pytest.mark.parametrize(
    ("tags", "end"),
    [
        (b"", None),
        (ID3V1, 400),
        (ape(bytes(50), header=False), 400),
        (ape(bytes(50), header=True), 400),
        (ape(bytes(50), header=True) + ID3V1, 400),
        (ID3V1 + ape(bytes(50), header=True), 400),
        (b"TAG" + bytes(120), None),
        # A footer that claims more than the file holds, or less than itself, is no tag.
        (struct.pack("<8sIIII8x", b"APETAGEX", 2000, 5000, 1, 0), None),
        (struct.pack("<8sIIII8x", b"APETAGEX", 2000, 0, 1, 0), None),
    ],
)
def test_the_end_of_the_audio(tmp_path: Path, tags: bytes, end: int | None) -> None:
    path = tmp_path / "file.mp3"
    path.write_bytes(AUDIO + tags)
    assert audio_end(path) == end


def test_a_tiny_file_has_none(tmp_path: Path) -> None:
    path = tmp_path / "file.mp3"
    path.write_bytes(b"TAG")
    assert audio_end(path) is None
