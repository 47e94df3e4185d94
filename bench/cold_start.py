"""How long the functions of Lambda take: from nothing to the first answer, and for every answer after it.

    python -m bench.cold_start [--tracks 5000] [--rounds 9] [--seconds 3] [--code FOLDER]

An archive of made-up tracks is written into a server of its own in a temporary folder. Then, in rounds:

* a fresh interpreter imports `api.handler` and answers `recommendSimilar(first: 20)` once: seconds from the start of
  its process to the end of the imports and to the answer;
* one that stays answers events one after the other, beside a server process (uvicorn) that is asked the same over one
  connection: the median of each, and their ratio;
* a fresh interpreter imports `jobs.ingest_handler` and takes the news of an upload.

`--code` runs the functions from an unpacked package. Everything shares the machine's cores with PostgreSQL. Medians
over the rounds are printed, and peak memory, as one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.query import SIMILAR, api, http_load, plain, say
from bench.synthetic import fill
from domain.ids import encode
from sql.embedded import ensure_running, stop
from sql.migrate import migrate
from tests.api.events import Event, post
from tests.conftest import with_database

PROJECT = Path(__file__).parents[1]
BUCKET = "bench"
# Prints what it measured when its standard input ends; a line of input is another event.
FUNCTION = """
import json, os, resource, sys, time
module, name = os.environ["FUNCTION"].rsplit(".", 1)
handler = getattr(__import__(module, fromlist=[name]), name)
imported = time.time()
out, sys.stdout = sys.stdout, open(os.devnull, "w")
first = json.loads(sys.stdin.readline())
answer = handler(first, None)
answered = time.time()
assert answer.get("statusCode", 200) == 200, answer
seconds, sizes = [], [len(answer.get("body", ""))]
for line in sys.stdin:
    event = json.loads(line)
    started = time.perf_counter()
    answer = handler(event, None)
    seconds.append(time.perf_counter() - started)
    sizes.append(len(answer.get("body", "")))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
json.dump({"imported": imported, "answered": answered, "seconds": seconds, "bytes": sizes, "peak_mb": peak}, out)
"""


# Whatever is imported is compiled before, as in a package.
BYTECODE = "bytecode"


def call(function: str, events: list[Event], code: Path, **environment: str) -> dict[str, Any]:  # Any: JSON
    """What a fresh process measured; times in seconds since it was started."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.time()
    done = subprocess.run(
        [sys.executable, "-c", FUNCTION],
        input="\n".join(map(json.dumps, events)) + "\n",
        cwd=code,
        env=kept | environment | {"FUNCTION": function, "PYTHONPATH": str(code)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found | {"imported": found["imported"] - started, "answered": found["answered"] - started}


def questions(ids: list[str]) -> list[Event]:
    return [post("http_api", SIMILAR, {"id": one}) for one in ids]


def upload(number: int) -> Event:
    told = {"bucket": {"name": BUCKET}, "object": {"key": f"audio/incoming/{number}/a.flac", "eTag": str(number)}}
    return {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": told}]}


def measure(url: str, count: int, rounds: int, seconds: float, folder: Path, code: Path) -> dict[str, Any]:
    archive = fill(url, count)
    ids = [encode("Track", int(key)) for key in archive.track_ids]
    known = {
        "SEGUE_DATABASE_URL": url,
        "SEGUE_DATA_DIR": str(folder),
        "SEGUE_STORAGE_URL": f"s3://{BUCKET}",
        "SEGUE_DATABASE_POOL_SIZE": "2",
        "SEGUE_METRICS_NAMESPACE": "Segue",
        "PYTHONPYCACHEPREFIX": str(folder / BYTECODE),
    }
    for function, event in (("api.handler.handler", questions(ids[:1])), ("jobs.ingest_handler.handler", [upload(0)])):
        call(function, event, code, **known)
    cold, warm, served, ingest = [], [], [], []
    with api(url, folder) as (port, _):
        http_load(port, ids, 1, 2, 0, plain(SIMILAR))
        for number in range(1, rounds + 1):
            say(f"round {number} of {rounds}")
            cold.append(call("api.handler.handler", questions(ids[:1]), code, **known))
            served.append(http_load(port, ids, 1, seconds, number, plain(SIMILAR)).p50_ms)
            events = round(1000 * seconds / served[-1])
            chosen = [ids[(number * 7919 + step * 104_729) % len(ids)] for step in range(events)]
            warm.append(call("api.handler.handler", questions(chosen), code, **known))
            ingest.append(
                call("jobs.ingest_handler.handler", [upload(10 * number + n) for n in range(5)], code, **known)
            )
    # The first answers of a process prepare statements.
    warm_ms = [1e3 * statistics.median(one["seconds"][20:]) for one in warm]

    def median(runs: list[dict[str, Any]], name: str) -> float:
        return statistics.median(one[name] for one in runs)

    return {
        "tracks": count,
        "rounds": rounds,
        "api_imports_seconds": round(median(cold, "imported"), 3),
        "api_first_answer_seconds": round(median(cold, "answered"), 3),
        "api_warm_p50_ms": round(statistics.median(warm_ms), 2),
        "uvicorn_p50_ms": round(statistics.median(served), 2),
        "warm_ratio": round(statistics.median(w / s for w, s in zip(warm_ms, served, strict=True)), 3),
        "api_peak_mb": round(median(warm, "peak_mb")),
        "answer_bytes": round(statistics.median(size for one in warm for size in one["bytes"])),
        "ingest_imports_seconds": round(median(ingest, "imported"), 3),
        "ingest_first_answer_seconds": round(median(ingest, "answered"), 3),
        "ingest_warm_ms": round(1e3 * statistics.median(s for one in ingest for s in one["seconds"]), 2),
        "ingest_peak_mb": round(median(ingest, "peak_mb")),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--code", type=Path, default=PROJECT, help="an unpacked package")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = ensure_running(folder)
        try:
            url = with_database(server, "postgres")
            migrate(url)
            found = measure(
                url, arguments.tracks, arguments.rounds, arguments.seconds, folder, arguments.code.resolve()
            )
        finally:
            stop(folder)
    print(json.dumps({"load_average": round(os.getloadavg()[0], 1)} | found, indent=1))


if __name__ == "__main__":
    main()
