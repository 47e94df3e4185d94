"""From settings to limits."""

from __future__ import annotations

from domain.settings import Settings
from jobs.hearing.limits import Limits


def test_settings_make_limits() -> None:
    settings = Settings(longest_recording_hours=2.0, decoder_memory_mb=100, decoder_stall_seconds=7.0)
    assert Limits.of(settings) == Limits(memory_bytes=104_857_600, longest_seconds=7_200.0, stall_seconds=7.0)
    assert Limits.of(Settings()) == Limits()


def test_time_is_allowed_in_proportion_to_what_was_heard() -> None:
    assert Limits(stall_seconds=60.0, pace=4.0).allowed_seconds(300.0) == 60 + 4 * 300
