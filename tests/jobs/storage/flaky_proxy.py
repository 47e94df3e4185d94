"""An HTTP proxy before one server that is slow and fails as networks and overloaded servers do."""

from __future__ import annotations

import http.client
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

OVERLOADED = b'<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>'
UNKNOWN_UPLOAD = b"<Error><Code>NoSuchUpload</Code><Message>The specified upload does not exist.</Message></Error>"
XML = [("Content-Type", "application/xml")]
HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding"})


class FlakyProxy(ThreadingHTTPServer):
    """Forwards to `target`, after `delay` seconds, all but a part `failing` of the calls.

    A call fails in one of four ways, equally often: 503; a connection reset before the call reaches the server, or
    after it; an answer that breaks off in the middle. Which calls fail depends on `seed`, the call's method and path
    and how often it was made, not on the order of different calls. From the call number `hold_from` on, none is
    forwarded or answered at all.
    """

    daemon_threads = True

    def __init__(
        self, target: str, *, failing: float = 0.0, delay: float = 0.0, seed: int = 0, hold_from: int | None = None
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self.target = urlsplit(target).netloc
        self.failing, self.delay, self.seed, self.hold_from = failing, delay, seed, hold_from
        self.calls: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.held = threading.Event()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def fate(self, call: str) -> str:
        with self._lock:
            self.calls[call] += 1
            if self.hold_from is not None and self.calls.total() >= self.hold_from:
                self.held.set()
                return "held"
            draw = random.Random(f"{self.seed} {call} {self.calls[call]}")  # noqa: S311 (nothing secret)
            if draw.random() >= self.failing:
                return "forwarded"
            way = draw.choice(["overloaded", "reset before", "reset after", "broken off"])
            self.failures[way] += 1
            return way

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are none of its business."""


class _Call(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FlakyProxy

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path, _, query = self.path.partition("?")
        part = next((argument for argument in query.split("&") if argument.startswith("partNumber=")), "")
        fate = self.server.fate(f"{self.command} {path} {part}")
        time.sleep(self.server.delay)
        if fate == "held":
            time.sleep(3600)
        if fate == "reset before":
            return self._reset()
        if fate == "overloaded":
            return self._answer(503, XML, OVERLOADED, len(OVERLOADED))
        if fate == "unknown upload":
            return self._answer(404, XML, UNKNOWN_UPLOAD, len(UNKNOWN_UPLOAD))
        upstream = http.client.HTTPConnection(self.server.target, timeout=30)
        try:
            upstream.request(self.command, self.path, body, dict(self.headers))
            answer = upstream.getresponse()
            content = answer.read()
        finally:
            upstream.close()
        if fate == "reset after":
            return self._reset()
        length = int(answer.headers.get("Content-Length", len(content)))
        if fate == "broken off":
            self._answer(answer.status, answer.getheaders(), content[: len(content) // 2], length)
            return self._reset()
        return self._answer(answer.status, answer.getheaders(), content, length)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _handle  # noqa: N815 (the names that the base class calls)

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes, length: int) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def flaky_proxy(
    target: str, *, failing: float = 0.0, delay: float = 0.0, seed: int = 0, hold_from: int | None = None
) -> Iterator[FlakyProxy]:
    proxy = FlakyProxy(target, failing=failing, delay=delay, seed=seed, hold_from=hold_from)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        thread.join()
        proxy.server_close()
