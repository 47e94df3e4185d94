"""What the names of files and folders say where tags say nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from jobs.importing.tag_text import NAME_LENGTH, one_line, shorten

_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10}
_NUMBERS = _WORDS | _ROMAN
_DISC = (
    r"(?:cd|dis[ck]|disque|disco)"
    rf"(?:[ ._#-]*0?[1-9]\d?|[ ._-]+(?:{'|'.join(sorted(_NUMBERS, key=len, reverse=True))}))"
)

# "CD1", "Disc Two", "Disk 03 - Encores"
DISC_FOLDER = re.compile(rf"({_DISC})(?:\s*[-–:,.(\[].*)?", re.IGNORECASE)
DISC_IN_TITLE = re.compile(rf"(.*?\S)\s*(?:[-–,:]\s*{_DISC}|[(\[]\s*{_DISC}\s*[)\]])", re.IGNORECASE)

# "1-03 Title" as iTunes writes it. Not "03-12 Lieder", which is the third track and has twelve songs.
DISC_AND_TRACK = re.compile(r"(?P<disc>[1-9])-(?P<track>\d{2})(?:\s*[-–.)]\s*|\s+)(?P<title>\S.*)")
# "03 - Title", "3. Title", "03_Title": a number that punctuation sets apart.
TRACK_APART = re.compile(r"(?P<track>\d{1,3})(?:\s*[-–_)]\s*|\s*\.\s*(?!\d))(?P<title>\S.*)")
# "03 Title": two digits. One alone belongs to the title ("5 Elizabethan Songs"), and so do three ("100 Songs").
TRACK_AND_SPACE = re.compile(r"(?P<track>\d{2})\s+(?P<title>\S.*)")
# "07", "Track 07": the number is all there is to know.
TRACK_ALONE = re.compile(r"(?:(?:audio)?track\s*)?(?P<track>\d{1,3})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FileName:
    """A title, and the disc and track number written before it."""

    title: str
    disc: int | None
    position: int | None


def read_file_name(path: Path) -> FileName:
    """Title, disc and track number in a file's name. A name with underscores for spaces gets its spaces back."""
    stem = _shown(path.stem)
    for pattern in (DISC_AND_TRACK, TRACK_APART, TRACK_AND_SPACE):
        found = pattern.fullmatch(stem)
        if found and re.search(r"[^\W\d]", found["title"]):
            parts = found.groupdict()
            return FileName(found["title"], int(parts.get("disc") or 0) or None, int(found["track"]) or None)
    alone = TRACK_ALONE.fullmatch(stem)
    return FileName(stem, None, int(alone["track"]) or None if alone else None)


def album_folder(path: Path) -> tuple[Path, int | None]:
    """The folder that makes the album of a file, and the disc: "Quartets/CD 2/01.flac" is disc 2 of "Quartets"."""
    folder = path.parent
    disc = DISC_FOLDER.fullmatch(_shown(folder.name))
    if disc and folder.parent.name:
        return folder.parent, _disc_number(disc[1])
    return folder, None


def folder_title(folder: Path) -> str:
    """The name of an album that only its folder names."""
    return shorten(_shown(folder.name), NAME_LENGTH)


def without_disc(title: str) -> str:
    """An album's title without its disc: "Quartets (Disc Two)" becomes "Quartets"."""
    found = DISC_IN_TITLE.fullmatch(title)
    return found[1] if found else title


def _disc_number(disc: str) -> int:
    digits = re.search(r"\d+", disc)
    return int(digits[0]) if digits else _NUMBERS[re.split(r"[ ._-]+", disc.lower())[-1]]


def _shown(name: str) -> str:
    """A file's name as readers see it; bytes that are no UTF-8 become the replacement character."""
    readable = name.encode(errors="surrogateescape").decode(errors="replace")
    if " " not in readable:
        readable = readable.replace("_", " ")
    return one_line(readable) or "untitled"
