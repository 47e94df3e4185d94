"""Names as readers sort them."""

from __future__ import annotations

import re
import unicodedata

# Letters that Unicode does not decompose but every catalogue files under their base letters.
LIGATURES = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i"}
)


def fold(text: str) -> str:
    """`text` without case, diacritics, punctuation and doubled spaces: "Dvořák, A." becomes "dvorak a"."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(LIGATURES))
    letters = "".join(c if c.isalnum() else " " for c in decomposed if not unicodedata.combining(c))
    return " ".join(letters.split())


def title_sort_key(title: str) -> str:
    """Orders titles: folded, and numbers by value ("Op. 9" before "Op. 10")."""
    return re.sub(r"\d+", lambda number: number.group().zfill(6), fold(title))


# "Johann Strauss II", "Bach (1685–1750)": what follows the last name.
AFTER_LAST_NAME = re.compile(r"(?<=\S)(?:\s+(?:[IV]{2,3}|[JS]r\.?|[JS]unior|Sohn|Vater|fils|père|[(\[].*[)\]]))+$")


# "Luise Adolpha Le Beau": an article belongs to the last name, as "de" and "von" do not.
ARTICLES = ("le", "la", "les", "du", "des")


def person_sort_key(name: str) -> str:
    """Orders people by last name: "Johann Sebastian Bach" and "Bach, Johann Sebastian" both become
    "bach johann sebastian", and "Johann Strauss II" becomes "strauss johann ii"."""
    last, comma, first = name.partition(",")
    if comma:
        return fold(f"{last} {first}")
    after = AFTER_LAST_NAME.search(name)
    words = (name[: after.start()] if after else name).split()
    first_of_last = -2 if len(words) > 2 and words[-2].casefold() in ARTICLES else -1
    return fold(" ".join([*words[first_of_last:], *words[:first_of_last], after.group() if after else ""]))
