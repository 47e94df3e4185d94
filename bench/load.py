"""How the service bears what is asked of it all day, and three times as much as it can answer.

    python -m bench.load [--tracks 5000] [--minutes 30] [--recordings 24]

An archive of made-up tracks is served by one server process, as it is deployed. Recordings are imported beside it and
heard again and again by a worker, in a space of their own, for as long as the measurement lasts. Load generator,
server, PostgreSQL and worker share the machine's cores.

There are so many users that each records about once a minute. The worker takes what nobody else wants (`--nice 19`).

1. Capacity: how many requests a second 8 connections get answered, one after the other, while the re-embedding runs;
   in the worst of six stretches of ten seconds, since a re-embedding does not weigh the same all the time.
2. So many minutes of mixed traffic at 80 % of that, at a steady pace: 70 % panels, 20 % recommendations for users,
   10 % recorded interactions. Latencies count from when a request was due. The server's memory is looked at every
   second; its slope is fitted to what comes after the first tenth.
3. A minute of three times the capacity: what is too much is turned away with 503.
4. 80 % again: how long until a second passes in which nothing is turned away.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import wave
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psutil
import uvloop

from bench.http_load import Answers, closed_loop, open_loop, posted
from bench.query import FOR_USER, SIMILAR, api, filled, listen, say
from domain.ids import encode
from sql.embedded import ensure_running, stop

CONNECTIONS = 8
# More than the server answers at once, so that it has to turn some away.
CONNECTIONS_TOO_MANY = 160
SHARE, EXCESS = 0.8, 3.0
STRETCHES = 6
# At some 300 requests a second, of which a tenth are recorded interactions.
USERS = 2_000
RECORD = """mutation Record($session: ID!, $entries: [InteractionInput!]!) {
    recordInteractions(sessionId: $session, interactions: $entries) { recorded repeated } }"""
SPACE = "musicnn-msd"
SAMPLE_RATE = 16_000


@dataclass(frozen=True)
class Result:
    """Latencies in milliseconds; `reembeddings` ended while it was measured."""

    seconds: float
    capacity_per_second: float
    asked_per_second: float
    answered: int
    errors: int
    turned_away: int
    p50_ms: float
    p99_ms: float
    p99_to_p50: float
    p50_first_tenth_ms: float
    p50_last_tenth_ms: float
    memory_mb: float
    memory_slope_mb_a_minute: float
    reembeddings: int
    excess_asked_per_second: float
    excess_answered_per_second: float
    excess_turned_away: int
    excess_errors: int
    recovered_after_seconds: float


class Traffic:
    """Mixed requests, the same for the same seed."""

    def __init__(self, tracks: list[str], users: list[str], sessions: list[str], seed: int) -> None:
        self._tracks, self._users, self._sessions = tracks, users, sessions
        self._seed = seed
        self._numbers = itertools.count()

    def requests(self, part: object) -> Iterator[bytes]:
        rng = random.Random(f"{self._seed}-{part}")
        while True:
            chance = rng.random()
            if chance < 0.7:
                yield posted({"query": SIMILAR, "variables": {"id": rng.choice(self._tracks)}})
            elif chance < 0.9:
                yield posted({"query": FOR_USER, "variables": {"id": rng.choice(self._users)}})
            else:
                yield posted({"query": RECORD, "variables": self._recorded(rng)})

    def _recorded(self, rng: random.Random) -> dict[str, object]:
        entry = {
            "clientId": f"{self._seed}-{next(self._numbers)}",
            "trackId": rng.choice(self._tracks),
            "kind": rng.choice(("PLAY", "COMPLETE", "SKIP", "LIKE")),
            "occurredAt": datetime.now(UTC).isoformat(),
        }
        return {"session": rng.choice(self._sessions), "entries": [entry]}


def is_answer(body: bytes) -> bool:
    """Whether it holds data and no errors."""
    return body.startswith(b'{"data":{') and b'"errors"' not in body


class Memory:
    """The resident memory of a process, looked at every second."""

    def __init__(self, pid: int, every: float = 1.0) -> None:
        self._process = psutil.Process(pid)
        self._every = every
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.samples: list[tuple[float, float]] = []

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    @property
    def slope(self) -> float:
        """Megabytes a minute, fitted to all but the first tenth."""
        kept = self.samples[len(self.samples) // 10 :]
        seconds, megabytes = (np.array(values) for values in zip(*kept, strict=True))
        return float(np.polyfit(seconds / 60, megabytes, 1)[0]) if len(kept) > 2 else 0.0

    def _watch(self) -> None:
        while not self._done.wait(self._every):
            self.samples.append((time.monotonic(), self._process.memory_info().rss / 1e6))


def measure(port: int, pid: int, traffic: Traffic, *, seconds: float, excess_seconds: float) -> Result:
    """The four steps above, on a server that answers at `port` and has the process `pid`."""
    say("capacity …")
    uvloop.run(closed_loop(port, lambda n: traffic.requests(f"warm-{n}"), CONNECTIONS, min(5, seconds / 3), is_answer))
    stretch = min(10.0, max(1.0, seconds / 3))
    capacity = min(_answered(port, traffic, number, stretch) for number in range(STRETCHES if seconds > 10 else 1))
    say(f"{capacity:.0f} a second; {seconds:.0f} s at {SHARE:.0%} …")
    with Memory(pid, every=min(1.0, seconds / 20)) as memory:
        steady = _paced(port, traffic, "steady", SHARE * capacity, seconds)
    p50, p99 = steady.quantile(0.5), steady.quantile(0.99)
    tenth = max(1, len(steady.latencies) // 10)
    say(f"p50 {p50 * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms; {excess_seconds:.0f} s of too much …")
    excess = _paced(port, traffic, "excess", EXCESS * capacity, excess_seconds, CONNECTIONS_TOO_MANY)
    recovered = _recovery(port, traffic, SHARE * capacity)
    return Result(
        seconds=seconds,
        capacity_per_second=round(capacity, 1),
        asked_per_second=round(SHARE * capacity, 1),
        answered=len(steady.latencies),
        errors=len(steady.faults),
        turned_away=steady.shed,
        p50_ms=round(p50 * 1e3, 2),
        p99_ms=round(p99 * 1e3, 2),
        p99_to_p50=round(p99 / p50, 2),
        p50_first_tenth_ms=round(float(np.median(steady.latencies[:tenth])) * 1e3, 2),
        p50_last_tenth_ms=round(float(np.median(steady.latencies[-tenth:])) * 1e3, 2),
        memory_mb=round(memory.samples[-1][1], 1) if memory.samples else 0.0,
        memory_slope_mb_a_minute=round(memory.slope, 3),
        reembeddings=0,
        excess_asked_per_second=round(EXCESS * capacity, 1),
        excess_answered_per_second=round(len(excess.latencies) / excess_seconds, 1),
        excess_turned_away=excess.shed,
        excess_errors=len(excess.faults),
        recovered_after_seconds=recovered,
    )


def _answered(port: int, traffic: Traffic, stretch: int, seconds: float) -> float:
    """How many a second."""
    answers = uvloop.run(
        closed_loop(port, lambda n: traffic.requests(f"{stretch}-{n}"), CONNECTIONS, seconds, is_answer)
    )
    return len(answers.latencies) / seconds


def _paced(port: int, traffic: Traffic, part: str, per_second: float, seconds: float, connections: int = 64) -> Answers:
    return uvloop.run(open_loop(port, traffic.requests(part), per_second, seconds, connections, is_answer))


def _recovery(port: int, traffic: Traffic, per_second: float) -> float:
    """Seconds until the beginning of the first second in which everything is answered."""
    started = time.perf_counter()
    for number in range(30):
        began = time.perf_counter() - started
        answers = _paced(port, traffic, f"after-{number}", per_second, 1.0)
        if not answers.shed and not answers.faults:
            return round(began, 2)
    return float("inf")


class Reembedding:
    """Hears the recordings again, round after round, in the server's own worker."""

    def __init__(self, port: int) -> None:
        self.rounds = 0
        self.faults: list[str] = []
        self._port = port
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Reembedding:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.is_set():
            job = self._ask('mutation { job: reembed(space: "%s") { id } }' % SPACE)["id"]  # noqa: UP031 -- braces
            status = "WAITING"
            while status in ("WAITING", "RUNNING") and not self._done.wait(0.5):
                status = self._ask('{ job(id: "%s") { status error } }' % job)["status"]  # noqa: UP031 -- braces
            if status == "SUCCEEDED":
                self.rounds += 1
            elif not self._done.is_set():
                self.faults.append(status)

    def _ask(self, query: str) -> dict[str, str]:
        """As often as it takes: where there is too much to do, nobody is spared."""
        body = json.dumps({"query": query}).encode()
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self._port}/graphql", body, {"Content-Type": "application/json"}
        )
        while True:
            try:
                with urllib.request.urlopen(asked, timeout=60) as answer:
                    job: dict[str, str] = json.load(answer)["data"]["job"]
                    return job
            except urllib.error.HTTPError as error:
                if error.code != 503:
                    raise
                time.sleep(float(error.headers["Retry-After"]))


def record(folder: Path, count: int, seconds: int = 120) -> Path:
    """Recordings of noise and tones, all different."""
    folder.mkdir()
    rng = np.random.default_rng(7)
    times = np.arange(seconds * SAMPLE_RATE) / SAMPLE_RATE
    for number in range(count):
        sound = 0.3 * np.sin(2 * np.pi * (110 + 37 * number) * times) + 0.05 * rng.normal(size=times.size)
        with wave.open(str(folder / f"{number:03}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE)
            file.writeframes((sound * 32_000).astype("<i2").tobytes())
    return folder


@contextmanager
def worker(url: str, data_dir: Path) -> Iterator[None]:
    """One worker process, which steps back behind the server."""
    with (data_dir / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jobs.cli", "worker", "--processes", "1", "--nice", "19"],
            env=_environment(url, data_dir), stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def segue(url: str, data_dir: Path, *arguments: str) -> None:
    """One command of ours, to its end."""
    subprocess.run(
        [sys.executable, "-m", "jobs.cli", *arguments], env=_environment(url, data_dir), check=True, stdout=sys.stderr
    )


def _environment(url: str, data_dir: Path) -> dict[str, str]:
    return os.environ | {"SEGUE_DATABASE_URL": url, "SEGUE_DATA_DIR": str(data_dir), "OMP_NUM_THREADS": "1"}


def run(tracks: int, seconds: float, excess_seconds: float, recordings: int) -> Result:
    """Everything, in a server of its own in a temporary folder."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        server_url = ensure_running(folder)
        stack.callback(stop, folder)
        url, archive = filled(server_url, tracks)
        users, sessions = listen(url, archive, USERS)
        traffic = Traffic([encode("Track", int(key)) for key in archive.track_ids], users, sessions, seed=7)
        if recordings:
            segue(url, folder, "import", str(record(folder / "recordings", recordings)))
            segue(url, folder, "embed", "--space", SPACE, "--wait")
            stack.enter_context(worker(url, folder))
        port, pid = stack.enter_context(api(url, folder))
        reembedding = stack.enter_context(Reembedding(port)) if recordings else None
        result = measure(port, pid, traffic, seconds=seconds, excess_seconds=excess_seconds)
        if reembedding is not None and reembedding.faults:
            raise RuntimeError(f"re-embeddings ended as {reembedding.faults}")
        return Result(**(asdict(result) | {"reembeddings": reembedding.rounds if reembedding else 0}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, default=5_000)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--excess-seconds", type=float, default=60)
    parser.add_argument("--recordings", type=int, default=24, help="how many are heard again meanwhile; 0 for none")
    arguments = parser.parse_args()
    result = run(arguments.tracks, arguments.minutes * 60, arguments.excess_seconds, arguments.recordings)
    print(json.dumps(asdict(result), indent=2))


if __name__ == "__main__":
    main()
