"""What a request is called in the log, in its answer, and by whoever asks about it."""

from __future__ import annotations

import re
from contextvars import ContextVar
from uuid import uuid4

HEADER = "x-request-id"
# What a proxy before us may have given it; anything else could forge lines of a log.
TAKEN_OVER = re.compile(r"[A-Za-z0-9_.:=+/-]{8,128}", re.ASCII)

_current: ContextVar[str | None] = ContextVar("request_id", default=None)


def begin(given: str | None) -> str:
    """The id of the request that begins: the one it came with, if it is one, else a new one."""
    chosen = given if given is not None and TAKEN_OVER.fullmatch(given) else uuid4().hex
    _current.set(chosen)
    return chosen


def current() -> str:
    """The id of the request that is answered; a new one outside of any."""
    return _current.get() or uuid4().hex
