"""Runs a function as Lambda does: `awslambdaric` in a process of its own, which asks a runtime API on loopback for
events and tells it what came of them.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any
from uuid import uuid4

from tests.aws.server import REGION

VERSION = "/2018-06-01/runtime"
PATIENCE_SECONDS = 60
# Ends the wait for an event when the function is to end.
NOTHING: tuple[str, Any] = ("", None)

Event = dict[str, Any]  # Any: JSON


class FunctionFailed(Exception):
    """What the function raised, as Lambda tells it: `told` has errorType and errorMessage."""

    def __init__(self, told: dict[str, Any]) -> None:  # Any: JSON
        self.told = told
        super().__init__(f"{told.get('errorType')}: {told.get('errorMessage')}")


class Function:
    """One instance of a function. It is called by one thread at a time."""

    def __init__(self, timeout_seconds: float, log: Path) -> None:
        self.events: Queue[tuple[str, Any]] = Queue()
        self.answers: Queue[tuple[str, bool, Any]] = Queue()
        self.timeout_seconds = timeout_seconds
        self.log = log

    def __call__(self, event: Event) -> Any:  # Any: JSON
        """What the function answers. Raises FunctionFailed."""
        request = str(uuid4())
        self.events.put((request, event))
        answered, is_good, answer = self.answers.get(timeout=PATIENCE_SECONDS)
        assert answered in (request, "init"), answered
        if not is_good:
            raise FunctionFailed(answer)
        return answer

    @property
    def said(self) -> list[str]:
        """The lines of its standard output and error."""
        return self.log.read_text().splitlines()


@contextmanager
def running(
    handler: str,
    environment: Mapping[str, str],
    log: Path,
    *,
    code: Path,
    timeout_seconds: float,
    interpreter: Sequence[str] = (sys.executable,),
    paths: Sequence[Path] = (),
) -> Iterator[Function]:
    """A function whose package lies in the folder `code`. It knows `environment` and what Lambda sets, nothing else;
    `paths` are where it finds what the runtime brings."""
    function = Function(timeout_seconds, log)
    server = _Server(("127.0.0.1", 0), _answering(function))
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    host, port = server.server_address[:2]
    told = {
        "PATH": os.environ["PATH"],
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": os.pathsep.join(map(str, (code, *paths))),
        "AWS_LAMBDA_RUNTIME_API": f"{host}:{port}",
        "AWS_LAMBDA_FUNCTION_NAME": handler,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "LAMBDA_TASK_ROOT": str(code),
        "_HANDLER": handler,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*interpreter, "-m", "awslambdaric", handler],
            cwd=code,
            env=told | dict(environment),
            stdout=output,
            stderr=output,
        )
    try:
        yield function
    finally:
        process.kill()
        process.wait()
        function.events.put(NOTHING)
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A function that is ended while it waits for an event hangs up."""


def _answering(function: Function) -> type[BaseHTTPRequestHandler]:
    class RuntimeApi(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            assert self.path == f"{VERSION}/invocation/next", self.path
            request, event = function.events.get()
            if not request:
                self.close_connection = True
                return
            body = json.dumps(event).encode()
            self.send_response(200)
            self.send_header("Lambda-Runtime-Aws-Request-Id", request)
            self.send_header("Lambda-Runtime-Deadline-Ms", str(round((time.time() + function.timeout_seconds) * 1000)))
            self.send_header("Lambda-Runtime-Invoked-Function-Arn", f"arn:aws:lambda:{REGION}:123456789012:function:x")
            self._send(body)

        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            request, result = self.path.removeprefix(VERSION).strip("/").split("/")[-2:]
            self.send_response(202)
            self._send(b"{}")
            function.answers.put((request, result == "response", sent))

        def _send(self, body: bytes) -> None:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Nothing to tell."""

    return RuntimeApi
