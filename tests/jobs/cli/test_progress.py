"""How fast, how long still, and lines where there is no terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import jobs.cli.progress
from jobs.cli.progress import Pace, progress


def clock(*times: float) -> Callable[[], float]:
    moments = iter(times)
    return lambda: next(moments)


def test_the_pace_is_that_since_the_first_count() -> None:
    # 100 were done before anything was timed; 20 more in 4 s are 5 a second, and 30 remain.
    pace = Pace("files", clock(10.0, 14.0, 14.0))
    assert pace.text(100) == ""
    assert pace.text(120) == "5.0 files/s"
    assert pace.seconds_left(120, 150) == 6.0


def test_slow_things_are_counted_by_the_minute() -> None:
    pace = Pace("tracks", clock(0.0, 30.0))
    pace.text(0)
    assert pace.text(3) == "6.0 tracks/min"


class Now:
    """The time that is shown."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Iterator[Now]:
    now = Now()
    monkeypatch.setattr(jobs.cli.progress.time, "monotonic", now)
    monkeypatch.setattr(Pace.__init__, "__defaults__", (now,))
    jobs.cli.progress.console.cache_clear()
    yield now
    jobs.cli.progress.console.cache_clear()


def test_without_a_terminal_there_is_a_line_now_and_then(now: Now, capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Importing", "files") as tell:
        for done in range(101):
            now.seconds = done / 4  # four a second
            tell(done, 100, f"{done}.flac")
    assert capsys.readouterr().out.splitlines() == [
        "Importing: 40 of 100 files, 4.0 files/s, 15 s left",
        "Importing: 80 of 100 files, 4.0 files/s, 5 s left",
        "Importing: 100 of 100 files",
    ]


def test_what_takes_long_is_named(now: Now, capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Evaluating", "units") as tell:
        for seconds in range(40):
            now.seconds = seconds
            # The first unit takes 25 s, the second what is left.
            tell(seconds // 25, 2, "disturbing recordings" if seconds < 25 else "probing for tempo")
        tell(2, 2, "")
        tell(2, 2, "")
    assert capsys.readouterr().out.splitlines() == [
        "Evaluating: 0 of 2 units",
        "Evaluating: 0 of 2 units: disturbing recordings",
        "Evaluating: 1 of 2 units, 2.0 units/min, 30 s left",
        "Evaluating: 2 of 2 units",
    ]
