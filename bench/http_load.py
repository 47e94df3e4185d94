"""Load over HTTP: connections that ask one request after the other, and a pace that does not wait for answers."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

import uvloop


@dataclass(frozen=True)
class Load:
    """What one round measured: completed requests a second, and the median latency in milliseconds."""

    per_second: float
    p50_ms: float


@dataclass
class Answers:
    """What came back: latencies (seconds) of what was answered, how many were turned away (503), and other faults."""

    latencies: list[float] = field(default_factory=list)
    shed: int = 0
    faults: list[str] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        """The latency (seconds) that this share of the answers stays within."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Connection(asyncio.Protocol):
    """One keep-alive connection. A browser's cost is not the server's: this one does no more than it must."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None

    @classmethod
    async def to(cls, port: int) -> Connection:
        _, connection = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)  # type: ignore[attr-defined]  # a TCP connection's
        return await self._waiting

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or self._waiting is None:
            return
        head = bytes(self._buffer[:end]).lower()
        length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        if len(self._buffer) >= end + 4 + length:
            body = bytes(self._buffer[end + 4 : end + 4 + length])
            self._buffer.clear()
            waiting, self._waiting = self._waiting, None
            waiting.set_result((int(head[9:12]), body))

    def connection_lost(self, error: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionResetError(f"the server closed the connection: {error}"))

    def close(self) -> None:
        self._transport.close()


def posted(content: object, path: str = "/graphql") -> bytes:
    """A request with JSON."""
    body = json.dumps(content).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


def got(path: str, **parameters: str) -> bytes:
    query = "&".join(f"{name}={quote(value)}" for name, value in parameters.items())
    return f"GET {path}?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n".encode()


async def closed_loop(
    port: int,
    requests: Callable[[int], Iterator[bytes]],
    connections: int,
    seconds: float,
    check: Callable[[bytes], bool],
) -> Answers:
    """Each connection asks again when it was answered. `requests` gives those of one connection by its number."""
    answers = Answers()
    until = time.perf_counter() + seconds

    async def client(number: int) -> None:
        connection = await Connection.to(port)
        for request in requests(number):
            started = time.perf_counter()
            if started >= until:
                break
            _note(answers, await connection.ask(request), time.perf_counter() - started, check)
        connection.close()

    await asyncio.gather(*(client(number) for number in range(connections)))
    return answers


async def open_loop(
    port: int,
    requests: Iterable[bytes],
    per_second: float,
    seconds: float,
    connections: int,
    check: Callable[[bytes], bool],
) -> Answers:
    """Requests at a steady pace, whether or not the others were answered. A latency counts from when its request was
    due, so that a server which stands still is not spared the requests of that time (coordinated omission)."""
    answers = Answers()
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for connection in await asyncio.gather(*(Connection.to(port) for _ in range(connections))):
        free.put_nowait(connection)
    started, running = time.perf_counter(), set[asyncio.Task[None]]()

    async def one(connection: Connection, request: bytes, due: float) -> None:
        try:
            _note(answers, await connection.ask(request), time.perf_counter() - due, check)
            free.put_nowait(connection)
        except ConnectionError as error:
            answers.faults.append(repr(error))
            free.put_nowait(await Connection.to(port))

    for number, request in enumerate(requests):
        due = started + number / per_second
        if due >= started + seconds:
            break
        wait = due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(one(await free.get(), request, due))
        running.add(task)
        task.add_done_callback(running.discard)
    if running:
        await asyncio.wait(running)
    while not free.empty():
        free.get_nowait().close()
    return answers


def _note(answers: Answers, answer: tuple[int, bytes], seconds: float, check: Callable[[bytes], bool]) -> None:
    status, body = answer
    if status == 200 and check(body):
        answers.latencies.append(seconds)
    elif status == 503:
        answers.shed += 1
    else:
        answers.faults.append(f"{status} {body[:300]!r}")


def measured(
    port: int,
    requests: Callable[[int], Iterator[bytes]],
    connections: int,
    seconds: float,
    check: Callable[[bytes], bool],
) -> Load:
    """One round of `closed_loop`. Raises RuntimeError when anything went wrong."""
    started = time.perf_counter()
    answers = uvloop.run(closed_loop(port, requests, connections, seconds, check))
    took = time.perf_counter() - started
    if answers.faults or answers.shed:
        raise RuntimeError(f"not an answer: {answers.faults[:1]}, {answers.shed} turned away")
    return Load(len(answers.latencies) / took, statistics.median(answers.latencies) * 1e3)
