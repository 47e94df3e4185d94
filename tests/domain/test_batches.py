from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.batches import MAX_BATCH, checked_batch
from domain.errors.listening import BatchTooLarge, InvalidInteraction
from domain.listening import InteractionKind, NewInteraction

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
PLAY = NewInteraction("a", 1, InteractionKind.PLAY, NOW - timedelta(minutes=5))


def entry(client_id: str, minutes: float) -> NewInteraction:
    """Something that happened so many minutes after NOW, by its sender's clock."""
    return NewInteraction(client_id, 1, InteractionKind.PLAY, NOW + timedelta(minutes=minutes))


def minutes_of(batch: list[NewInteraction]) -> list[float]:
    return [(entry.occurred_at - NOW) / timedelta(minutes=1) for entry in batch]


def test_what_lies_in_the_past_is_recorded_as_it_is() -> None:
    batch = [entry("a", -600_000), entry("b", -1), entry("c", 0)]
    assert checked_batch(batch, NOW) == batch
    assert checked_batch([], NOW) == []


def test_a_clock_that_is_ahead_is_set_right_for_the_whole_batch() -> None:
    # The newest is 60 minutes ahead: all go back by 60, and stay as far from each other.
    batch = checked_batch([entry("a", 45), entry("b", 60), entry("c", 10)], NOW)
    assert minutes_of(batch) == [-15, 0, -50]
    assert [entry.client_id for entry in batch] == ["a", "b", "c"]


def test_no_clock_is_ahead_by_more_than_a_day() -> None:
    assert minutes_of(checked_batch([entry("a", 24 * 60)], NOW)) == [0]
    with pytest.raises(
        InvalidInteraction, match=r"^Entry 1 of the batch \('b'\) .* more than a day in the future\. No"
    ):
        checked_batch([entry("a", 0), entry("b", 24 * 60 + 1)], NOW)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"client_id": ""}, "its client id must have 1 to 100 characters."),
        ({"client_id": "x" * 101}, "its client id must have 1 to 100 characters."),
        ({"client_id": "\0"}, "its client id must have 1 to 100 characters."),
        ({"occurred_at": NOW.replace(tzinfo=None)}, "its time names no time zone."),
        ({"played_seconds": -0.1}, "its played seconds must be 0 to 604800."),
        ({"played_seconds": 604_800.5}, "its played seconds must be 0 to 604800."),
        ({"played_seconds": float("nan")}, "its played seconds must be 0 to 604800."),
    ],
)
def test_an_entry_at_fault_is_named(wrong: dict[str, Any], reason: str) -> None:
    at_fault = replace(PLAY, client_id="b", **{name: value for name, value in wrong.items() if name != "client_id"})
    at_fault = replace(at_fault, client_id=wrong.get("client_id", "b"))
    with pytest.raises(InvalidInteraction) as raised:
        checked_batch([PLAY, at_fault], NOW)
    assert raised.value.details == {"index": 1, "entry": at_fault.client_id[:100], "reason": reason}


def test_one_client_id_says_one_thing() -> None:
    assert checked_batch([PLAY, PLAY], NOW) == [PLAY, PLAY]
    with pytest.raises(InvalidInteraction, match=r"Entry 2 .* the same client id and says something else"):
        checked_batch([PLAY, entry("b", 0), replace(PLAY, kind=InteractionKind.SKIP)], NOW)


def test_a_batch_is_bounded() -> None:
    batch = [entry(str(number), 0) for number in range(MAX_BATCH)]
    assert checked_batch(batch, NOW) == batch
    with pytest.raises(BatchTooLarge, match="1001 interactions; 1000 are taken at once"):
        checked_batch([*batch, PLAY], NOW)
