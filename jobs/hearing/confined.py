"""The parent's side of a confined process: started when needed, watched at work, replaced after every mishap."""

from __future__ import annotations

import errno
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from domain.errors.machine import (
    BackendNotFound,
    DecoderKilled,
    DecoderNotStarted,
    DeviceMissing,
    ExtraMissing,
    GpuNeeded,
    LayerNotFound,
    WeightsDamaged,
    WeightsMissing,
)
from domain.errors.recordings import EmptyAudio, NotAudio, UnusableAudio, UnusablePicture
from domain.paths import path_to_text
from jobs.hearing import child
from jobs.hearing.answers import Failure, Heard, Measured, Printed, Progress, Read, Ready, Result, Seen, parse
from jobs.hearing.limits import Limits
from jobs.hearing.wire import Closed, Inbox, MalformedMessage
from ml.backends.protocol import CPU

log = logging.getLogger(__name__)

DECODING = "jobs.hearing.decoding:decoding"

# How often whoever waits is asked whether it still wants the answer.
LOOK_UP_SECONDS = 0.2
# A large network on a cold disk.
START_SECONDS = 180.0
# From the end of a process's output to its own end.
END_SECONDS = 5.0
MAX_DETAIL = 300

NONSENSE = "the decoder answered nonsense"

# A decoder does not kill itself with these: they come from people, from systemd, or from a machine out of memory.
FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)

# The environment holds the keys to the database and the storage. Only this goes to those who need neither.
PASSED_ON = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "VIRTUAL_ENV")
PASSED_ON_PREFIXES = ("LC_", "PYTHON", "LD_", "DYLD_", "XDG_", "OMP_", "OPENBLAS_", "MKL_", "HF_", "CUDA_", "NVIDIA_")

OF_A_RECORDING = {kind.code: kind for kind in (UnusableAudio, NotAudio, EmptyAudio, UnusablePicture)}
OF_STARTING = {
    kind.code: kind
    for kind in (BackendNotFound, DeviceMissing, ExtraMissing, GpuNeeded, LayerNotFound, WeightsDamaged, WeightsMissing)
}


class Interrupted(Exception):
    """Whoever asked has no more use for the result."""


class _Crashed(Exception):
    """The process ended over a recording."""


class _OutOfMemory(Exception):
    """The process could not have as much memory as it wanted."""


def never() -> bool:
    return False


class ConfinedProcess:
    """A process that opens untrusted files, one at a time. Not for use by two threads at once.

    With `backend` it hears on so many `threads` and on `device`, with weights from the folder `weights`; see
    `ml.backends.registry.load`. Without one it reads. `work` names what it runs, as module:function;
    see `jobs.hearing.decoding`.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        backend: str | None = None,
        threads: int = 1,
        device: str = "auto",
        weights: Path | None = None,
        work: str = DECODING,
    ) -> None:
        self.device = CPU  # what it says when it is ready
        self._limits = limits
        self._command = [
            *(sys.executable, "-m", child.__name__, "--work", work, "--threads", str(threads)),
            *("--memory-bytes", str(limits.memory_bytes), "--longest-seconds", str(limits.longest_seconds)),
            *(("--backend", backend, "--device", device) if backend else ()),
            *(("--weights", str(weights)) if weights else ()),
        ]
        self._process: subprocess.Popen[bytes] | None = None
        self._inbox: Inbox | None = None
        self._asked = 0  # recordings that the process has been given
        self._at_rest = False

    def __enter__(self) -> ConfinedProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Its process id, while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start it unless it runs, and wait until it is ready.

        Raises what loading the backend raises, DecoderNotStarted when the process dies or says nothing.
        """
        if self.pid is None:
            self.close()
            self._start()

    def ask(self, path: Path, interrupted: Callable[[], bool] = never) -> tuple[Result, bytes]:
        """What it says of a recording: a header and a payload.

        `interrupted` is asked several times a second. Raises UnusableAudio, in its several kinds, when nothing can be
        heard, be it because the process crashed, hung or wanted too much; OSError when the file cannot be read;
        Interrupted; DecoderKilled when somebody else killed the process; and what `start` raises.
        """
        while True:
            self.start()
            self._asked += 1
            others = self._asked > 1
            try:
                return self._ask(path, interrupted)
            except (_Crashed, _OutOfMemory) as mishap:
                # What an earlier recording left broken behind it is not this one's fault.
                if not others:
                    raise UnusableAudio(path=path, reason=str(mishap)) from None
            except MalformedMessage:
                raise UnusableAudio(path=path, reason=NONSENSE) from None
            finally:
                if not self._at_rest:
                    self.close()

    def close(self) -> None:
        """End the process, whatever it does. It starts again when it is asked again."""
        process, self._process, self._inbox = self._process, None, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def _start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 -- nothing in it comes from outside
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment(), bufsize=0
        )
        assert self._process.stdout is not None  # noqa: S101 -- it is a pipe
        self._inbox = Inbox(self._process.stdout.fileno())
        self._asked = 0
        try:
            message = self._inbox.receive(START_SECONDS)
            reply = parse(message) if message else None
        except (Closed, MalformedMessage):
            reason = f"it died ({self._cause()})"
        else:
            if isinstance(reply, Ready):
                self.device = reply.device
                return
            if isinstance(reply, Failure) and reply.error in OF_STARTING:
                self.close()
                raise OF_STARTING[reply.error](**reply.details)
            reason = f"it is not ready after {START_SECONDS:.0f} s"
            if isinstance(reply, Failure):
                reason = reply.details.get("reason", reply.error)
        self.close()
        raise DecoderNotStarted(reason=reason)

    def _ask(self, path: Path, interrupted: Callable[[], bool]) -> tuple[Result, bytes]:
        assert self._process is not None  # noqa: S101 -- it was started
        assert self._process.stdin is not None  # noqa: S101 -- it is a pipe
        assert self._inbox is not None  # noqa: S101 -- it was started
        self._at_rest = False
        try:
            self._process.stdin.write(json.dumps(path_to_text(path)).encode() + b"\n")
            return self._await(path, interrupted, self._inbox)
        except (BrokenPipeError, Closed):
            raise self._death(path) from None

    def _await(self, path: Path, interrupted: Callable[[], bool], inbox: Inbox) -> tuple[Result, bytes]:
        limits = self._limits
        started = moved = time.monotonic()
        heard = 0.0
        while True:
            message = inbox.receive(LOOK_UP_SECONDS)
            now = time.monotonic()
            match parse(message) if message else None:
                case Progress(heard=seconds) if heard < seconds <= limits.longest_seconds:
                    heard, moved = seconds, now
                case Failure() as failure:
                    self._raise(path, failure)
                case Heard() | Read() | Seen() | Printed() | Measured() as header if message is not None:
                    self._at_rest = True
                    return header, message.payload
            if interrupted():
                raise Interrupted
            if now - moved > limits.stall_seconds:
                raise UnusableAudio(path=path, reason=f"decoding stood still for {limits.stall_seconds:g} s")
            if now - started > limits.allowed_seconds(heard):
                reason = f"decoding {heard:.0f} s of it took more than {limits.allowed_seconds(heard):.0f} s"
                raise UnusableAudio(path=path, reason=reason)

    def _raise(self, path: Path, failure: Failure) -> None:
        """Raise what the process said; it goes on unless its memory is in doubt."""
        reason = failure.details.get("reason", "")
        if failure.error == child.OUT_OF_MEMORY:
            allowed = f"{self._limits.memory_bytes / 2**20:.0f} MB"
            raise _OutOfMemory(f"decoding it took more memory than the {allowed} it may take")
        self._at_rest = True
        if failure.error == child.SYSTEM_ERROR:
            number = getattr(errno, failure.details.get("name", ""), errno.EIO)
            raise OSError(number, os.strerror(number), os.fspath(path))
        if failure.error in OF_A_RECORDING:
            raise OF_A_RECORDING[failure.error](path=path, **({"reason": reason[:MAX_DETAIL]} if reason else {}))
        trace = failure.details.get("trace", "")
        log.error("Decoding failed in a way that nobody foresaw\n%s", trace, extra={"path": path_to_text(path)})
        summary = (reason.splitlines() or [failure.error])[0][:MAX_DETAIL]
        raise UnusableAudio(path=path, reason=f"decoding it failed unexpectedly ({summary})")

    def _death(self, path: Path) -> Exception:
        cause = self._cause()
        if cause in {number.name for number in FROM_OUTSIDE}:
            return DecoderKilled(path=path, signal=cause)
        return _Crashed(f"the decoder crashed on it ({cause})")

    def _cause(self) -> str:
        """How the process ended that closed its output."""
        assert self._process is not None  # noqa: S101 -- it was started
        try:
            status = self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            return "it fell silent"
        return f"exit status {status}" if status >= 0 else signal.Signals(-status).name


def _environment() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if name in PASSED_ON or name.startswith(PASSED_ON_PREFIXES)
    }
