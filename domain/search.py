"""What a reader types into a search box, and how far from a word it may be to mean it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from domain.errors.asking import SearchTextTooLong
from domain.names import fold

MAX_TEXT_LENGTH = 200
# Of a text with more words, such as a whole title that somebody pasted, the first ones decide.
MAX_WORDS = 16
MAX_WORD_LENGTH = 64
# Numbers are words of their own: "BWV1001" and "BWV 1001" are the same. Folded text holds no other signs.
WORD = re.compile(r"[0-9]+|[^\x00-\x60\x7b-\x7f]+")

# Words this long may hold one and two typing errors.
ONE_ERROR_FROM, TWO_ERRORS_FROM = 4, 8


class Distance(NamedTuple):
    """How many typing errors lie between what was typed and a word: the whole of it, and its nearest beginning."""

    whole: int
    beginning: int


def words(text: str) -> tuple[str, ...]:
    """The folded words of a search text, each once, in the order typed; none where it holds no letter or digit.

    Raises SearchTextTooLong.
    """
    if len(text) > MAX_TEXT_LENGTH:
        raise SearchTextTooLong(length=len(text), maximum=MAX_TEXT_LENGTH)
    # Some compatibility forms only become letters that fold when they are taken apart: ™ is TM.
    found = WORD.findall(fold(unicodedata.normalize("NFKD", text)))[:MAX_WORDS]
    return tuple(dict.fromkeys(word[:MAX_WORD_LENGTH] for word in found))


def errors_allowed(typed: str) -> int:
    """How many typing errors a typed word may hold: 0 to 2. A number is meant as it is."""
    if len(typed) < ONE_ERROR_FROM or typed[0].isdecimal():
        return 0
    return 1 if len(typed) < TWO_ERRORS_FROM else 2


def remainders(typed: str) -> tuple[str, ...]:
    """What every word that `typed` may be a mistyping of shares at least one of, as `search_words.remainders` has it:
    its beginning with up to as many letters taken away as there may be errors."""
    errors = errors_allowed(typed)
    if not errors:
        return ()
    beginning = typed[: 7 if errors == 2 else min(len(typed), 5)]
    return tuple(sorted({f"{len(beginning)}{rest}" for rest in _shortened(beginning, errors)}))


def distance(typed: str, word: str) -> Distance:
    """Letters to insert, leave out, replace, or swap with their neighbour, none of them twice (the "optimal string
    alignment" variant of Damerau and Levenshtein's distance)."""
    # Here, because only who mistypes needs it, and functions that start for one question have to be quick.
    from rapidfuzz.distance import OSA

    beginning = OSA.distance(typed, word[: len(typed)])
    # Every letter that two words differ by in length is an error at least.
    ends = range(max(0, len(typed) - beginning + 1), min(len(word), len(typed) + beginning - 1) + 1)
    return Distance(
        OSA.distance(typed, word), min((OSA.distance(typed, word[:end]) for end in ends), default=beginning)
    )


def _shortened(letters: str, errors: int) -> Iterator[str]:
    for count in range(errors + 1):
        for left_out in combinations(range(len(letters)), count):
            yield "".join(letter for place, letter in enumerate(letters) if place not in left_out)
