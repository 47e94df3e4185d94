"""Text out of tags and file names, made fit to store and show."""

from __future__ import annotations

import re
import unicodedata

# What programs and catalogues write where nothing is known.
UNKNOWN = re.compile(
    r"(?:nan|null|none|n/?a|[-–—?.]+|[<\[(]?(?:unknown|unbekannt)(?: (?:artist|album|composer|title))?[>\])]?)",
    re.IGNORECASE,
)
NOBODY = re.compile(r"(?:various(?: artists)?|va|v\.a\.|diverse)", re.IGNORECASE)

# Long enough for any title; PostgreSQL cannot index a text much longer than 2,600 bytes.
TITLE_LENGTH = 500
NAME_LENGTH = 150

# They would turn the rest of a line around wherever the text is shown.
DIRECTION_MARKS = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff]")


def one_line(text: str) -> str:
    """`text` in composed form (NFC), on one line, without control characters and doubled spaces."""
    if text.isprintable():  # as most are, and then nothing is to be taken out
        return " ".join(unicodedata.normalize("NFC", text).split())
    spaced = "".join(" " if c in "\t\n\v\f\r\x85" else c for c in DIRECTION_MARKS.sub("", text))
    composed = unicodedata.normalize("NFC", spaced)
    return " ".join("".join(c for c in composed if unicodedata.category(c) not in ("Cc", "Cs")).split())


def clean(text: str | None, length: int = TITLE_LENGTH) -> str | None:
    """`text` on one line, cut to `length` characters; None where it says nothing ("NaN", "Unknown Artist", "-")."""
    line = one_line(text or "")
    if not line or UNKNOWN.fullmatch(line):
        return None
    return shorten(line, length)


def shorten(line: str, length: int) -> str:
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def people(text: str | None) -> list[str]:
    """The names in a tag that several people share: separated by semicolons, slashes with spaces around, or NULs.

    Commas separate nothing: they stand inside names ("Bach, J. S.") as often as between them.
    """
    parts = re.split(r"[;\0\n]| / ", text or "")
    names = [name for part in parts if (name := clean(part, NAME_LENGTH)) and not NOBODY.fullmatch(name)]
    return list(dict.fromkeys(names))


def number(text: str | None) -> int | None:
    """The number that "3", "03" or "3/12" begins with; None for anything else, zero and numbers over 9,999."""
    found = re.match(r"\s*0*([1-9][0-9]{0,3})(?![0-9])", text or "")
    return int(found[1]) if found else None
