"""Splits the field of a catalogue or tag that names who wrote a piece of music: often one person, sometimes several."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from domain.names import fold
from domain.people import ATTRIBUTED, SUFFIXES, YEARS, Name, read_name
from domain.people_known import given_names, known_composer, surnames


class Part(StrEnum):
    """What someone did for a piece."""

    COMPOSER = "composer"
    ARRANGER = "arranger"
    AUTHOR = "author"


@dataclass(frozen=True, slots=True)
class Credit:
    """One name of a field. `text` is how the field spells it; `joint`: it may name several, and nothing tells."""

    text: str
    name: Name
    part: Part = Part.COMPOSER
    joint: bool = False


_BY = r"(?:\s+(?:by|von|par|de|for .{1,40}? by))?(?:\s*[:\s]\s*|(?<=\.))"
_ARRANGED = r"arr(?:\.|angiert|angé|anged|angement)?|orch(?:\.|estrated|estriert)|transcr(?:\.|ibed|iption)?"
_ARRANGED += r"|trans\.|bearb(?:\.|eitet)|harm(?:\.|onized)|instr\.|adapt(?:\.|ed)"
_WRITTEN = r"text|words|lyrics|poem|libretto|worte"
# "arr. Busoni", "orchestrated by Ravel", "words: Goethe"
_LEADING = re.compile(rf"^(?:(?P<arranger>{_ARRANGED})|(?P<author>{_WRITTEN})){_BY}(?P<name>\S.*)$", re.IGNORECASE)
# "Busoni (arr.)", "Goethe (text)", "Busoni, arr.", "Bach (composer)"
_TRAILING = re.compile(
    rf"^(?P<name>.*?\S)\s*(?:[(\[]\s*(?:(?P<arranger>{_ARRANGED}|arranger)|(?P<author>{_WRITTEN}|author|lyricist)"
    r"|comp(?:\.|oser)?|music|musik)\s*[)\]]|,\s*(?P<after>arr\.|orch\.|arranger))$",
    re.IGNORECASE,
)
# The place in "Bach, arr. Busoni" or "Bach (arr. Busoni)" where the arranger begins.
_INSIDE = re.compile(
    rf"\s*[,(\[–-]?\s*(?<![^\s,(\[–-])(?=(?:{_ARRANGED}|{_WRITTEN})(?:\s+by)?(?:[\s:]\s*|(?<=\.))[^\s)\],.:])",
    re.IGNORECASE,
)
# What certainly stands between names.
_BETWEEN = re.compile(r"\s*(?:[;\0\n|]|\s/\s|(?<=\w{3})/(?=\w{2})|\s[&+–-]\s|\s(?:and|und|et)\s)\s*", re.IGNORECASE)


def read_credits(text: str | None) -> list[Credit]:
    """Everyone a field names, in its order, each once."""
    found: dict[tuple[str, Part], Credit] = {}
    # The dash of "(1685 - 1750)" separates no names.
    field = YEARS.sub(lambda years: re.sub(r"\s*[-–—]\s*", "-", years.group()), text or "")
    for piece in _with_shared_surname(_BETWEEN.split(field)):
        for name, part in _parts(piece):
            for credit in _people(name, part):
                found.setdefault((credit.name.key, credit.part), credit)
    return list(found.values())


def _with_shared_surname(pieces: list[str]) -> list[str]:
    """ "Robert" and "Clara Schumann" are both Schumanns."""
    shared = list(pieces)
    for place, (piece, following) in enumerate(pairwise(pieces)):
        if fold(piece) in given_names() and len(following.split()) > 1 and "," not in following:
            shared[place] = f"{piece} {following.split()[-1]}"
    return shared


def _parts(piece: str) -> list[tuple[str, Part]]:
    """A piece cut where an arranger or author begins."""
    cuts = [found.start() for found in _INSIDE.finditer(piece) if found.start() > 0]
    ends = [*cuts, len(piece)]
    parts = []
    for start, end in zip([0, *cuts], ends, strict=True):
        name = piece[start:end].strip(" ,;–-\t")
        if start:
            name = name.strip("()[]")
        elif name.count("(") > name.count(")"):
            name = name.rstrip("( ")
        part = Part.COMPOSER
        if found := _LEADING.match(name):
            name, part = found["name"], Part.AUTHOR if found["author"] else Part.ARRANGER
        elif found := _TRAILING.match(name):
            name = found["name"]
            part = Part.ARRANGER if found["arranger"] or found["after"] else Part.COMPOSER
            part = Part.AUTHOR if found["author"] else part
        if name.strip(" ,;()[]"):
            parts.append((name.strip(), part))
    return parts


def _people(text: str, part: Part) -> list[Credit]:
    names, joint = _between_commas(text)
    if joint:
        line = " ".join(text.split())
        return [Credit(line, Name(line, fold(line)), part, joint=True)]
    return [Credit(" ".join(name.split()), read_name(name), part) for name in names]


def _between_commas(text: str) -> tuple[list[str], bool]:
    """Names that commas separate, and whether that is a guess: commas stand inside names ("Bach, J. S.") as often as
    between them."""
    pieces = [piece.strip() for piece in YEARS.sub(" ", text).split(",") if piece.strip()]
    while len(pieces) > 2 and fold(pieces[-1]) in SUFFIXES:
        pieces = [*pieces[:-2], f"{pieces[-2]}, {pieces[-1]}"]
    if len(pieces) < 2 or ATTRIBUTED.search(text) or known_composer(read_name(text)):
        return [text], False
    if len(pieces) == 2:
        if fold(pieces[1]) in SUFFIXES:
            return [text], False
        several = _are_two(pieces[0], pieces[1])
        return ([text], several is None) if not several else (pieces, False)
    if all(len(piece.split()) > 1 and _begins_with_given_name(piece) for piece in pieces):
        return pieces, False
    if all(_is_surname(piece) for piece in pieces):
        return pieces, False
    pairs = [f"{last}, {first}" for last, first in zip(pieces[::2], pieces[1::2], strict=False)]
    if len(pieces) % 2 == 0 and all(_is_given(first) for first in pieces[1::2]):
        return pairs, False
    return [text], True


def _are_two(one: str, other: str) -> bool | None:
    """Whether "ONE, OTHER" names two people rather than one, surname first; None where nothing tells."""
    if _is_given(other) and not (len(one.split()) > 1 and _begins_with_given_name(one)):
        return False
    if _is_surname(one) and _is_surname(other):
        return True
    if len(one.split()) > 1 and _begins_with_given_name(one):
        return True if len(other.split()) > 1 or _is_surname(other) else None
    if len(one.split()) > 1 and len(other.split()) > 1:
        return None
    return False


def _is_given(piece: str) -> bool:
    """ "J. S.", "Johann Sebastian", "Ludwig van": nothing but initials, or a first name that is one."""
    words = re.sub(r"\.(?=\S)", ". ", piece).split()
    return all(word.endswith(".") or len(word) == 1 for word in words) or fold(words[0]) in given_names()


def _begins_with_given_name(piece: str) -> bool:
    first = re.sub(r"\.(?=\S)", ". ", piece).split()[0]
    return first.endswith(".") or fold(first) in given_names()


def _is_surname(piece: str) -> bool:
    return fold(piece) in surnames()
