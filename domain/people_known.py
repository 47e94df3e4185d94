"""Finds out whom a name means, by the list of composers whom any library knows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from domain.people import Name, read_name, shortens
from domain.people_list import KNOWN


@dataclass(frozen=True, slots=True)
class Known:
    """A composer of the list; `spellings` are the name and the others."""

    name: Name
    shown: str
    sole: bool
    born: int
    spellings: tuple[Name, ...]

    @property
    def key(self) -> str:
        return self.name.key


def known_composer(name: Name) -> Known | None:
    """The one composer of the list whom a name means beyond doubt, if there is one."""
    if not name.person or name.attributed:
        return None
    exact = [known for known in _alike(name) if any(_is(name, spelling) for spelling in known.spellings)]
    if len(exact) == 1:
        return exact[0]
    possible = possible_composers(name)
    if len(possible) == 1 and (possible[0].sole or name.born or _is_short_for(name, possible[0])):
        return possible[0]
    # "J. S. Bach" is short for one of the family only; "J. Bach" may be short for several.
    whole = [known for known in possible if len(name.given) > 1 and _whole(name, known)]
    return whole[0] if len(whole) == 1 else None


def known_by_key(key: str) -> Known | None:
    """The composer of the list with a key (`Known.key`)."""
    return _by_key().get(key)


def possible_composers(name: Name) -> list[Known]:
    """Everyone on the list whom a name can mean."""
    if not name.person or name.attributed:
        return []
    return [known for known in _alike(name) if any(_can_be(name, spelling) for spelling in known.spellings)]


@cache
def given_names() -> frozenset[str]:
    """First names of the list that are nobody's surname on it."""
    names = {name.given[0] for known in _all() for name in known.spellings if name.given}
    return frozenset(names - surnames())


@cache
def surnames() -> frozenset[str]:
    """Surnames of the list, by their last word."""
    return frozenset(known.name.surname[-1] for known in _all())


@cache
def _all() -> tuple[Known, ...]:
    found = []
    for line in KNOWN.strip().replace("\n    ", " ").splitlines():
        name, years, *others = (part.strip() for part in line.split("|"))
        spellings = [name.rstrip("*"), *(other for other in "".join(others).split(";") if other.strip())]
        read = tuple(read_name(spelling) for spelling in spellings)
        found.append(Known(read[0], read[0].shown, name.endswith("*"), int(years[:4]), read))
    return tuple(found)


@cache
def _by_key() -> dict[str, Known]:
    return {known.key: known for known in _all()}


@cache
def _by_last_word() -> dict[str, list[Known]]:
    index: dict[str, list[Known]] = defaultdict(list)
    for known in _all():
        for last in dict.fromkeys(spelling.surname[-1] for spelling in known.spellings):
            index[last].append(known)
    return dict(index)


def _alike(name: Name) -> list[Known]:
    found = _by_last_word().get(name.surname[-1], []) if name.surname else []
    return [known for known in found if name.born in (None, known.born)]


def _is(name: Name, spelling: Name) -> bool:
    return name.words == spelling.words and name.suffix == spelling.suffix


def _can_be(name: Name, spelling: Name) -> bool:
    """Whether `name` is a shorter way to write `spelling`."""
    size = len(_surname(spelling))
    if name.words[-size:] != _surname(spelling) or name.suffix not in ("", spelling.suffix):
        return False
    return shortens(name.words[:-size], spelling.words[:-size])


def _whole(name: Name, known: Known) -> bool:
    """Whether a name has all given names of one of the spellings, if only as initials."""
    return any(
        name.given and len(name.words) == len(spelling.words) and _can_be(name, spelling)
        for spelling in known.spellings
    )


def _is_short_for(name: Name, known: Known) -> bool:
    """Whether all initials are there, and are enough to tell: several, or one where the list has the whole family.
    "R. Clarke" may be anyone."""
    return _whole(name, known) and (len(name.given) > 1 or len(_by_last_word()[name.surname[-1]]) > 1)


def _surname(spelling: Name) -> tuple[str, ...]:
    """All words of a surname: "Vaughan Williams" has no hyphen."""
    return ("vaughan", "williams") if spelling.words[-2:] == ("vaughan", "williams") else spelling.surname
