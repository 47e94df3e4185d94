"""A server on loopback that speaks AWS's protocols (S3, SQS, IAM …) and refuses what AWS would refuse."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

PROGRAM = Path(__file__).parents[2] / ".venv-aws" / "bin" / "ministack"
START_SECONDS = 30

# The server's own administrator: everything is allowed, nothing is checked.
ADMINISTRATOR = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
REGION = "eu-central-1"


@contextmanager
def aws_server(folder: Path) -> Iterator[str]:
    """Address of a fresh server, which writes its log into `folder`. Skips the test where it is not installed."""
    if not PROGRAM.exists():
        pytest.skip("the server that speaks S3 is not here (run tests/aws/install)")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"],
        "TMPDIR": str(folder),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "AUTH": "true",
        "MINISTACK_WORKER_THREADS": "8",
    }
    url = f"http://127.0.0.1:{port}"
    with (folder / "aws.log").open("wb") as log:
        server = subprocess.Popen([PROGRAM], env=environment, cwd=folder, stdout=log, stderr=log)
    try:
        _wait(url, server, folder / "aws.log")
        yield url
    finally:
        server.terminate()
        server.wait(10)


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            httpx.get(f"{url}/_ministack/health").raise_for_status()
        except httpx.HTTPError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server does not start: {log.read_text()[-2000:]}") from None
            time.sleep(0.05)
        else:
            return
