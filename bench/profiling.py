"""Where the time of a request goes: the same question put to each layer by itself, one after the other."""

from __future__ import annotations

import asyncio
import cProfile
import io
import json
import pstats
import random
import statistics
import time
import timeit
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import psycopg
import uvloop

from api.app import create_app
from api.context import Context
from api.execution import answer
from domain.ids import decode_key
from domain.recommendations import SimilarRequest, TrackFilter
from domain.settings import Settings
from sql.retrieval import nearest

ROUNDS = 3
CALLS = 150
FIRST = 20
SHOWN = 25


def profiled(url: str, folder: Path, query: str, ids: list[str]) -> str:
    """A table of layers, medians in microseconds of one request at a time, and the functions that take longest."""
    return uvloop.run(_profiled(url, folder, query, ids))


async def _profiled(url: str, folder: Path, query: str, ids: list[str]) -> str:
    app = create_app(Settings(database_url=url, data_dir=folder))
    services = app.state.services
    rng = random.Random(7)
    space = (await services.retrieval.spaces())["musicnn-mtt"]
    statement = nearest.similar_tracks(space, TrackFilter(), FIRST, exact=not space.indexed)
    options = "-c plan_cache_mode=force_generic_plan"
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True, prepare_threshold=0, options=options)

    def parameters() -> dict[str, int]:
        return {"seed": decode_key("Track", rng.choice(ids)), "tag_revision": space.revision_id}

    async def driver() -> None:
        cursor = connection.cursor(binary=True)
        await cursor.execute(statement, parameters())
        await cursor.fetchall()

    async def pool() -> None:
        await services.database.rows(statement, parameters())

    async def service() -> None:
        await services.recommendations.similar(SimilarRequest(track_id=parameters()["seed"], first=FIRST))

    async def operation() -> dict[str, Any]:
        context = Context(services, "http://127.0.0.1:8000")
        return await answer(query, {"id": rng.choice(ids)}, None, context)

    async def encoded() -> None:
        orjson.dumps(await operation())

    async def route() -> None:
        body = orjson.dumps({"query": query, "variables": {"id": rng.choice(ids)}})
        await _ask(app, body)

    layers: list[tuple[str, Callable[[], Awaitable[object]]]] = [
        ("driver and statement (psycopg, prepared)", driver),
        ("pool", pool),
        ("service: retrieval, reasons", service),
        ("GraphQL: variables, execution", operation),
        ("JSON", encoded),
        ("route: Starlette, reading, limits, counting", route),
    ]
    times: dict[str, list[float]] = {name: [] for name, _ in layers}
    for _ in range(ROUNDS):
        for name, layer in layers:
            times[name].append(await _median(layer))
    medians = {name: statistics.median(found) for name, found in times.items()}
    lines = [f"{'what is added':50}{'µs':>8}{'in all':>8}"]
    lines += [f"{name:50}{medians[name] - before:8.0f}{medians[name]:8.0f}" for before, name in _steps(medians)]
    lines.append("Beyond: HTTP parsing (httptools), the event loop's turns and the sockets; see the throughput.")
    content = await operation()
    for name, encode in (("orjson", orjson.dumps), ("json", json.dumps)):
        lines.append(f"{f'JSON of one answer by {name}':50}{_quickest(encode, content):8.0f}")
    table = "\n".join(lines)
    functions = await _functions(route)
    await connection.close()
    await services.close()
    return f"{table}\n\n{functions}"


def _steps(medians: dict[str, float]) -> list[tuple[float, str]]:
    names = list(medians)
    return [(0.0, names[0]), *((medians[before], name) for before, name in pairwise(names))]


async def _median(layer: Callable[[], Awaitable[object]]) -> float:
    """Microseconds."""
    times = []
    for _ in range(CALLS):
        started = time.perf_counter()
        await layer()
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e6


def _quickest(encode: Callable[[object], object], content: object) -> float:
    """Microseconds."""
    return min(timeit.repeat(lambda: encode(content), number=200, repeat=5)) / 200 * 1e6


async def _functions(layer: Callable[[], Awaitable[object]]) -> str:
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(CALLS):
        await layer()
    profile.disable()
    text = io.StringIO()
    pstats.Stats(profile, stream=text).sort_stats("tottime").print_stats(SHOWN)
    return text.getvalue()


async def _ask(app: Any, body: bytes) -> None:  # Any: an ASGI application
    """One POST without a server around it."""
    given = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return given.pop() if given else await asyncio.Event().wait()  # type: ignore[return-value]  # never

    async def send(message: dict[str, Any]) -> None:
        assert message.get("status", 200) == 200

    await app(
        {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "raw_path": b"/graphql",
            "root_path": "",
            "scheme": "http",
            "query_string": b"",
            "http_version": "1.1",
            "headers": [(b"host", b"127.0.0.1:8000"), (b"content-type", b"application/json")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8000),
        },
        receive,
        send,
    )
