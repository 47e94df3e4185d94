"""A worker process whose actor does as its message says, and writes down what it did.

`python -m tests.jobs.brokers.worker_program BROKER_URL DATABASE_URL FOLDER SILENCE_SECONDS`
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from threading import Event

import dramatiq

from domain.errors.base import Retryable
from jobs.brokers.registry import find_opener
from jobs.queue import EMBED_NEXT, QUEUES


def main() -> None:
    broker_url, database_url, folder, silence = sys.argv[1:]
    diary = Path(folder)

    def write(file: str, *words: str) -> None:
        with (diary / file).open("a") as stream:  # one line is one write, which others cannot cut in two
            stream.write(json.dumps([*words, os.getpid()]) + "\n")

    def act(*ids: str) -> None:
        name, behaviour = ids[0], ids[-1]
        started = (diary / "started").read_text() if (diary / "started").exists() else ""
        earlier = sum(json.loads(line)[0] == name for line in started.splitlines())
        write("started", *ids)
        if behaviour == "passing" and earlier < 2:
            raise Retryable
        if behaviour == "final":
            raise ValueError
        if behaviour == "endless" and earlier == 0:
            time.sleep(600)
        if behaviour == "slow":
            time.sleep(1.5)
        write("done", *ids)

    broker = find_opener(broker_url).worker(broker_url or database_url, float(silence))
    dramatiq.actor(broker=broker, actor_name=EMBED_NEXT, queue_name=QUEUES[EMBED_NEXT])(act)
    worker = dramatiq.Worker(broker, worker_threads=1)
    worker.queue_prefetch = 1
    stopping = Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    worker.start()
    write("ready")
    stopping.wait()
    worker.stop(timeout=10_000)
    broker.close()


if __name__ == "__main__":
    main()
