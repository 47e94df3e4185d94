"""Connections on which a request never comes to its end, and heads that never do."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.http_parameters import parameters_of
from api.requested import BadRequest
from jobs.cli import http_protocol
from jobs.cli.http_protocol import MAX_HEAD_BYTES
from jobs.cli.serve import BOUNDS

# Fewer than `segue serve` takes, so that they are opened before the first of them is given up.
CONNECTIONS = 20
GET = b"GET /echo HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"


async def echo(request: Request) -> Response:
    """What GraphQL over HTTP makes of a request."""
    try:
        return PlainTextResponse(repr(await parameters_of(request)))
    except BadRequest as error:
        return PlainTextResponse(str(error), error.status)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Of a server that waits half a second for heads and bodies, with the bounds of `segue serve`."""
    patch = pytest.MonkeyPatch()
    patch.setattr(http_protocol, "HEAD_SECONDS", 0.5)
    patch.setattr("api.http_parameters.BODY_SECONDS", 0.5)
    app = Starlette(routes=[Route("/echo", echo, methods=["GET", "POST"])])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, **BOUNDS | {"limit_concurrency": CONNECTIONS}))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            deadline = time.monotonic() + 10
            while not server.started:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()
            patch.undo()


class Raw:
    """A connection that sends what it is told, and no more."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: Any) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def drip(self, data: bytes, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.send(data)
            time.sleep(0.05)

    def hear(self) -> bytes:
        """The head and the body of the next answer."""
        heard = b""
        while b"\r\n\r\n" not in heard:
            heard += self._more()
        head, _, body = heard.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        while len(body) < length:
            body += self._more()
        return heard.partition(b"\r\n")[0] + b" " + body

    def is_closed(self) -> bool:
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _more(self) -> bytes:
        data = self.socket.recv(65_536)
        assert data, "closed"
        return data


def test_requests_are_answered_and_connections_kept(port: int) -> None:
    with Raw(port) as raw:
        for _ in range(2):
            raw.send(GET + b"\r\n")
            assert raw.hear() == b"HTTP/1.1 200 OK {}"
        raw.send(POST + b'{"a": 12}')
        assert raw.hear() == b"HTTP/1.1 200 OK {'a': 12}"


def test_a_head_that_does_not_end_is_given_up(port: int) -> None:
    for beginning in (b"", b"G", GET, GET + b"X-Slow: "):
        with Raw(port) as raw:
            raw.send(beginning)
            assert raw.hear() == b"HTTP/1.1 408 Request Timeout "
            assert raw.is_closed()


def test_a_head_that_drips_is_given_up(port: int) -> None:
    """Slow loris: a line at a time, so that the connection is never idle."""
    with Raw(port) as raw:
        raw.send(GET)
        with pytest.raises(OSError, match=r"reset|pipe"):
            raw.drip(b"X-Slow: 1\r\n", seconds=5)


def test_a_further_request_on_the_same_connection_is_given_up_too(port: int) -> None:
    with Raw(port) as raw:
        raw.send(GET + b"\r\n")
        assert raw.hear() == b"HTTP/1.1 200 OK {}"
        raw.send(b"GET /echo HT")
        assert raw.hear() == b"HTTP/1.1 408 Request Timeout "


def test_a_head_without_end_is_refused(port: int) -> None:
    with Raw(port) as raw:
        raw.send(GET + b"X-Long: " + b"x" * MAX_HEAD_BYTES)
        assert raw.hear() == b"HTTP/1.1 431 Request Header Fields Too Large "
    with Raw(port) as raw:
        raw.send(GET + b"".join(b"X-%d: y\r\n" % number for number in range(9_000)))
        assert raw.hear() == b"HTTP/1.1 431 Request Header Fields Too Large "


def test_a_body_that_does_not_end_is_given_up(port: int) -> None:
    with Raw(port) as raw:
        raw.send(POST + b'{"a"')
        assert raw.hear() == b"HTTP/1.1 408 Request Timeout The body did not come within 0.5 s."


def test_what_is_no_http_is_refused(port: int) -> None:
    with Raw(port) as raw:
        raw.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        assert raw.hear().startswith(b"HTTP/1.1 400 Bad Request")


def test_connections_are_bounded(port: int) -> None:
    """Those beyond are told so at once, and the others are answered again as soon as some have gone."""
    waiting = [Raw(port) for _ in range(CONNECTIONS)]
    with Raw(port) as raw:
        raw.send(GET + b"\r\n")
        assert raw.hear() == b"HTTP/1.1 503 Service Unavailable Service Unavailable"
    for one in waiting:
        one.socket.close()
    deadline = time.monotonic() + 5
    while True:
        with Raw(port) as raw:
            raw.send(GET + b"\r\n")
            if raw.hear() == b"HTTP/1.1 200 OK {}":
                break
        assert time.monotonic() < deadline
