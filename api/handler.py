"""AWS Lambda's way in: an event becomes a request to the application, be it of an HTTP API, of the function's own
address or of a REST API.

Mangum would run the application's lifespan on every invocation; without it, the pool opens with the first statement and
serves all later invocations of this instance.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import time
from functools import cache
from typing import Any

from mangum import Mangum
from mangum.types import LambdaContext, LambdaEvent

import domain.quick_start
from api.app import create_app
from api.services import Services
from domain.errors.base import SegueError
from domain.logs import configure_logs
from domain.settings import Settings
from jobs.backlog_metrics import tell
from sql.queue.backlog import backlog

domain.quick_start.settled()
log = logging.getLogger(__name__)

# Between two invocations an instance is frozen, and says nothing on its connections. Networks forget what is silent
# for some minutes.
RESTED_SECONDS = 60.0


def handler(event: LambdaEvent, context: LambdaContext) -> dict[str, Any]:  # Any: JSON
    """Answers one event. Recordings are not on this machine, so they are not served."""
    return _function().answer(event, context)


class _Function:
    """What all invocations of one instance share."""

    def __init__(self, settings: Settings) -> None:
        configure_logs(settings.log_level)
        # Mangum asks for this thread's loop at every event; Python no longer makes one by itself.
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        app = create_app(settings, in_cloud=True)
        self._services: Services = app.state.services
        self._application = Mangum(app, lifespan="off")
        self._namespace = settings.metrics_namespace
        self._told = 0
        self._answered_at = time.time()  # not monotonic: that clock may be frozen, too

    def answer(self, event: LambdaEvent, context: LambdaContext) -> dict[str, Any]:  # Any: JSON
        if time.time() - self._answered_at > RESTED_SECONDS:
            self._loop.run_until_complete(self._services.database.renew())
        answer = self._application(event, context)
        self._tell_of_jobs()
        self._answered_at = time.time()
        return answer

    def _tell_of_jobs(self) -> None:
        """Where jobs were asked for, say how many wait: a worker may have to be started for them."""
        sent = self._services.messages_sent
        if self._namespace is None or sent == self._told:
            return
        self._told = sent
        try:
            tell(self._namespace, self._loop.run_until_complete(backlog(self._services.database)))
        except SegueError:
            log.warning("How much work waits is not told", exc_info=True)

    def close(self) -> None:
        """Close connections, and the loop that they live on."""
        self._loop.run_until_complete(self._services.database.close())
        self._loop.close()


@cache
def _function() -> _Function:
    function = _Function(Settings())
    # Lambda ends a process without a word; any other says what it left open.
    atexit.register(function.close)
    return function
