"""How much memory and time the tasks of a deployment take: the migration, and a worker that imports and embeds.

    python -m bench.tasks [--minutes 10] [--recordings 2] [--threads 1]

A server of its own in a temporary folder is migrated as a deployment is (`segue migrate --services`), and a worker
imports and embeds made-up recordings of some minutes each. Memory is the most that the command's process and all below
it have held resident at one moment, so what they share counts several times. Printed as one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import psycopg

from sql.embedded import ensure_running, stop
from tests.conftest import with_database
from tests.ml.recordings import write

LOOK_SECONDS = 0.02
RATE = 44_100
LEFT = "SELECT count(*) FROM jobs WHERE status IN ('WAITING', 'RUNNING')"
EMBEDDED = "SELECT count(*) FROM track_embeddings"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=int, default=10, help="length of each recording")
    parser.add_argument("--recordings", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1, help="cores of the worker")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(Path(folder), arguments.minutes, arguments.recordings, arguments.threads)))


def measure(folder: Path, minutes: int, recordings: int, threads: int) -> dict[str, dict[str, float]]:
    """Megabytes and seconds of each task."""
    data = folder / "data"
    server = ensure_running(data)
    try:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("CREATE DATABASE deployment")
        url = with_database(server, "deployment")
        migrated = _run(url, folder, "migrate", "--services")
        archive = folder / "archive"
        archive.mkdir()
        rng = np.random.default_rng(1)
        for number in range(recordings):
            samples = rng.normal(0, 0.1, (2, minutes * 60 * RATE)).astype(np.float32)
            write(archive / f"{number}.m4a", samples, RATE, layout="stereo")
        imported = _run(url, folder, "import", str(archive))
        _run(url, folder, "embed")

        def is_done() -> bool:
            with psycopg.connect(url) as connection:
                return connection.execute(LEFT).fetchone() == (0,) and connection.execute(EMBEDDED).fetchone() == (
                    recordings,
                )

        worked = _run(url, folder, "worker", "--processes", "1", "--threads", str(threads), until=is_done)
    finally:
        stop(data)
    hours = recordings * minutes / 60
    return {
        "migrate": migrated,
        "import": imported,
        "worker": worked
        | {"recordings": recordings, "minutes_each": minutes, "times_real_time": hours * 3600 / worked["seconds"]},
    }


def _run(url: str, folder: Path, *command: str, until: Callable[[], bool] | None = None) -> dict[str, float]:
    """Run a command of `segue` to its end, or `until`; returns its peak and its seconds."""
    environment = os.environ | {"SEGUE_DATABASE_URL": url, "SEGUE_DATA_DIR": str(folder / "task")}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "jobs.cli", *command], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    peak, looked = 0, 0
    while process.poll() is None:
        peak = max(peak, _resident(process.pid))
        looked += 1
        if until is not None and looked % 50 == 0 and until():
            break
        time.sleep(LOOK_SECONDS)
    seconds = time.perf_counter() - started
    process.terminate()
    _, errors = process.communicate()
    if until is None and process.returncode:
        raise RuntimeError(f"segue {command[0]}: {errors.decode()[-1000:]}")
    return {"memory_mb": round(peak / 1e6), "seconds": round(seconds, 1)}


def _resident(pid: int) -> int:
    """Bytes that a process and all below it hold."""
    total = 0
    try:
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            total += process.memory_info().rss
    except psutil.NoSuchProcess:
        pass  # it has just ended
    return total


if __name__ == "__main__":
    main()
