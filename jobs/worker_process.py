"""One worker process: `python -m jobs.worker_process`, started by `jobs.worker`.

It stops when it gets SIGTERM, or when whoever started it is gone, which it learns from the end of its standard input.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from functools import partial
from threading import Event, Thread
from uuid import UUID, uuid4

import dramatiq
from sqlalchemy.exc import DBAPIError

from domain.errors.base import SegueError
from domain.logs import configure_logs
from domain.settings import Settings
from jobs.audio_source import AudioSource
from jobs.brokers.registry import worker_broker
from jobs.brokers.retrying import may_pass
from jobs.embed import EmbedLanes
from jobs.hearing.ear import Ear
from jobs.hearing.limits import Limits
from jobs.import_job import ImportJobs
from jobs.presence import Presence
from jobs.queue import JobQueue
from jobs.reembed_request import ReembedRequestActor
from jobs.stored_snapshot import store_snapshot
from jobs.sweeper import sweep
from sql.embedded import ensure_running
from sql.engine import make_engine

log = logging.getLogger("jobs.worker_process")  # not __name__, which is "__main__" here

SWEEP_SECONDS = 10.0
# How long a worker that stops waits for its lanes: they look up several times a second.
STOP_SECONDS = 10.0


def work(settings: Settings, worker_id: UUID, *, threads: int, onnx_threads: int, stopping: Event) -> None:
    """Work on jobs until `stopping` is set, then give back what is in hand.

    `worker_id` names this process in leases. `threads` is the number of items in hand at once; each thread's backend
    computes with `onnx_threads`.
    """
    database_url = settings.database_url or ensure_running(settings.data_dir)
    engine = make_engine(database_url)
    broker = worker_broker(settings.broker_url, database_url)
    queue = JobQueue(broker)
    audio = AudioSource.of(settings)
    start_lanes = partial(sweep, engine, queue)
    lanes = EmbedLanes(
        engine,
        queue,
        process=str(worker_id),
        index_threshold=settings.index_threshold,
        audio=audio,
        make_ear=partial(Ear, threads=onnx_threads, limits=Limits.of(settings)),
        more_lanes=start_lanes,
        stopping=stopping,
        on_swap=partial(store_snapshot, settings, database_url),
    )
    lanes.declare(broker)
    imports = ImportJobs(engine, queue, database_url=database_url, settings=settings, audio=audio, stopping=stopping)
    imports.declare(broker)
    ReembedRequestActor(engine, queue, stopping=stopping).declare(broker)
    worker = dramatiq.Worker(broker, worker_threads=threads)
    # No more messages than can be worked on: one that waits here could be in another process's hands.
    worker.queue_prefetch = threads
    try:
        # Before the first sweep, which counts who lives to know how many lanes there is room for.
        with Presence(engine, str(worker_id), threads, lanes.held, stopping=stopping):
            worker.start()
            try:
                while True:
                    _sweep(settings, start_lanes)
                    if stopping.wait(SWEEP_SECONDS):
                        break
            finally:
                worker.stop(timeout=round(STOP_SECONDS * 1000))
    finally:
        broker.close()
        engine.dispose()


def _sweep(settings: Settings, start_lanes: partial[int]) -> None:
    try:
        start_lanes()
    except DBAPIError as error:
        log.warning("The database does not answer: %s", str(error.orig).strip().partition("\n")[0])
        if settings.database_url is None:
            try:
                ensure_running(settings.data_dir)
            except SegueError as refusal:
                log.error("%s", refusal)
    except Exception as error:
        if not may_pass(error):
            raise
        log.warning("No messages can be sent: %s", error)


def main() -> None:
    """The process's entry. Settings come from the environment."""
    parser = argparse.ArgumentParser(prog="python -m jobs.worker_process")
    parser.add_argument("--id", type=UUID, default=uuid4())
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--onnx-threads", type=int, default=1)
    arguments = parser.parse_args()
    settings = Settings()
    configure_logs(settings.log_level)
    stopping = Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    # Ctrl-C reaches every process of a terminal; who started us decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_stop_at_end_of_input, args=(stopping,), daemon=True).start()
    work(
        settings,
        arguments.id,
        threads=arguments.threads,
        onnx_threads=arguments.onnx_threads,
        stopping=stopping,
    )
    logging.shutdown()
    # A lane that hangs in a decoder must not keep the process: its lease runs out by itself.
    os._exit(0)


def _stop_at_end_of_input(stopping: Event) -> None:
    while sys.stdin.buffer.read(1):
        pass
    stopping.set()


if __name__ == "__main__":
    main()
