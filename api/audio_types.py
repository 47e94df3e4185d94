"""Media types of recordings."""

from __future__ import annotations

from pathlib import PurePath

# By the file's suffix; what browsers expect, where the system's tables differ or are silent.
CONTENT_TYPES = {
    ".aac": "audio/aac",
    ".aif": "audio/aiff",
    ".aiff": "audio/aiff",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".mp4": "audio/mp4",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
}


def content_type(path: PurePath) -> str:
    return CONTENT_TYPES.get(path.suffix.lower(), "application/octet-stream")
