"""Numbers of works in titles: opus numbers, those of thematic catalogues, ordinals and keys."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

# A number of a thematic catalogue stands for one work; an opus may hold several.
_ANY = r"(?:Anh(?:ang)?\.?\s*)?(?P<number>\d+[a-zA-Z]?(?:[/:]\d+[a-z]?)?)(?![\d])"
_TELEMANN = r"(?P<number>\d+:[A-Ha-h]?\w*\d+)"
_HOBOKEN = r"(?P<number>[IVXLC]+[a-g]?\s*[:/.]?\s*(?:[A-H]|Es|deest)?\d+[a-z]?)"
# How it is shown, how it is written, and what its numbers look like.
_THEMATIC = (
    ("BWV", r"BWV", _ANY),
    ("BuxWV", r"BuxWV", _ANY),
    ("HWV", r"HWV", _ANY),
    ("TWV", r"TWV", _TELEMANN),
    ("SWV", r"SWV", _ANY),
    ("LWV", r"LWV", _ANY),
    ("MWV", r"MWV", r"(?P<number>[A-Z]\s*\d+)"),
    ("WAB", r"WAB", _ANY),
    ("WoO", r"W\.?o\.?O\.?", _ANY),
    ("Hob.", r"Hob(?:oken)?\.?", _HOBOKEN),
    ("RV", r"R\.?\s?V\.?", _ANY),
    ("TrV", r"TrV", _ANY),
    ("Sz.", r"Sz\.?", _ANY),
    ("BB", r"BB", _ANY),
    ("FP", r"FP", _ANY),
    ("JW", r"JW", r"(?P<number>[IVX]+/\d+)"),
    ("Wq.", r"Wq\.?", _ANY),
    ("Kk.", r"Kk\.?", _ANY),
    ("K.", r"(?:K\.?\s?V\.?|Köchel|K\.?)", _ANY),
    ("D.", r"(?:Deutsch|D\.?)", _ANY),
    ("S.", r"S\.?", _ANY),
    ("L.", r"L\.?", _ANY),
    ("H.", r"H\.?", _ANY),
    ("G.", r"G\.?", _ANY),
    ("B.", r"B\.?", _ANY),
    ("Z.", r"Z\.?", _ANY),
)
THEMATIC = tuple(
    (shown, re.compile(rf"(?<![\w.])(?<!\bin )(?:{name})\s*{number}", 0 if len(name) < 5 else re.IGNORECASE))
    for shown, name, number in _THEMATIC
)
OPUS = re.compile(
    r"(?<![\w])op(?:us|\.)?\s*(?P<posthumous>posth?\.?\s*)?(?P<opus>\d+[a-z]?)(?![\d])"
    r"(?:\s*(?:,?\s*(?:No|Nr|N[°º])\.?\s*|/\s*)(?P<item>\d+[a-z]?)(?![\d]))?",
    re.IGNORECASE,
)
ORDINAL = re.compile(r"(?<!\w)(?:No|Nr|N[°º])\.?\s*(?P<ordinal>\d+[a-z]?)(?!\d)", re.IGNORECASE)
_NOTE = r"(?P<note>[A-H])(?P<bent>(?:[\s-]?(?:flat|sharp|♭|♯|#)|is|es|s|b)?)"
KEY = re.compile(
    rf"(?<!\w)(?:(?:in|en)\s+)?{_NOTE}[\s-]*(?P<mode>major|minor|maj\.?|min\.?|dur|moll|majeur|mineur)(?!\w)",
    re.IGNORECASE,
)
BARE_KEY = re.compile(r"(?<!\w)in\s+(?P<note>[A-G])(?P<bent>[\s-]?(?:flat|sharp|♭|♯|#)|b)?(?=\s*(?:[,:;([]|$))")
_DIGIT = re.compile(r"\d")
_CLOSING = re.compile(r"[^(\[]*[)\]]|")
_GERMAN = {"b": "bb", "h": "b"}


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a title says of a work's place: `catalogue` is shown ("K. 464", "Op. 10 No. 5"), `thematic` or `opus` its
    key ("k 464", "op 10/5"), `ordinal` the number among works of its kind, `key` the musical key ("a+", "eb-")."""

    catalogue: str | None = None
    thematic: str | None = None
    opus: str | None = None
    item: str | None = None
    ordinal: str | None = None
    key: str | None = None


# Titles are read in parts, again and again.
@lru_cache(maxsize=1_024)
def read_numbers(text: str) -> Numbers:
    """All numbers in the title of a work."""
    if not _DIGIT.search(text):
        return Numbers(key=_musical_key(text))
    catalogue = thematic = None
    found = sorted(
        ((match.start(), shown, match) for shown, pattern in THEMATIC if (match := pattern.search(text))),
        key=lambda hit: hit[0],
    )
    if found:
        _, shown, match = found[0]
        number = _number(shown, match["number"])
        appendix = "Anh. " if "anh" in match.group().lower() else ""
        catalogue = f"{shown} {appendix}{number}"
        thematic = re.sub(r"[.\s]+", " ", catalogue).strip().lower()
    opus = OPUS.search(text)
    item = opus["item"].lower() if opus and opus["item"] else None
    if opus and catalogue is None:
        catalogue = f"Op. {'posth. ' if opus['posthumous'] else ''}{opus['opus'].lower()}"
        catalogue += f" No. {item}" if item else ""
    ordinal = ORDINAL.search(OPUS.sub(" ", text))
    return Numbers(
        catalogue,
        thematic,
        f"op {'posth ' if opus['posthumous'] else ''}{opus['opus'].lower()}" if opus else None,
        item,
        ordinal["ordinal"].lower() if ordinal else None,
        _musical_key(text),
    )


@lru_cache(maxsize=1_024)
def without_catalogue(text: str) -> str:
    """A title without its catalogue numbers and the punctuation that set them apart."""
    if not _DIGIT.search(text):
        return " ".join(text.split()).strip(" ,;:–-")
    left = OPUS.sub("\0", text)
    for _, pattern in THEMATIC:
        left = pattern.sub("\0", left)
    left = re.sub(r"[(\[]\s*\0(?:\s*[,;/]?\s*\0)*\s*[)\]]", "", left)
    left = re.sub(r"\s*[,;/–-]?\s*\0", "", left)
    return " ".join(left.split()).strip(" ,;:–-")


def split_after_catalogue(text: str) -> tuple[str, str]:
    """A title up to the end of its last catalogue number, with a parenthesis that it stands in, and the rest."""
    ends = [found.end() for pattern in (OPUS, *(p for _, p in THEMATIC)) for found in pattern.finditer(text)]
    end = max(ends, default=len(text))
    end += len(_CLOSING.match(text, end).group())  # type: ignore[union-attr]  # it matches nothing, too
    return text[:end], text[end:]


def without_numbers(text: str) -> str:
    """A title without catalogue numbers, ordinals and keys: the words that are left."""
    return " ".join(BARE_KEY.sub(" ", KEY.sub(" ", ORDINAL.sub(" ", without_catalogue(text)))).split())


def _number(shown: str, number: str) -> str:
    if shown == "Hob.":
        group, rest = re.fullmatch(r"([IVXLC]+[a-g]?)\s*[:/.]?\s*(.+)", number).groups()  # type: ignore[union-attr]  # it matched before
        return f"{group}:{rest}"
    return re.sub(r"\s+", "", number)


def _musical_key(text: str) -> str | None:
    found = KEY.search(text) or BARE_KEY.search(text)
    if not found:
        return None
    mode = (found.groupdict().get("mode") or "major").lower()
    note, bent = found["note"].lower(), (found["bent"] or "").strip(" -").lower()
    if mode in ("dur", "moll") and not bent:
        note = _GERMAN.get(note, note)
    sign = "#" if bent in ("sharp", "♯", "#", "is") else "b" if bent else ""
    return f"{note}{sign}{'-' if mode.startswith(('min', 'mol', 'mineur')) else '+'}"
