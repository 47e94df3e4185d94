"""What the title of a recording says about the work, its number, and which movement is played."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from domain.names import fold
from domain.works_numbers import (
    ORDINAL,
    Numbers,
    read_numbers,
    split_after_catalogue,
    without_catalogue,
    without_numbers,
)
from domain.works_words import is_collection, is_form, is_generic, is_large, is_movement, is_tempo, is_tempo_marking

# Longer keys would not fit into an index.
KEY_LENGTH = 200

# What is said of the occasion and not of the music.
_OCCASION = re.compile(
    r"\s*[(\[]\s*(?:live|encore|bis|zugabe|(?:live |concert )?(?:recording|version|performance)|remaster(?:ed)?)"
    r"(?:[ ,:-][^)\]]*)?[)\]]\s*$",
    re.IGNORECASE,
)
_NUMBER = r"(?P<roman>(?:X?L)?[IVX]+)(?=\s*(?:[.):–-]|$))|(?P<arabic>\d{1,3})(?=\s*[.):]|\s+-|\s*$)"
# "II. Andantino", "2. Satz: Andante", "No. 3 Rondo", "Nr. 2 Die Bekehrte"
_MOVEMENT = re.compile(
    rf"(?:(?:{_NUMBER})|(?:No|Nr|N[°º])\.?\s*(?P<counted>\d{{1,3}})(?!\d)|(?:mvt|movement|mov)\.?\s*(?P<named>\d{{1,2}}))"
    r"\s*(?:[.):–-]+\s*)?(?:(?:satz|mvt|movement)\b\s*[.:–-]?\s*)?(?P<title>.*)",
    re.IGNORECASE,
)
# What stands where there is no title.
_PLACEHOLDER = re.compile(
    r"(?:(?:audio\s*)?track|titel|titolo|piste|plage|pista|traccia|untitled|unknown|unbenannt|ohne titel|sans titre)"
    r"\W*\d+|\d{1,3}|(?:untitled|unknown|unbenannt|ohne titel|sans titre)(?: (?:track|titel|title))?",
    re.IGNORECASE,
)
# "BWV 1007 I Prelude"
_BARE_ROMAN = re.compile(r"(?P<number>(?:X?L)?[IVX]+)\s+(?P<title>[^\W\d].*)")
_DASH = re.compile(r"\s+[-–—]\s+")
_COLON = re.compile(r":\s+")
_COMMA_MOVEMENT = re.compile(r",\s+(?=[IVX]+\.\s+[^\W\d])")
_TRAILING_NUMBER = re.compile(r",\s*(?:No|Nr|N[°º])\.?\s*(?P<number>\d{1,3})$", re.IGNORECASE)
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50}


@dataclass(frozen=True, slots=True)
class Title:
    """What a title says; None for what it does not say.

    `work` is the work's title without its catalogue number. Two titles of one composer are of the same work only if
    their `work_key` is the same; there is none where the title says no more than the kind of piece. `by_key_alone`:
    only the musical key tells it from others of its kind, which is enough where a composer wrote few of them.
    `movement_key` is the movement's folded title, where that or its number tells it from others.
    """

    work: str | None = None
    catalogue_number: str | None = None
    work_key: str | None = None
    movement_number: int | None = None
    movement: str | None = None
    movement_key: str | None = None
    by_key_alone: bool = False


def read_title(title: str) -> Title:
    """Reads "Concerto for 2 Violins, Op. 77: II. Andantino" as the work "Concerto for 2 Violins", "Op. 77", the second
    movement, "Andantino". Nothing is invented: a title that only names a tempo, or "Track 7", has no work."""
    line = " ".join(title.split())
    if _PLACEHOLDER.fullmatch(line):
        return Title()
    while (shorter := _OCCASION.sub("", line)) != line and shorter:
        line = shorter
    head, rest = _split(line)
    number, movement = _movement(rest) if rest else (None, None)
    if head and not rest:
        head, number, movement = _after_catalogue(head)
    if head and rest and number is None and (found := _TRAILING_NUMBER.search(head)):
        collection = head[: found.start()]
        if not is_tempo(rest) and is_collection(without_numbers(collection)):
            head, number = collection, int(found["number"])
    distinctive = bool(movement) and not is_tempo(_bare(movement or ""))
    movement_key = fold(_bare(movement)) if movement and (number is not None or distinctive) else None
    if not head:
        return Title(movement_number=number, movement=movement, movement_key=movement_key)
    numbers = read_numbers(head)
    return Title(
        without_catalogue(head) or head,
        numbers.catalogue,
        _work_key(head, numbers, movement if distinctive else None),
        number,
        movement,
        movement_key,
        _is_by_key_alone(head, numbers),
    )


def work_key(title: str, catalogue_number: str | None) -> str | None:
    """The key of a work that a person names: as `read_title` finds it."""
    head = f"{title}, {catalogue_number}" if catalogue_number else title
    return _work_key(head, read_numbers(head), None) or _short(f"t {fold(head)}")


def movement_key(movement: str | None, number: int | None) -> str | None:
    """The key of a movement that a person names: as `read_title` finds it."""
    if not movement or (number is None and is_tempo(_bare(movement))):
        return None
    return fold(_bare(movement))


def _split(line: str) -> tuple[str | None, str | None]:
    """The part about the work and the part about the movement."""
    colons = [(found.start(), found.end()) for found in _COLON.finditer(line) if _is_outside(line, found.start())]
    dashes = [(found.start(), found.end()) for found in _DASH.finditer(line) if _is_outside(line, found.start())]
    commas = [(found.start(), found.end()) for found in _COMMA_MOVEMENT.finditer(line)]
    # What follows a catalogue number is in the work, even where it has parts that are numbered by themselves.
    if colons and colons[0][0] and read_numbers(line[: colons[0][0]]).catalogue:
        return line[: colons[0][0]].strip(), line[colons[0][1] :].strip()
    for places in (colons, dashes, commas):
        for start, end in places:
            if start and _movement(line[end:])[0] is not None:
                return line[:start].strip(), line[end:].strip()
    if _is_movement_alone(line):
        return None, line
    for start, end in dashes:
        if is_tempo_marking(line[end:]) and not (colons and colons[0][0] < start):
            return line[:start].strip(), line[end:].strip()
    if colons and colons[0][0]:
        return line[: colons[0][0]].strip(), line[colons[0][1] :].strip()
    return line, None


def _after_catalogue(head: str) -> tuple[str, int | None, str | None]:
    """A movement that follows the work's catalogue number with nothing but a dash, a comma or a space between:
    "BWV 1068 - Air", "BWV 1004, Chaconne", "BWV 1007 I Prelude". Not "Op. 50, for violin", nor "Op. 24 'Spring'"."""
    work, tail = split_after_catalogue(head)
    rest = tail.strip(" ,;")
    dash = _DASH.match(tail)
    if dash:
        rest = tail[dash.end() :].strip()
    bare = _BARE_ROMAN.fullmatch(rest)
    if not rest or not (bare or without_catalogue(work)) or rest[0] in "\"'“„«‘([":
        return head, None, None
    number, movement = (_roman(bare["number"]), bare["title"]) if bare else _movement(rest)
    if number is None and (is_large(rest) or not (dash or is_movement(rest))):
        return head, None, None
    return work, number, movement if number is not None else rest


def _is_outside(line: str, place: int) -> bool:
    """Whether a place is in no parentheses."""
    before = line[:place]
    return before.count("(") <= before.count(")") and before.count("[") <= before.count("]")


def _movement(rest: str) -> tuple[int | None, str | None]:
    found = _MOVEMENT.fullmatch(rest)
    if not found or (found["roman"] and not found["roman"].isupper()):
        return None, rest or None
    number = _roman(found["roman"]) if found["roman"] else int(found["arabic"] or found["counted"] or found["named"])
    return (None, rest) if number is None else (number, found["title"].strip() or None)


def _is_movement_alone(line: str) -> bool:
    """ "II. Andante", "Allegro": but not "3. Sinfonie", nor "No. 5" of something."""
    number, movement = _movement(line)
    if number is not None:
        words = (movement or "").split()
        return (
            not ORDINAL.match(line) and bool(words) and not is_form(words[0]) and read_numbers(line).catalogue is None
        )
    return is_tempo_marking(line) and read_numbers(line) == Numbers()


def _roman(text: str) -> int | None:
    values = [_ROMAN[letter] for letter in text]
    total = sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))
    return total if 0 < total < 90 and len(text) < 8 else None


def _bare(text: str) -> str:
    return without_catalogue(text) or text


def _work_key(head: str, numbers: Numbers, movement: str | None) -> str | None:
    if numbers.thematic:
        return numbers.thematic
    if numbers.opus:
        if numbers.item:
            return f"{numbers.opus}/{numbers.item}"
        # An opus may hold several works that only their number or key tells apart.
        among = [f"no {numbers.ordinal}" if numbers.ordinal else "", numbers.key or ""]
        collection = is_collection(without_numbers(head))
        return numbers.opus if collection else " ".join([numbers.opus, *filter(None, among)])
    words = fold(without_numbers(head))
    told = [words, f"no {numbers.ordinal}" if numbers.ordinal else "", numbers.key or ""]
    key = "t " + " ".join(filter(None, told))
    if is_generic(words) and not numbers.ordinal and not (numbers.key and is_large(words)):
        return _short(f"{key} | {fold(_bare(movement))}") if movement else None
    return _short(key)


def _is_by_key_alone(head: str, numbers: Numbers) -> bool:
    words = without_numbers(head)
    return bool(numbers.key and is_generic(words)) and not (numbers.catalogue or numbers.ordinal)


def _short(key: str) -> str:
    if len(key) <= KEY_LENGTH:
        return key
    return key[: KEY_LENGTH - 17] + " " + hashlib.sha256(key.encode()).hexdigest()[:16]
