"""A confined process: `python -m jobs.hearing.child`, started by `jobs.hearing.confined`.

It loads what it needs, gives up what it does not need, and answers requests one after the other: a line with a path
comes in (JSON, as the catalogue writes paths), messages of progress and one with the result go out. It ends when
whoever started it closes its input.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import queue
import signal
import sys
import time
import traceback
from importlib import import_module
from pathlib import Path
from threading import Thread

from domain.errors.base import SegueError
from domain.errors.recordings import UnusableAudio
from domain.paths import path_from_text
from jobs.hearing.answers import Failure, Progress, Ready
from jobs.hearing.limits import confine
from jobs.hearing.wire import send
from ml.backends.protocol import CPU, Means
from ml.container import Watch

# What `Failure.error` says beside the codes of errors of ours.
OUT_OF_MEMORY = "OUT_OF_MEMORY"
SYSTEM_ERROR = "SYSTEM_ERROR"
UNFORESEEN = "UNFORESEEN"
NOT_STARTED = "NOT_STARTED"

# A GPU's driver maps the card's memory into the process, which costs addresses and no memory of the machine.
GPU_ADDRESS_BYTES = 256 * 2**30

TELL_SECONDS = 0.2
MAX_TEXT = 4_000


def main() -> None:
    """The process's entry."""
    parser = argparse.ArgumentParser(prog="python -m jobs.hearing.child")
    parser.add_argument("--work", required=True, help="module:function that makes the work; see jobs.hearing.decoding")
    parser.add_argument("--backend")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--memory-bytes", type=int, required=True)
    parser.add_argument("--longest-seconds", type=float, required=True)
    arguments = parser.parse_args()
    # Ctrl-C reaches every process of a terminal; who started us decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What a library prints must not come between the messages.
    replies = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        module, _, name = arguments.work.partition(":")
        work = getattr(import_module(module), name)(
            arguments.backend, Means(arguments.threads, arguments.device, arguments.weights)
        )
    except Exception as error:
        send(replies, _failure(error, NOT_STARTED).model_dump())
        return
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    Thread(target=_receive, args=(requests,), daemon=True).start()
    silence = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):  # from here on an untrusted file may have a say in what is printed
        os.dup2(silence, stream.fileno())
    os.close(silence)
    device = getattr(work, "device", CPU)
    confine(arguments.memory_bytes + (0 if device == CPU else GPU_ADDRESS_BYTES))
    send(replies, Ready(device=device).model_dump())
    while True:
        path = path_from_text(json.loads(requests.get()))
        try:
            header, payload = work(path, _watch(path, replies, arguments.longest_seconds))
        except Exception as error:
            header, payload = _failure(error).model_dump(), b""
        send(replies, header, payload)


def _receive(requests: queue.SimpleQueue[bytes]) -> None:
    """In a thread of its own, so that the end of the input is noticed while a decoder hangs."""
    for line in sys.stdin.buffer:
        requests.put(line)
    os._exit(0)


def _watch(path: Path, replies: int, longest_seconds: float) -> Watch:
    told_at = time.monotonic()

    def watch(seconds: float) -> None:
        nonlocal told_at
        if seconds > longest_seconds:
            raise UnusableAudio(
                path=path, reason=f"it claims or holds more than {longest_seconds / 3600:g} hours of audio"
            )
        now = time.monotonic()
        if now - told_at > TELL_SECONDS:
            told_at = now
            send(replies, Progress(heard=max(0.0, seconds)).model_dump())

    return watch


def _failure(error: Exception, unforeseen: str = UNFORESEEN) -> Failure:
    if isinstance(error, SegueError):
        details = {name: _shown(str(value)) for name, value in error.details.items()}
        return Failure(error=error.code, details=details)
    # ONNX Runtime reports what malloc refused as an exception with the name of C++'s.
    if isinstance(error, MemoryError) or "bad_alloc" in str(error):
        return Failure(error=OUT_OF_MEMORY, details={})
    if isinstance(error, OSError) and (name := errno.errorcode.get(error.errno or 0)):
        return Failure(error=SYSTEM_ERROR, details={"name": name})
    trace = _shown(traceback.format_exc()[-MAX_TEXT:])
    return Failure(error=unforeseen, details={"reason": _shown(f"{type(error).__name__}: {error}"), "trace": trace})


def _shown(text: str) -> str:
    """Text that fits into JSON: names of files need not be Unicode."""
    return text[:MAX_TEXT].encode(errors="backslashreplace").decode()


if __name__ == "__main__":
    main()
