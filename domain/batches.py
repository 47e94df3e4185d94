"""A batch of interactions as a client sends it, checked before anything is written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from domain.errors.listening import BatchTooLarge, InvalidInteraction
from domain.listening import NewInteraction

MAX_BATCH = 1_000
MAX_CLIENT_ID = 100
MAX_PLAYED_SECONDS = 7 * 86_400.0
# A clock may be off by its time zone; what lies further ahead is no clock's fault.
MAX_AHEAD = timedelta(days=1)


def checked_batch(entries: Sequence[NewInteraction], now: datetime) -> list[NewInteraction]:
    """The batch as it is to be recorded: its times set right.

    The times of a batch come from one clock. Where that is ahead, so that the batch's newest entry would lie in the
    future, all its times are moved back by as much: their order and what lies between them stays.

    Raises BatchTooLarge, and InvalidInteraction for an entry without a client id of 1 to 100 characters, with a time
    that names no time zone or lies more than a day ahead of `now`, with a length that is none, or with the client id of
    another entry that says something else.
    """
    if len(entries) > MAX_BATCH:
        raise BatchTooLarge(count=len(entries), maximum=MAX_BATCH)
    by_client_id: dict[str, NewInteraction] = {}
    for place, entry in enumerate(entries):
        reason = _fault(entry, now) or _contradiction(entry, by_client_id.get(entry.client_id))
        if reason:
            raise invalid(place, entry.client_id, reason)
        by_client_id.setdefault(entry.client_id, entry)
    return _set_right(list(entries), now)


def invalid(place: int, client_id: str, reason: str) -> InvalidInteraction:
    """What is wrong with the entry at a place, counted from 0."""
    return InvalidInteraction(index=place, entry=client_id[:MAX_CLIENT_ID], reason=reason)


def _fault(entry: NewInteraction, now: datetime) -> str | None:
    if not 1 <= len(entry.client_id) <= MAX_CLIENT_ID or "\0" in entry.client_id:
        return f"its client id must have 1 to {MAX_CLIENT_ID} characters."
    if entry.occurred_at.tzinfo is None:
        return "its time names no time zone."
    if entry.occurred_at > now + MAX_AHEAD:
        return "its time lies more than a day in the future."
    played = entry.played_seconds
    if played is not None and not (math.isfinite(played) and 0 <= played <= MAX_PLAYED_SECONDS):
        return f"its played seconds must be 0 to {MAX_PLAYED_SECONDS:.0f}."
    return None


def _contradiction(entry: NewInteraction, former: NewInteraction | None) -> str | None:
    if former is None or former == entry:
        return None
    return "another entry of the batch has the same client id and says something else."


def _set_right(entries: list[NewInteraction], now: datetime) -> list[NewInteraction]:
    ahead = max((entry.occurred_at for entry in entries), default=now) - now
    if ahead <= timedelta():
        return entries
    return [replace(entry, occurred_at=entry.occurred_at - ahead) for entry in entries]
