"""How many operations are answered at once; more are turned away at once, so that the others are answered in time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import orjson
from starlette.responses import Response

from api.errors import refused
from domain.errors.machine import Overloaded

RETRY_SECONDS = 1


class Gate:
    """Lets at most `maximum` in at once. For one event loop."""

    def __init__(self, maximum: int) -> None:
        self.maximum = maximum
        self.inside = 0

    @property
    def is_full(self) -> bool:
        return self.inside >= self.maximum

    @contextmanager
    def one(self) -> Iterator[None]:
        """Be inside while the block lasts. Raises Overloaded."""
        if self.is_full:
            raise Overloaded(seconds=RETRY_SECONDS)
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1


def turned_away() -> Response:
    """503, and when to try again."""
    error = Overloaded(seconds=RETRY_SECONDS)
    content = refused(str(error), error.code)
    content["errors"][0]["extensions"]["retryable"] = True
    return Response(
        orjson.dumps(content),
        503,
        {"Retry-After": str(RETRY_SECONDS), "Cache-Control": "no-store"},
        media_type="application/json",
    )
