"""The text of a catalogue file, whatever wrote it."""

from __future__ import annotations

import codecs
from typing import NamedTuple

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Decoded(NamedTuple):
    """A file's text, and the name of its encoding where that was a guess."""

    text: str
    guessed: str | None


def decode(data: bytes) -> Decoded:
    """The text of `data`: by its mark, else UTF-16 by its zero bytes, else UTF-8, else as Windows wrote it in the West
    (cp1252), which fits any bytes and is a guess. Raises UnicodeDecodeError where a marked encoding is broken."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return Decoded(data.decode(encoding), None)
    if wide := _unmarked_utf_16(data):
        return Decoded(data.decode(wide), None)
    try:
        return Decoded(data.decode("utf-8"), None)
    except UnicodeDecodeError:
        try:
            return Decoded(data.decode("cp1252"), "cp1252")
        except UnicodeDecodeError:
            return Decoded(data.decode("latin-1"), "latin-1")


def _unmarked_utf_16(data: bytes) -> str | None:
    """JSON and CSV begin with some characters of ASCII, so that every second byte is zero."""
    head = data[:8]
    if len(head) < 4 or len(data) % 2:
        return None
    if not any(head[::2]) and all(head[1::2]):
        return "utf-16-be"
    if not any(head[1::2]) and all(head[::2]):
        return "utf-16-le"
    return None
