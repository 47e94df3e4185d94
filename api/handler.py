"""AWS Lambda's way in: an HTTP API event becomes a request to the application.

Mangum would run the application's lifespan on every invocation; without it, the pool opens with the first statement and
serves all later invocations of this instance.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

from mangum import Mangum
from mangum.types import LambdaContext, LambdaEvent

from api.app import create_app
from domain.settings import Settings


def handler(event: LambdaEvent, context: LambdaContext) -> dict[str, Any]:  # Any: JSON
    """Answers one event. Recordings are not on this machine, so they are not served."""
    return _application()(event, context)


@cache
def _application() -> Mangum:
    # Mangum asks for this thread's loop at every event; Python no longer makes one by itself.
    asyncio.set_event_loop(asyncio.new_event_loop())
    return Mangum(create_app(Settings(), in_cloud=True), lifespan="off")
