"""How long the lists are that are judged."""

from __future__ import annotations

FIXED = (5, 10, 50)
# Of the tracks: 50 of 204 tracks is a quarter of an archive, and says nothing.
SHARES = (0.01, 0.05)


def scaled(items: int) -> dict[str, int]:
    """The cut-offs that grow with the archive by name, `{"1%": k, "5%": k}`, at least 1."""
    return {f"{share:.0%}": max(1, round(share * items)) for share in SHARES}


def cutoffs(items: int) -> tuple[int, ...]:
    """Every k at which an archive of `items` tracks is measured, ascending, each once and none above `items`."""
    found = {*FIXED, *scaled(items).values()}
    return tuple(sorted({min(k, items) for k in found}))
