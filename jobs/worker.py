"""Workers: the processes that run jobs, kept alive beside a server or alone."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from threading import Event, Thread
from types import TracebackType
from uuid import UUID, uuid4

from sqlalchemy.exc import DBAPIError

from domain.settings import Settings
from jobs.cores import available_cores
from jobs.worker_process import STOP_SECONDS
from sql.engine import make_engine
from sql.queue.job_items import expire_leases
from sql.queue.workers import forget_worker

log = logging.getLogger(__name__)

WATCH_SECONDS = 0.2
LOOK_UP_SECONDS = 0.05
# A process that dies is started again after so long, twice as long if it dies again soon, and so on.
MIN_BACKOFF_SECONDS = 1.0
MAX_BACKOFF_SECONDS = 30.0
# Whoever lived so long did not die of starting.
HEALTHY_SECONDS = 60.0

# Settings that are lists, which only the server reads.
ONLY_OF_SERVER = {"cors_origins", "import_roots"}


@dataclass
class _Slot:
    """A place for one worker process."""

    process: subprocess.Popen[bytes] | None = None
    worker_id: UUID = field(default_factory=uuid4)
    started_at: float = 0.0
    start_at: float = 0.0
    backoff: float = MIN_BACKOFF_SECONDS


class WorkerPool:
    """Worker processes as children of this one, each started again when it dies.

    They write to this process's standard error. When this process is killed they notice, give back what is in hand
    and stop. Each of `processes` works on one item at a time, on so many `threads`; None shares out the cores.
    """

    def __init__(self, settings: Settings, database_url: str, *, processes: int, threads: int | None = None) -> None:
        self._settings = settings
        self._database_url = database_url
        self._slots = [_Slot() for _ in range(processes)]
        self._threads = threads or max(1, available_cores() // processes)
        self._stopping = Event()
        self._watcher = Thread(target=self._watch, name="workers", daemon=True)

    def __enter__(self) -> WorkerPool:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        for slot in self._slots:
            self._start(slot)
        self._watcher.start()

    def stop(self, at_once: Event | None = None) -> None:
        """Ask all to stop, and wait until they have; those that do not within seconds, or when `at_once` is set, are
        killed. May be repeated."""
        self._stopping.set()
        self._watcher.join()
        for slot in self._slots:
            if slot.process is not None and slot.process.poll() is None:
                slot.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS + 5
        while self.pids and time.monotonic() < deadline and not (at_once and at_once.is_set()):
            time.sleep(LOOK_UP_SECONDS)
        for slot in self._slots:
            if slot.process is None:
                continue
            if slot.process.poll() is None:
                slot.process.kill()
            slot.process.wait()
            self._free(slot)

    @property
    def pids(self) -> list[int]:
        """The process ids of those that live."""
        return [slot.process.pid for slot in self._slots if slot.process is not None and slot.process.poll() is None]

    def _start(self, slot: _Slot) -> None:
        threads = str(self._threads)
        slot.worker_id = uuid4()
        slot.process = subprocess.Popen(  # noqa: S603 -- nothing in it comes from outside
            [
                *(sys.executable, "-m", "jobs.worker_process"),
                *("--id", str(slot.worker_id), "--threads", threads),
            ],
            stdin=subprocess.PIPE,
            env=_environment(self._settings) | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads},
            start_new_session=True,  # a terminal's Ctrl-C is for this process, which then stops them in order
        )
        slot.started_at = time.monotonic()

    def _watch(self) -> None:
        while not self._stopping.wait(WATCH_SECONDS):
            for slot in self._slots:
                if slot.process is not None and slot.process.poll() is not None:
                    self._lost(slot)
                if slot.process is None and time.monotonic() >= slot.start_at:
                    self._start(slot)

    def _lost(self, slot: _Slot) -> None:
        """Free what a dead process held, and plan when to start it again."""
        assert slot.process is not None  # noqa: S101 -- the caller looked
        pid, status = slot.process.pid, slot.process.returncode
        now = time.monotonic()
        if now - slot.started_at > HEALTHY_SECONDS:
            slot.backoff = MIN_BACKOFF_SECONDS
        log.warning("Worker %d died (%s); starting another in %.0f s", pid, _cause(status), slot.backoff)
        slot.start_at = now + slot.backoff
        slot.backoff = min(2 * slot.backoff, MAX_BACKOFF_SECONDS)
        self._free(slot)

    def _free(self, slot: _Slot) -> None:
        assert slot.process is not None  # noqa: S101 -- the caller looked
        if slot.process.stdin is not None:
            slot.process.stdin.close()
        slot.process = None
        engine = make_engine(self._database_url)
        try:
            with engine.begin() as connection:
                expire_leases(connection, str(slot.worker_id))
                forget_worker(connection, str(slot.worker_id))
        except DBAPIError:
            log.debug("What it held will come back by itself, later", exc_info=True)
        finally:
            engine.dispose()


def run_worker(settings: Settings, database_url: str, *, processes: int, threads: int | None = None) -> None:
    """Run worker processes until SIGTERM or Ctrl-C, then stop them in order; at a second signal, at once.

    For a process that does nothing else.
    """
    asked_to_stop, at_once = Event(), Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: (at_once if asked_to_stop.is_set() else asked_to_stop).set())
    with WorkerPool(settings, database_url, processes=processes, threads=threads) as pool:
        asked_to_stop.wait()
        pool.stop(at_once)


def _environment(settings: Settings) -> dict[str, str]:
    """Our environment, with these settings and no others."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SEGUE_")}
    of_worker = settings.model_dump(exclude=ONLY_OF_SERVER, exclude_none=True)
    given = {f"SEGUE_{name.upper()}": str(value) for name, value in of_worker.items()}
    return inherited | given


def _cause(status: int) -> str:
    return f"exit status {status}" if status >= 0 else signal.Signals(-status).name
