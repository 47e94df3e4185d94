"""Words of the archive that a typed word may be a mistyping of."""

from __future__ import annotations

from dataclasses import dataclass

from domain import search
from sql.database import Database

# More spellings of one word than this are no help to anybody; the nearest stay.
MAX_SPELLINGS = 24

CANDIDATES = """
SELECT t.typed, s.word
FROM unnest(%(typed)s::text[], %(remainders)s::text[]) AS t (typed, remainders)
JOIN search_words s ON s.remainders && t.remainders::text[]
"""


@dataclass(frozen=True, slots=True)
class Spellings:
    """What a typed word may mean: `whole` words, and words that only begin like it; nearest first."""

    whole: tuple[str, ...] = ()
    beginnings: tuple[str, ...] = ()


async def spellings(database: Database, typed: tuple[str, ...]) -> dict[str, Spellings]:
    """Of those typed words that anything else in the archive is near to."""
    mistypable = [word for word in typed if search.errors_allowed(word)]
    if not mistypable:
        return {}
    # Neither braces nor quotes nor commas are in a folded word.
    remainders = ["{" + ",".join(search.remainders(word)) + "}" for word in mistypable]
    rows = await database.rows(CANDIDATES, {"typed": mistypable, "remainders": remainders})
    candidates: dict[str, list[str]] = {word: [] for word in mistypable}
    for word, candidate in rows:
        candidates[word].append(candidate)
    return {word: _nearest(word, found) for word, found in candidates.items()}


def _nearest(typed: str, candidates: list[str]) -> Spellings:
    allowed = search.errors_allowed(typed)
    whole, beginnings = [], []
    for word in candidates:
        # What begins with the typed word needs no correction.
        if word.startswith(typed):
            continue
        distance = search.distance(typed, word)
        if distance.whole <= allowed:
            whole.append((distance.whole, word))
        elif distance.beginning <= allowed:
            beginnings.append((distance.beginning, word))
    return Spellings(_first(whole), _first(beginnings))


def _first(found: list[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(word for _, word in sorted(found)[:MAX_SPELLINGS])
