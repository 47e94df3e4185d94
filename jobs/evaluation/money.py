"""What keeping the archive in a cloud would cost, in the space that the verdict names."""

from __future__ import annotations

from domain.billing.bill import Archive, bill
from domain.errors.base import SegueError

REQUESTS_A_MONTH = 10_000


def money(space: str | None, tracks: int, hours: float) -> str | None:
    """A sentence, as `segue cost` counts; None where the space's costs were not measured."""
    if space is None:
        return None
    try:
        found = bill(Archive(tracks, max(hours, 0.1), REQUESTS_A_MONTH, (space,)))
    except SegueError:
        return None
    return (
        f"On AWS this archive would cost some {found.total:,.2f} dollars a month with {REQUESTS_A_MONTH:,} requests,"
        f" and {_dollars(found.once)} once to hear it all in {space} (segue cost says what that counts)."
    )


def _dollars(amount: float) -> str:
    return f"{amount:,.2f}" if amount >= 0.01 else "less than a cent"
