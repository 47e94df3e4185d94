"""AWS Lambda's way in for uploads: S3 tells that objects have arrived, and each becomes an import job.

S3 tells at least once and in any order; see `jobs.ingest`. Beside it a schedule may ask how much work waits.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import time
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

import domain.quick_start
from domain.errors.base import SegueError
from domain.errors.machine import InvalidSetting
from domain.logs import configure_logs
from domain.settings import Settings
from jobs.backlog_metrics import tell
from jobs.ingest import Ingest
from jobs.queue import JobQueue
from jobs.storage.keys import INCOMING, is_key
from sql.database import Database
from sql.queue.backlog import backlog
from sql.queue.job_writes import JobWrites

domain.quick_start.settled()
log = logging.getLogger(__name__)

Event = dict[str, Any]  # Any: JSON
CREATED = "ObjectCreated:"
REMOTE = "s3://"
# The event of a schedule that wants to know how much work waits, and nothing else.
TELL_QUEUE = {"segue": "tell-queue"}
# See `api.handler`.
RESTED_SECONDS = 60.0


class Arrival(NamedTuple):
    """An upload: its key in the storage, and what tells its contents apart."""

    key: str
    version: str


def handler(event: Event, context: object) -> dict[str, list[str]]:
    """Asks for the import of every upload that an event of S3 names, and tells how much work waits; returns the ids of
    the jobs.

    What cannot be asked for now is raised when the others have been, so that Lambda tries the event again.
    """
    receiver = _receiver()
    return receiver.loop.run(receiver.take(event))


def arrivals(event: Event, storage_url: str | None) -> Iterator[Arrival]:
    """The uploads to this storage that an event names; not what is written elsewhere, nor S3's own test message."""
    bucket, _, prefix = (storage_url or "").removeprefix(REMOTE).partition("/")
    prefix = prefix and prefix.rstrip("/") + "/"
    for record in event.get("Records", ()):
        # As it is told directly, and as it is called in a bucket's configuration.
        if record.get("eventSource") != "aws:s3" or not record["eventName"].removeprefix("s3:").startswith(CREATED):
            continue
        told = record["s3"]
        name = unquote_plus(told["object"]["key"])
        key = name.removeprefix(prefix)
        if told["bucket"]["name"] != bucket or not name.startswith(prefix + INCOMING) or not is_key(key):
            log.info("Passed over '%s' in '%s'", name, told["bucket"]["name"])
            continue
        yield Arrival(key, told["object"].get("versionId") or told["object"].get("eTag", ""))


class _Receiver:
    """What all events of one process share: its connections serve later invocations too."""

    def __init__(self, settings: Settings) -> None:
        configure_logs(settings.log_level)
        if not (settings.database_url and settings.storage_url and settings.storage_url.startswith(REMOTE)):
            raise InvalidSetting(
                name="SEGUE_STORAGE_URL",
                value=settings.storage_url,
                reason="uploads arrive in s3://bucket/prefix, and SEGUE_DATABASE_URL says where jobs are",
            )
        self.loop = asyncio.Runner()
        self._storage_url = settings.storage_url
        self._database = Database.of(settings.database_url, settings)
        self._ingest = Ingest(JobWrites(self._database), JobQueue.of(settings.database_url, settings.broker_url))
        self._namespace = settings.metrics_namespace
        self._used_at = time.time()

    async def take(self, event: Event) -> dict[str, list[str]]:
        if time.time() - self._used_at > RESTED_SECONDS:
            await self._database.renew()
        jobs, failure = [], None
        for arrival in arrivals(event, self._storage_url):
            try:
                job = await self._ingest.object_arrived(*arrival)
            except SegueError as error:
                failure = error
            else:
                log.info("'%s' has arrived", arrival.key, extra={"job_id": str(job.id)})
                jobs.append(str(job.id))
        if failure is not None:
            raise failure
        if self._namespace is not None and (jobs or event == TELL_QUEUE):
            try:
                tell(self._namespace, await backlog(self._database))
            except SegueError:
                # Nothing is lost by it; who tells nothing for long is noticed.
                log.warning("How much work waits is not told", exc_info=True)
        self._used_at = time.time()
        return {"jobs": jobs}

    def close(self) -> None:
        """Close connections, and the loop that they live on."""
        self.loop.run(self._database.close())
        self.loop.close()


@cache
def _receiver() -> _Receiver:
    receiver = _Receiver(Settings())
    # Lambda ends a process without a word; any other says what it left open.
    atexit.register(receiver.close)
    return receiver
