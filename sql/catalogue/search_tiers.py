"""How well something matches: tiers of queries, each of which finds what the one before finds, and more.

What an item is called weighs A, what is around it B (`sql.tables.search`). An item matches as well as the worst of the
words does:

| tier | every word is at least |
|------|------------------------|
| 1    | a word of what it is called |
| 2    | a word of anything |
| 3    | the beginning of one of what it is called |
| 4    | the beginning of any word |
| 5, 6 | a mistyped word, of what it is called, of anything |
| 7    | the mistyped beginning of a word |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sql.catalogue.search_spellings import Spellings

NONE = Spellings()


def exact_tiers(typed: tuple[str, ...]) -> list[str]:
    """Tiers 1 to 4 as texts of `tsquery`. `typed` are folded words, at least one."""
    exact = [_quoted(word) for word in typed]
    begun = _beginnings(typed)
    return [
        _all(f"{word}:A" for word in exact),
        _all(exact),
        _all(
            word if beginning == word else _any(word, f"{beginning}A")
            for word, beginning in zip(exact, begun, strict=True)
        ),
        _all(begun),
    ]


def mistyped_tiers(typed: tuple[str, ...], spellings: Mapping[str, Spellings]) -> list[str]:
    """Tiers 5 to 7, likewise; none where nothing is near any of the words."""
    if not any(near.whole or near.beginnings for near in spellings.values()):
        return []
    begun = _beginnings(typed)
    whole = [[_quoted(other) for other in spellings.get(word, NONE).whole] for word in typed]
    partly = [[_quoted(other) for other in spellings.get(word, NONE).beginnings] for word in typed]
    return [
        _all(_any(word, *(f"{other}:A" for other in near)) for word, near in zip(begun, whole, strict=True)),
        _all(_any(word, *near) for word, near in zip(begun, whole, strict=True)),
        _all(_any(word, *near, *far) for word, near, far in zip(begun, whole, partly, strict=True)),
    ]


def _beginnings(typed: tuple[str, ...]) -> list[str]:
    """Words that begin like these. A single letter that another word follows stands for itself ("in D major"); at the
    end of what was typed it may be meant to go on."""
    last = len(typed) - 1
    return [
        f"{_quoted(word)}:*" if len(word) > 1 or place == last else _quoted(word) for place, word in enumerate(typed)
    ]


def _quoted(word: str) -> str:
    return f"'{word}'"


def _any(*alternatives: str) -> str:
    return f"({' | '.join(alternatives)})"


def _all(parts: Iterable[str]) -> str:
    return " & ".join(parts)
