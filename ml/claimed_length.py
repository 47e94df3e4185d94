"""How long a container says its audio is, as far as it says anything.

FFmpeg fills the gap with guesses from bit rate and file size, and for a WAV file that was cut short it even prefers
the guess. A truncated file can only be told by what its header really claims, so those headers are read here.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import BinaryIO

from av.audio.stream import AudioStream

UNKNOWN_SIZE = 0xFFFFFFFF  # what a WAV writer that could not seek back leaves; in RF64, "see the ds64 chunk"
MP3_SEARCHED_BYTES = 65_536
MPEG1_LOWEST_RATE = 32_000


def claimed_seconds(path: Path, container_format: str, stream: AudioStream) -> float | None:
    """Seconds of audio that the header of `path` claims; None where it claims nothing.

    `container_format` is FFmpeg's name of the demuxer.
    """
    match container_format:
        case "wav":
            return _wav_seconds(path) if stream.codec_context.codec.canonical_name.startswith("pcm_") else None
        case "mp3":
            return _mp3_seconds(path, stream.rate)
        case "flac":
            return _flac_seconds(stream.codec_context.extradata or b"", stream.rate)
        case "aac":
            return None
    if stream.duration is None or stream.time_base is None:
        return None
    return float(stream.duration * stream.time_base)


def _wav_seconds(path: Path) -> float | None:
    """Size of the data chunk over bytes per second (RIFF, RF64: EBU Tech 3306)."""
    with path.open("rb") as file:
        file.seek(12)
        bytes_per_second, long_size = 0, None
        while len(header := file.read(8)) == 8:
            name, size = struct.unpack("<4sI", header)
            if name == b"data":
                size = long_size if long_size is not None and size == UNKNOWN_SIZE else size
                return None if size in (0, UNKNOWN_SIZE) or not bytes_per_second else size / bytes_per_second
            body = file.read(24) if name in (b"fmt ", b"ds64") else b""
            if name == b"fmt " and len(body) >= 16:
                _tag, _channels, rate, _average, block_bytes = struct.unpack_from("<HHIIH", body)
                bytes_per_second = rate * block_bytes
            if name == b"ds64" and len(body) >= 16:
                long_size = struct.unpack_from("<8xQ", body)[0]
            file.seek(size + size % 2 - len(body), 1)
    return None


def _mp3_seconds(path: Path, sample_rate: int) -> float | None:
    """Frames in the Xing, Info or VBRI header of the first frame, if it has one; without it an MP3 claims no length."""
    with path.open("rb") as file:
        _skip_id3v2(file)
        start = file.read(MP3_SEARCHED_BYTES)
    first = re.search(rb"\xff[\xe2-\xff]", start)
    if not first:
        return None
    frames = 0
    # The side information before the header is 9, 17 or 32 bytes long, after 4 bytes of frame header.
    for offset in (13, 21, 36):
        mark = start[first.start() + offset :][:18]
        if mark[:4] in (b"Xing", b"Info") and len(mark) >= 12 and mark[7] & 1:
            frames = struct.unpack_from(">8xI", mark)[0]
        elif mark[:4] == b"VBRI" and len(mark) == 18:
            frames = struct.unpack_from(">14xI", mark)[0]
    samples_per_frame = 1152 if sample_rate >= MPEG1_LOWEST_RATE else 576
    return frames * samples_per_frame / sample_rate if frames else None


def _skip_id3v2(file: BinaryIO) -> None:
    while (head := file.read(10))[:3] == b"ID3" and len(head) == 10:
        size = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
        file.seek(size + (10 if head[5] & 0x10 else 0), 1)
    file.seek(-len(head), 1)


def _flac_seconds(streaminfo: bytes, sample_rate: int) -> float | None:
    """Total samples of STREAMINFO (36 bits from bit 108; RFC 9639, 8.2), where zero means unknown."""
    samples = int.from_bytes(streaminfo[13:18], "big") & ((1 << 36) - 1)
    return samples / sample_rate if samples else None
