"""Spellings of which nobody but a person can say whose they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations

from domain.people import Name, may_be_one
from domain.people_known import known_composer, possible_composers

NAMES_LISTED = 4
# Of two surnames, how much of their letters agree where one may be a slip of the pen.
ALIKE = 0.85


@dataclass(frozen=True, slots=True)
class Spelling:
    """A spelling and whose it is taken to be. `decided`: a person said so."""

    alias: str
    name: Name
    composer: str
    decided: bool = False
    joint: bool = False


@dataclass(frozen=True, slots=True)
class Doubt:
    """`alias` is filed under `composer`, and why that may be wrong; `others` are whom it may mean instead."""

    alias: str
    composer: str
    reason: str
    others: tuple[str, ...]


def doubts(spellings: Sequence[Spelling]) -> list[Doubt]:
    """What is doubtful, in the order of the spellings, each spelling once. What a person decided is not."""
    found: dict[str, Doubt] = {}
    rivals = _rivals(spellings)
    for spelling in spellings:
        if spelling.decided or not spelling.name.person:
            continue
        if spelling.joint:
            found[spelling.alias] = Doubt(spelling.alias, spelling.composer, "it may name several people", ())
            continue
        others = rivals.get(spelling.alias, [])
        if known_composer(spelling.name) is None:
            listed = [known.shown for known in possible_composers(spelling.name)]
            others = list(dict.fromkeys([*others, *(name for name in listed if name != spelling.composer)]))
        if others:
            found[spelling.alias] = Doubt(spelling.alias, spelling.composer, _may_be(others), tuple(others))
    return list(found.values())


def _rivals(spellings: Sequence[Spelling]) -> dict[str, list[str]]:
    """The composers of the archive whom a spelling may mean beside the one it is filed under. Of two spellings that
    may be one person's, the shorter is the doubtful one."""
    found: dict[str, list[str]] = defaultdict(list)
    for one, other in _near(spellings):
        if one.composer == other.composer:
            continue
        doubtful, fuller = sorted((one, other), key=lambda spelling: (_fullness(spelling), spelling.alias))
        if doubtful.decided:
            continue
        if not _is_certain(doubtful) or not _is_certain(fuller):
            found[doubtful.alias].append(fuller.composer)
    return {alias: list(dict.fromkeys(names)) for alias, names in found.items()}


def _near(spellings: Iterable[Spelling]) -> Iterator[tuple[Spelling, Spelling]]:
    by_surname: dict[str, list[Spelling]] = defaultdict(list)
    by_given: dict[tuple[str, ...], list[Spelling]] = defaultdict(list)
    for spelling in spellings:
        if spelling.name.surname and not spelling.name.attributed and not spelling.joint:
            by_surname[spelling.name.surname[-1]].append(spelling)
            if spelling.name.given:
                by_given[spelling.name.given].append(spelling)
    for group in by_surname.values():
        yield from (pair for pair in combinations(group, 2) if may_be_one(pair[0].name, pair[1].name))
    for group in by_given.values():
        yield from (pair for pair in combinations(group, 2) if _spelled_alike(pair[0].name, pair[1].name))


def _spelled_alike(one: Name, other: Name) -> bool:
    ours, theirs = " ".join(one.surname), " ".join(other.surname)
    return ours != theirs and ours[:1] == theirs[:1] and SequenceMatcher(None, ours, theirs).ratio() >= ALIKE


def _fullness(spelling: Spelling) -> tuple[int, int]:
    return (
        sum(not word.endswith(".") for word in spelling.name.words),
        sum(map(len, spelling.name.words)),
    )


def _is_certain(spelling: Spelling) -> bool:
    """Whether the list of known composers says whom a full name means."""
    abbreviated = any(word.endswith(".") for word in spelling.name.given) or not spelling.name.given
    return not abbreviated and known_composer(spelling.name) is not None


def _may_be(others: Sequence[str]) -> str:
    listed = ", ".join(others[:NAMES_LISTED])
    more = f" and {len(others) - NAMES_LISTED} more" if len(others) > NAMES_LISTED else ""
    return f"it may be {listed}{more}" if len(others) == 1 else f"it may be one of {listed}{more}"
