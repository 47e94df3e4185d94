"""Names of people as catalogues spell them, read into their parts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from domain.names import fold

# Words that stand between given names and surnames, and that spellings leave out as they please.
PARTICLES = frozenset(
    [
        "van",
        "von",
        "v",
        "de",
        "der",
        "den",
        "del",
        "della",
        "di",
        "da",
        "do",
        "dos",
        "du",
        "la",
        "le",
        "zu",
        "zum",
        "ten",
        "ter",
        "vom",
        "af",
    ]
)
# What tells a son from his father. Each is kept as it is written, except for a few that mean the same.
SUFFIXES = {
    "i": "i",
    "ii": "ii",
    "iii": "iii",
    "iv": "iv",
    "jr": "jr",
    "jun": "jr",
    "junior": "jr",
    "sohn": "jr",
    "fils": "jr",
    "sr": "sr",
    "sen": "sr",
    "senior": "sr",
    "vater": "sr",
    "pere": "sr",
}
# "(1685-1750)", "1685–1750", "(b. 1950)", "(*1950)", "(born 1950)"
YEARS = re.compile(
    r"[(\[]?\b(?P<born>1[0-9]{3}|20[0-9]{2})\s*[-–—]\s*(?P<died>1[0-9]{3}|20[0-9]{2})?(?![0-9])[)\]]?"
    r"|[(\[]\s*(?:b\.|\*|born|geb\.)\s*(?P<alive>1[0-9]{3}|20[0-9]{2})\s*[)\]]",
    re.IGNORECASE,
)
# Said of music whose composer is not certain: such a name is nobody else's.
ATTRIBUTED = re.compile(
    r"(?:\b(?:attr(?:ib(?:uted)?)?|formerly|school|circle|style|manner|pseudo|doubtful|after|nach)\b|\?)", re.IGNORECASE
)
# Patterns of folded text.
NOBODY = {
    "Traditional": re.compile(r"(?:\w+ )?traditional(?: .*)?|trad(?: .*)?|folk ?(?:song|tune)?|volkslied|volksweise"),
    "Anonymous": re.compile(r"anon(?:ym(?:ous|us)?)?(?: .*)?|anonimo|anonyme|author unknown"),
}
# Longer keys would not fit into an index.
LONGEST = 300
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name.

    `shown` is in natural order ("Clara Schumann"); `given` and `surname` are folded words without particles, in which
    a dot ends what is abbreviated ("j."); `suffix` is of `SUFFIXES`; `born` and `died` are years. `attributed`: the
    source is not certain of it. `person` is false for "Traditional" and "Anonymous".
    """

    shown: str
    key: str
    given: tuple[str, ...] = ()
    surname: tuple[str, ...] = ()
    suffix: str = ""
    born: int | None = None
    died: int | None = None
    attributed: bool = False
    person: bool = True

    @property
    def words(self) -> tuple[str, ...]:
        return (*self.given, *self.surname)


def read_name(text: str) -> Name:
    """One person's name. Its `key` is shared by all spellings that differ in case, diacritics, punctuation and in
    whether the surname comes first, and by no others: "Schumann, Clara" and "CLARA SCHUMANN" have one."""
    line = " ".join(text.split())[:LONGEST]
    for shown, pattern in NOBODY.items():
        if pattern.fullmatch(fold(line)):
            return Name(shown, fold(shown), person=False)
    if ATTRIBUTED.search(line) or len(line.split()) > 9:
        return Name(line, _key(line), attributed=True)
    years = YEARS.search(line)
    named = " ".join((line[: years.start()] + " " + line[years.end() :]).split()).strip(" ,;") if years else line
    born, died = _years(years)
    words, last = _natural(named)
    suffix = ""
    if len(words) > 1 and (found := SUFFIXES.get(fold(words[-1]))) and (len(words) > 2 or found != "i"):
        suffix, words = found, words[:-1]
    folded = [_folded(word) for word in words]
    surname = tuple(word.rstrip(".") for word in _flat(folded[-last:]))
    given = tuple(_flat(folded[:-last]))
    key = fold(" ".join([*words, suffix, *(str(year) for year in (born, died) if year)]))
    shown = " ".join(_tidy_case(words)) + (f" {_shown_suffix(named, suffix)}" if suffix else "")
    if born:
        shown += f" ({born}–{died or ''})"
    return Name(
        shown.strip() or line,
        key or _key(line),
        tuple(word for word in given if word.rstrip(".") not in PARTICLES),
        tuple(word for word in surname if word not in PARTICLES) or surname,
        suffix,
        born,
        died,
    )


def keys(name: Name) -> tuple[str, ...]:
    """Its key, and the one it has where umlauts are written out ("Mueller")."""
    return tuple(dict.fromkeys((name.key, _key(name.shown.translate(UMLAUTS)) if not name.born else name.key)))


def may_be_one(one: Name, other: Name) -> bool:
    """Whether nothing that two names say keeps them from being one person's: the same surname, and given names of
    which those of one are left out, shortened or abbreviated in the other."""
    if one.surname[-1:] != other.surname[-1:] or not one.surname or one.attributed or other.attributed:
        return False
    if one.suffix and other.suffix and one.suffix != other.suffix:
        return False
    if one.born and other.born and one.born != other.born:
        return False
    short, long = sorted((one.words[:-1], other.words[:-1]), key=len)
    return shortens(short, long)


def shortens(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    """Whether given names can be a shorter way to write others: nothing at all, or the first one and some of those
    after it in their order, any of them abbreviated."""
    if not short:
        return True
    if not long or not _matches(short[0], long[0]):
        return False
    place = 1
    for word in short[1:]:
        while place < len(long) and not _matches(word, long[place]):
            place += 1
        if place == len(long):
            return False
        place += 1
    return True


def is_better_spelling(new: str, old: str) -> bool:
    """Of two spellings that mean the same: whether the new one is the fuller, with diacritics and small letters."""
    return _rank(new) > _rank(old)


def _matches(one: str, other: str) -> bool:
    if one.endswith(".") or other.endswith("."):
        one, other = one.rstrip("."), other.rstrip(".")
        return one.startswith(other) or other.startswith(one)
    return one == other


def _natural(named: str) -> tuple[list[str], int]:
    """The words in natural order, and how many of the last ones are certainly the surname."""
    last, comma, first = named.partition(",")
    spaced = re.sub(r"\.(?=[^\s.,)\]])", ". ", first if comma else named).split()
    if not comma:
        return [part for word in spaced for part in _initials(word, spaced)], 1
    surname = last.split()
    suffix = spaced.pop() if spaced and fold(spaced[-1].strip(",")) in SUFFIXES and len(fold(spaced[-1])) > 1 else None
    first_words = [part for word in spaced for part in _initials(word.strip(","), [*spaced, *surname])]
    return [word for word in (*first_words, *surname, *([suffix] if suffix else [])) if word], max(len(surname), 1)


def _initials(word: str, among: list[str]) -> list[str]:
    """ "JS" beside a word in small letters is "J. S."."""
    bunch = 2 <= len(word) <= 3 and word.isalpha() and word.isupper() and fold(word) not in SUFFIXES
    if bunch and any(not other.isupper() for other in among if other.isalpha() and len(other) > 1):
        return [f"{letter}." for letter in word]
    return [word]


def _folded(word: str) -> str:
    """A word folded; one that is abbreviated ends with a dot."""
    folded = fold(word)
    return f"{folded}." if folded and (len(folded) == 1 or word.rstrip(",)").endswith(".")) else folded


def _flat(words: list[str]) -> list[str]:
    return [part for word in words for part in word.split()]


def _key(text: str) -> str:
    return fold(text) or " ".join(text.split()).casefold()


def _years(found: re.Match[str] | None) -> tuple[int | None, int | None]:
    if found is None:
        return None, None
    born = found["born"] or found["alive"]
    return int(born), int(found["died"]) if found["died"] else None


def _tidy_case(words: list[str]) -> list[str]:
    """A name all in capitals as others are written."""
    letters = "".join(words)
    if not letters.isupper() or len(letters) < 4 or any(len(word) > 1 and word.endswith(".") for word in words[-1:]):
        return words
    return [re.sub(r"[^\W\d_]+", lambda part: part.group().capitalize(), word) for word in words]


def _shown_suffix(named: str, suffix: str) -> str:
    return next((word.strip(",()") for word in named.split() if SUFFIXES.get(fold(word)) == suffix), suffix)


def _rank(shown: str) -> tuple[bool, int]:
    return not shown.isupper(), sum(not character.isascii() and character.isalpha() for character in shown)
