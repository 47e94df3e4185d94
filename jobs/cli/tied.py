"""Processes that end with the one that started them, however that ends."""

from __future__ import annotations

import os
import signal
import sys
from threading import Thread
from typing import Annotated

import typer

Tied = Annotated[bool, typer.Option(hidden=True, help="End when standard input does")]


def end_with_parent() -> None:
    """Have this process stop, as on SIGTERM, when its standard input ends: a parent that was killed closes it too."""
    Thread(target=_watch, name="parent", daemon=True).start()


def _watch() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
