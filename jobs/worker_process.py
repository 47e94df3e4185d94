"""One worker process: `python -m jobs.worker_process`, started by `jobs.worker`.

It stops when it gets SIGTERM, or when whoever started it is gone, which it learns from the end of its standard input.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event, Thread
from uuid import UUID, uuid4

import dramatiq
from sqlalchemy.exc import DBAPIError

from domain.errors.base import SegueError
from domain.hours import Hours
from domain.logs import configure_logs
from domain.settings import Settings
from jobs.audio_source import AudioSource
from jobs.backlog_watch import BacklogWatch
from jobs.brokers.registry import worker_broker
from jobs.brokers.retrying import may_pass
from jobs.embed import EmbedLanes
from jobs.evaluation.job import EvaluateJobs
from jobs.import_job import ImportJobs
from jobs.index_job import IndexJobs
from jobs.lanes import Lanes
from jobs.map_job import MapJobs
from jobs.presence import Presence
from jobs.queue import JobQueue
from jobs.reembed_request import ReembedRequestActor
from jobs.shifts import Shifts
from jobs.snapshot_job import SnapshotJobs
from jobs.sweeper import sweep
from jobs.training.job import TrainJobs
from jobs.weights import make_ear
from sql.embedded import ensure_running
from sql.engine import make_engine
from sql.faults import is_disk_full

log = logging.getLogger("jobs.worker_process")  # not __name__, which is "__main__" here

SWEEP_SECONDS = 10.0
# How long a worker that stops waits for its lanes: they look up several times a second.
STOP_SECONDS = 10.0
# How long one whose hours are over does: until what it has in hand is done.
FINISH_SECONDS = 24 * 3600.0
# Items in hand at once: more of them would take turns on the same cores.
ITEMS_AT_ONCE = 1
# The niceness that asks for no more than what nobody else wants.
FURTHEST_BACK = 19


def work(settings: Settings, worker_id: UUID, *, threads: int, stopping: Event) -> None:
    """Work on jobs until `stopping` is set, then give back what is in hand.

    `worker_id` names this process in leases. Its backend computes on so many `threads`.
    """
    database_url = settings.database_url or ensure_running(settings.data_dir)
    # Untested connections: what fails over a lost one is run again.
    engine = make_engine(database_url, tested=False)
    broker = worker_broker(settings.broker_url, database_url)
    lanes = Lanes(engine, JobQueue(broker), process=str(worker_id), stopping=stopping, resting=Event())
    start_lanes = partial(sweep, engine, lanes.queue)
    _declare_actors(broker, lanes, settings, database_url, start_lanes, threads=threads)
    shifts = Shifts(Hours.parse(settings.worker_hours), stopping=stopping)
    backlog = BacklogWatch(engine, settings.metrics_namespace)

    def look_around() -> None:
        _sweep(settings, start_lanes)
        backlog.look()

    try:
        # Before the first sweep, which counts who lives to know how many lanes there is room for.
        with Presence(lanes, ITEMS_AT_ONCE) as presence:
            shifts.keep(lambda: _shift(broker, lanes, shifts, look_around), presence.rest)
    finally:
        broker.close()
        engine.dispose()


def _declare_actors(
    broker: dramatiq.Broker,
    lanes: Lanes,
    settings: Settings,
    database_url: str,
    start_lanes: Callable[[], int],
    *,
    threads: int,
) -> None:
    audio = AudioSource.of(settings)
    EmbedLanes(
        lanes,
        index_threshold=settings.index_threshold,
        audio=audio,
        make_ear=partial(make_ear, settings, threads),
        more_lanes=start_lanes,
        on_swap=lambda space, revision_id: start_lanes(),  # a snapshot is due
    ).declare(broker)
    ImportJobs(lanes, database_url=database_url, settings=settings, audio=audio).declare(broker)
    IndexJobs(lanes).declare(broker)
    SnapshotJobs(lanes, database_url=database_url, storage=audio.storage).declare(broker)
    MapJobs(lanes).declare(broker)
    TrainJobs(lanes, settings=settings, storage=audio.storage).declare(broker)
    EvaluateJobs(lanes, settings=settings).declare(broker)
    ReembedRequestActor(lanes.engine, lanes.queue, stopping=lanes.stopping).declare(broker)


def _shift(broker: dramatiq.Broker, lanes: Lanes, shifts: Shifts, look_around: Callable[[], None]) -> None:
    """Take up work until the shift is over, then finish what is in hand, or give it back to stop."""
    lanes.resting.clear()
    worker = dramatiq.Worker(broker, worker_threads=ITEMS_AT_ONCE)
    # No more messages than can be worked on: one that waits here could be in another process's hands.
    worker.queue_prefetch = ITEMS_AT_ONCE
    worker.start()
    try:
        while True:
            look_around()
            if lanes.stopping.wait(SWEEP_SECONDS) or shifts.is_over:
                break
    finally:
        lanes.resting.set()
        seconds = STOP_SECONDS if lanes.stopping.is_set() else FINISH_SECONDS
        worker.stop(timeout=round(seconds * 1000))


def _sweep(settings: Settings, start_lanes: Callable[[], int]) -> None:
    try:
        start_lanes()
    except DBAPIError as error:
        log.warning("Nothing can be started: the database says %s", str(error.orig).strip().partition("\n")[0])
        if settings.database_url is None:
            try:
                ensure_running(settings.data_dir)
            except SegueError as refusal:
                log.error("%s", refusal)
    except Exception as error:
        if not may_pass(error) and not is_disk_full(error):
            raise
        log.warning("No messages can be sent: %s", error)


def _step_back(nice: int) -> None:
    """Let other programs go first. Threads and processes that are started later inherit it.

    A nice program still keeps a core for milliseconds at a time, in which a visitor's answer waits: the furthest back
    gives it up at once, where the system can do that (Linux) and lets us.
    """
    threads = Path("/proc/self/task")  # on Linux each has a niceness of its own, also those of the libraries
    for number in map(int, os.listdir(threads)) if threads.exists() else (0,):
        os.setpriority(os.PRIO_PROCESS, number, max(nice, os.getpriority(os.PRIO_PROCESS, number)))
        if nice == FURTHEST_BACK and sys.platform == "linux":
            with suppress(OSError):  # a sandbox may forbid it
                os.sched_setscheduler(number, os.SCHED_IDLE, os.sched_param(0))


def main() -> None:
    """The process's entry. Settings come from the environment."""
    parser = argparse.ArgumentParser(prog="python -m jobs.worker_process")
    parser.add_argument("--id", type=UUID, default=uuid4())
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    settings = Settings()
    _step_back(settings.worker_nice)
    configure_logs(settings.log_level)
    stopping = Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    # Ctrl-C reaches every process of a terminal; who started us decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_stop_at_end_of_input, args=(stopping,), daemon=True).start()
    work(settings, arguments.id, threads=arguments.threads, stopping=stopping)
    logging.shutdown()
    # A lane that hangs in a decoder must not keep the process: its lease runs out by itself.
    os._exit(0)


def _stop_at_end_of_input(stopping: Event) -> None:
    while sys.stdin.buffer.read(1):
        pass
    stopping.set()


if __name__ == "__main__":
    main()
