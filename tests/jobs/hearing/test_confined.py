"""Processes that crash, hang, hoard and lie: each costs one recording, and says why."""

from __future__ import annotations

import errno
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from domain.errors.machine import DecoderKilled, DecoderNotStarted, WeightsMissing
from domain.errors.recordings import UnusableAudio
from jobs.hearing.confined import ConfinedProcess, Interrupted
from jobs.hearing.limits import Limits
from tests.jobs.hearing import misbehaving

Misbehaving = Callable[..., ConfinedProcess]
RECORDING = Path("/music/a\n\udcef.flac")


@pytest.fixture
def confined() -> Iterator[Misbehaving]:
    """Makes a process whose work is a function of `misbehaving`."""
    made = []

    def make(work: str, **limits: float) -> ConfinedProcess:
        process = ConfinedProcess(limits=Limits(**limits), work=f"{misbehaving.__name__}:{work}")  # type: ignore[arg-type]
        made.append(process)
        return process

    yield make
    for process in made:
        process.close()


def reason(process: ConfinedProcess, path: Path = RECORDING) -> str:
    """Why a recording cannot be used."""
    with pytest.raises(UnusableAudio) as caught:
        process.ask(path)
    assert caught.value.details["path"] == path
    return str(caught.value.details["reason"])


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        ("segfault", "the decoder crashed on it (SIGSEGV)"),
        ("abort", "the decoder crashed on it (SIGABRT)"),
        ("leave", "the decoder crashed on it (exit status 3)"),
        ("babble", "the decoder answered nonsense"),
        ("hoard", "decoding it took more memory than the 768 MB it may take"),
        ("never_end", "it claims or holds more than 12 hours of audio"),
    ],
)
def test_a_mishap_is_told_in_words(confined: Misbehaving, work: str, expected: str) -> None:
    process = confined(work)
    assert reason(process) == expected
    assert reason(process) == expected  # and whoever replaces it is as able to say so


def test_a_decoder_that_stands_still_is_ended(confined: Misbehaving) -> None:
    process = confined("hang", stall_seconds=0.6)
    started = time.monotonic()
    assert reason(process) == "decoding stood still for 0.6 s"
    assert time.monotonic() - started < 10
    assert process.pid is None


def test_progress_that_is_too_slow_ends_too(confined: Misbehaving) -> None:
    """0.01 s of audio in each second, where 0.25 s are the least."""
    assert reason(confined("creep", stall_seconds=1.0, pace=4.0)) == "decoding 0 s of it took more than 1 s"


def test_the_process_has_only_so_much_memory(confined: Misbehaving) -> None:
    assert reason(confined("hoard", memory_bytes=100 * 2**20)) == (
        "decoding it took more memory than the 100 MB it may take"
    )


def test_an_unforeseen_error_is_one_line_for_people_and_a_trace_for_the_log(
    confined: Misbehaving, caplog: pytest.LogCaptureFixture
) -> None:
    process = confined("stumble")
    assert reason(process) == "decoding it failed unexpectedly (ZeroDivisionError: header)"
    assert "in stumble" in caplog.records[-1].getMessage()
    assert caplog.records[-1].levelno == logging.ERROR
    pid = process.pid
    reason(process)
    assert process.pid == pid  # an exception breaks nothing, so it goes on


def test_a_disk_that_fails_is_not_the_recordings_fault(confined: Misbehaving) -> None:
    with pytest.raises(OSError, match="Input/output error") as caught:
        confined("fault").ask(RECORDING)
    assert caught.value.errno == errno.EIO


def test_who_is_killed_from_outside_may_be_asked_again(confined: Misbehaving) -> None:
    with pytest.raises(DecoderKilled, match=r"was killed from outside \(SIGKILL\)"):
        confined("kill").ask(RECORDING)


def test_what_an_earlier_recording_broke_is_not_the_next_ones_fault(confined: Misbehaving) -> None:
    process = confined("poison")
    process.ask(RECORDING)
    first = process.pid
    process.ask(RECORDING)  # crashes, and is heard by another
    assert process.pid != first


def test_it_ends_when_nobody_wants_the_answer(confined: Misbehaving) -> None:
    process = confined("hang")
    process.start()
    asked: list[int] = []

    def interrupted() -> bool:
        asked.append(1)
        return len(asked) == 3

    with pytest.raises(Interrupted):
        process.ask(RECORDING, interrupted)
    assert len(asked) == 3
    assert process.pid is None


def test_prints_do_not_come_between(confined: Misbehaving) -> None:
    header, payload = confined("mumble").ask(RECORDING)
    assert (header.model_dump(), payload) == (misbehaving.heard(), misbehaving.payload())


def test_it_cannot_reach_for_what_it_does_not_need(confined: Misbehaving, tmp_path: Path) -> None:
    (tmp_path / "a.flac").touch()
    assert reason(confined("snoop"), tmp_path / "a.flac") == "nothing"
    assert [path.name for path in tmp_path.iterdir() if path.stat().st_size] == []


def test_it_knows_no_secrets(confined: Misbehaving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGUE_DATABASE_URL", "postgresql://user:password@host/segue")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("PGPASSWORD", "secret")
    assert reason(confined("tell_secrets")) == "none"


def test_what_keeps_it_from_starting_is_said(confined: Misbehaving) -> None:
    with pytest.raises(WeightsMissing, match=r"not here: /weights. Install them."):
        confined("no_weights").start()
    with pytest.raises(DecoderNotStarted, match="ImportError: No module named 'torch'"):
        confined("no_package").start()
    with pytest.raises(DecoderNotStarted, match=r"it died \(SIGSEGV\)"):
        confined("no_start").start()


def test_it_does_not_outlive_who_started_it() -> None:
    program = (
        "import sys, threading; from pathlib import Path;"
        "from jobs.hearing.confined import ConfinedProcess; from jobs.hearing.limits import Limits;"
        f"process = ConfinedProcess(limits=Limits(), work='{misbehaving.__name__}:hang'); process.start();"
        "print(process.pid, flush=True); process.ask(Path('/music/a.flac'))"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        os.kill(parent.pid, signal.SIGKILL)
        child.wait(10)
    assert not child.is_running()
