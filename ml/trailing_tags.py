"""Tags at the end of a file, which FFmpeg's MP3, FLAC and ADTS demuxers take for audio.

An APE tag with a cover picture decodes as seconds of noise, and any tag there would change what identifies the
recording. So such files are read only up to where their trailing tags begin.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

ID3V1_BYTES = 128

# https://wiki.hydrogenaudio.org/index.php?title=APEv2_specification: a footer of 32 bytes says how much stands before
# it, not counting an optional header as long as itself.
APE_FOOTER = struct.Struct("<8sIIII8x")
APE_HAS_HEADER = 1 << 31


def audio_end(path: Path) -> int | None:
    """The byte where the trailing tags of `path` (APEv1, APEv2, ID3v1, in any order) begin; None if it has none."""
    with path.open("rb") as file:
        size = end = file.seek(0, 2)
        while (start := _last_tag(file, end)) < end:
            end = start
    return None if end == size else end


def _last_tag(file: BinaryIO, end: int) -> int:
    """Where the tag that ends at `end` begins; `end` itself when no tag ends there."""
    if end >= ID3V1_BYTES:
        file.seek(end - ID3V1_BYTES)
        if file.read(3) == b"TAG":
            return end - ID3V1_BYTES
    if end >= APE_FOOTER.size:
        file.seek(end - APE_FOOTER.size)
        preamble: bytes
        size: int
        preamble, _version, size, _items, flags = APE_FOOTER.unpack(file.read(APE_FOOTER.size))
        length = size + (APE_FOOTER.size if flags & APE_HAS_HEADER else 0)
        if preamble == b"APETAGEX" and APE_FOOTER.size <= length < end:
            return end - length
    return end
