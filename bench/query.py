"""How fast `recommendSimilar(first: 20)` answers over HTTP, beside PostgreSQL running the same statement by itself,
a bare route that runs it, and `recommendForUser` and `recommendNext` beside it.

    python -m bench.query [--tracks 5000 100000] [--rounds 5] [--seconds 5] [--profile]

For every size an archive of made-up tracks is written into a server of its own in a temporary folder, and one server
process of the API is started on it. Then, in rounds that alternate between the two,

* over HTTP, 8 connections (and then 1) ask for a random track's neighbours, one request after the other;
* `pgbench` runs the very statement that the API sends, prepared, over as many connections;
* over HTTP, 8 connections ask a bare route of Starlette (`bench.bare`) that runs it, too, in a process of its own;
* over HTTP, 8 connections ask with the query's hash alone (GET, a persisted query), and with the track's id written
  into the text, so that each text is a new one which must be parsed and validated;
* over HTTP, one connection asks what to play for a random user, and next in a random session. There are 200 users with
  a session each, in which they listened to 50 tracks that follow each other by likeness.

Load generator, API and PostgreSQL share the machine's cores. Medians over the rounds are printed, and the recall of
the HNSW index against an exact scan, with stored vectors as queries. One JSON object goes to standard output. With
`--profile` it shows instead where the time of one request goes, layer by layer and function by function.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import numpy as np
import psycopg

from bench.http_load import Load, got, measured, posted
from bench.profiling import profiled
from bench.synthetic import SyntheticArchive, fill
from domain.ids import encode
from domain.recommendations import TrackFilter
from domain.spaces import Space
from sql.database import EF_SEARCH, Database
from sql.embedded import binaries, ensure_running, stop
from sql.migrate import migrate
from sql.retrieval import nearest
from sql.retrieval.recommended import PostgresRetrieval

FIRST = 20
CONNECTIONS = 8
RECALL_QUERIES = 200
USERS = 200
HISTORY = 50
ITEMS = "{ items { score track { id title composer { name } } } }"
SIMILAR = f"query Panel($id: ID!) {{ recommendSimilar(trackId: $id, first: 20) {ITEMS} }}"
FOR_USER = f"query User($id: ID!) {{ recommendForUser(userId: $id, first: 20) {ITEMS} }}"
NEXT = f"query Next($id: ID!) {{ recommendNext(sessionId: $id, first: 20) {ITEMS} }}"


@dataclass(frozen=True)
class Result:
    tracks: int
    http_per_second: float
    pgbench_per_second: float
    throughput_ratio: float
    bare_per_second: float
    bare_ratio: float
    persisted_per_second: float
    persisted_ratio: float
    persisted_to_unseen_ratio: float
    http_p50_ms: float
    statement_p50_ms: float
    latency_ratio: float
    for_user_p50_ms: float
    for_user_ratio: float
    next_p50_ms: float
    next_ratio: float
    indexed: bool
    recall_at_20: float


Ask = Callable[[str], bytes]
HASH = hashlib.sha256(SIMILAR.encode()).hexdigest()
PERSISTED = {"persistedQuery": {"version": 1, "sha256Hash": HASH}}


def plain(query: str) -> Ask:
    return lambda id_: posted({"query": query, "variables": {"id": id_}})


def persisted(id_: str) -> bytes:
    return got("/graphql", extensions=json.dumps(PERSISTED), variables=json.dumps({"id": id_}))


def learned(id_: str) -> bytes:
    return posted({"query": SIMILAR, "variables": {"id": id_}, "extensions": PERSISTED})


def unseen(id_: str) -> bytes:
    """A text that nobody sent before, as clients make them that do not know variables."""
    text = SIMILAR.replace("query Panel($id: ID!)", "query Panel").replace("$id", json.dumps(id_))
    return posted({"query": f"{text} # {random.random()}"})


def bare(id_: str) -> bytes:
    return got("/similar", id=id_)


def http_load(port: int, ids: list[str], connections: int, seconds: float, seed: int, ask: Ask) -> Load:
    """Connections that each ask for random ids, one request after the other; each answer must be a whole list."""

    def requests(number: int) -> Iterator[bytes]:
        rng = random.Random(f"{seed}-{number}")
        while True:
            yield ask(rng.choice(ids))

    return measured(port, requests, connections, seconds, lambda body: body.count(b'"score"') == FIRST)


def pgbench_load(url: str, script: Path, connections: int, seconds: float, folder: Path) -> Load:
    log = folder / f"pgbench-{time.monotonic_ns()}"
    command = [
        str(binaries() / "pgbench"),
        "--no-vacuum",
        "--protocol=prepared",
        f"--client={connections}",
        f"--jobs={min(2, connections)}",
    ]
    command += [f"--time={round(seconds)}", f"--file={script}", "--log", f"--log-prefix={log}", url]
    options = f"-c hnsw.ef_search={EF_SEARCH} -c hnsw.iterative_scan=strict_order -c plan_cache_mode=force_generic_plan"
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | {"PGOPTIONS": options})
    per_second = float(done.stdout.split("tps = ")[1].split()[0])
    latencies = [
        int(line.split()[2]) / 1e3 for part in folder.glob(f"{log.name}*") for line in part.read_text().splitlines()
    ]
    return Load(per_second, statistics.median(latencies))


def pgbench_script(space: Space, track_ids: list[int], file: Path) -> Path:
    statement = nearest.similar_tracks(space, TrackFilter(), FIRST, exact=not space.indexed).decode()
    statement = statement.replace("%(seed)s", ":seed").replace("%(tag_revision)s", str(space.revision_id))
    one_line = " ".join(statement.split())
    file.write_text(f"\\set seed random({min(track_ids)}, {max(track_ids)})\n{one_line};\n")
    return file


async def recall(url: str, space: Space, track_ids: list[int]) -> float:
    """Mean share of the true 20 nearest that an index search finds, over stored vectors as queries."""
    database = Database(url, size=1, statement_timeout_seconds=60)
    rng = random.Random(7)
    shares = []
    for track_id in rng.sample(track_ids, RECALL_QUERIES):
        found = []
        for exact in (True, False):
            statement = nearest.similar_tracks(space, TrackFilter(), FIRST, exact=exact)
            rows = await database.rows(statement, {"seed": track_id, "tag_revision": space.revision_id})
            found.append({row[1] for row in rows} - {track_id})
        shares.append(len(found[0] & found[1]) / len(found[0]))
    await database.close()
    return statistics.mean(shares)


def listen(url: str, archive: SyntheticArchive, count: int = USERS) -> tuple[list[str], list[str]]:
    """Users who listened to tracks that lie near to each other, as people do, one session each; returns their
    ids."""
    rng = np.random.default_rng(7)
    users, sessions = ([str(UUID(bytes=rng.bytes(16))) for _ in range(count)] for _ in range(2))
    with psycopg.connect(url) as connection:
        for user, session in zip(users, sessions, strict=True):
            connection.execute("INSERT INTO users (id, anonymous) VALUES (%s, true)", (user,))
            connection.execute("INSERT INTO sessions (id, user_id) VALUES (%s, %s)", (session, user))
            alike = np.argsort(-(archive.vectors @ archive.vectors[rng.integers(len(archive.vectors))]))[: 4 * HISTORY]
            heard = archive.track_ids[rng.permutation(alike)[:HISTORY]]
            connection.execute(
                "INSERT INTO interactions (user_id, session_id, track_id, kind, occurred_at, client_id)"
                " SELECT %s, %s, h.track_id, 'PLAY', now() - (%s - h.place) * interval '1 minute', h.place::text"
                " FROM unnest(%s::bigint[]) WITH ORDINALITY AS h (track_id, place)",
                (user, session, HISTORY, heard.tolist()),
            )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")
    return [encode("User", user) for user in users], [encode("Session", session) for session in sessions]


async def the_space(url: str) -> Space:
    database = Database(url, size=1, statement_timeout_seconds=60)
    try:
        return (await PostgresRetrieval(database, exact_below=20_000).spaces())["musicnn-mtt"]
    finally:
        await database.close()


class Serving(NamedTuple):
    port: int
    pid: int


@contextmanager
def api(url: str, data_dir: Path, app: str | None = None) -> Iterator[Serving]:
    """One server process, of the API as it is deployed, its log in a file, or of another application."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    serve = ["jobs.cli", "serve"] if app is None else ["uvicorn", app, "--log-level", "warning", "--no-access-log"]
    environment = os.environ | {
        "SEGUE_DATABASE_URL": url,
        "SEGUE_DATA_DIR": str(data_dir),
    }
    with (data_dir / f"{serve[0]}-{port}.log").open("wb") as log:
        command = [sys.executable, "-m", *serve, "--port", str(port)]
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        for _ in range(1_200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5)
                break
            except OSError:
                time.sleep(0.05)
        yield Serving(port, server.pid)
    finally:
        server.terminate()
        server.wait(30)


def filled(server_url: str, count: int) -> tuple[str, SyntheticArchive]:
    """A database with so many tracks; its address."""
    name = f"bench_{count}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    migrate(url)
    say(f"writing {count:,} tracks …")
    return url, fill(url, count)


def measure(server_url: str, count: int, rounds: int, seconds: float, folder: Path) -> Result:
    url, archive = filled(server_url, count)
    space = asyncio.run(the_space(url))
    track_ids = [int(key) for key in archive.track_ids]
    script = pgbench_script(space, track_ids, folder / f"{count}.sql")
    ids = [encode("Track", key) for key in track_ids]
    users, sessions = listen(url, archive)
    many: dict[str, list[Load]] = {"http": [], "pgbench": [], "bare": [], "persisted": [], "unseen": []}
    one: dict[str, list[Load]] = {"http": [], "pgbench": [], "user": [], "next": []}
    lists = {"user": (users, plain(FOR_USER)), "next": (sessions, plain(NEXT))}
    with api(url, folder) as (port, _), api(url, folder, "bench.bare:app") as (bare_port, _):
        others = {"bare": (bare_port, bare), "persisted": (port, persisted), "unseen": (port, unseen)}
        for asked, ask in ((ids, plain(SIMILAR)), (ids, learned), *lists.values()):
            http_load(port, asked, CONNECTIONS, 2, 0, ask)
        http_load(bare_port, ids, CONNECTIONS, 2, 0, bare)
        for number in range(1, rounds + 1):
            say(f"{count:,} tracks: round {number} of {rounds}")
            for loads, connections in ((many, CONNECTIONS), (one, 1)):
                loads["http"].append(http_load(port, ids, connections, seconds, number, plain(SIMILAR)))
                loads["pgbench"].append(pgbench_load(url, script, connections, seconds, folder))
            for kind, (at, ask) in others.items():
                many[kind].append(http_load(at, ids, CONNECTIONS, seconds, number, ask))
            for kind, (asked, ask) in lists.items():
                one[kind].append(http_load(port, asked, 1, seconds, number, ask))
    http, alone, bare_, known, new = (
        statistics.median(load.per_second for load in many[kind])
        for kind in ("http", "pgbench", "bare", "persisted", "unseen")
    )
    http_p50, statement_p50, user_p50, next_p50 = (
        statistics.median(load.p50_ms for load in one[kind]) for kind in ("http", "pgbench", "user", "next")
    )
    found = asyncio.run(recall(url, space, track_ids)) if space.indexed else 1.0
    return Result(
        count, round(http, 1), round(alone, 1), round(http / alone, 3), round(bare_, 1), round(http / bare_, 3),
        round(known, 1), round(known / http, 3), round(known / new, 3), round(http_p50, 2), round(statement_p50, 2),
        round(http_p50 / statement_p50, 2), round(user_p50, 2), round(user_p50 / http_p50, 2), round(next_p50, 2),
        round(next_p50 / http_p50, 2), space.indexed, round(found, 4),
    )  # fmt: skip


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, nargs="+", default=[5_000, 100_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--profile", action="store_true", help="show where the time of one request goes")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = ensure_running(folder)
        try:
            if arguments.profile:
                database, archive = filled(url, arguments.tracks[0])
                ids = [encode("Track", int(key)) for key in archive.track_ids]
                print(profiled(database, folder, SIMILAR, ids))
                return
            results = [measure(url, count, arguments.rounds, arguments.seconds, folder) for count in arguments.tracks]
        finally:
            stop(folder)
    print(json.dumps([asdict(result) for result in results], indent=2))


if __name__ == "__main__":
    main()
