"""What can be followed."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated

import anyio
import strawberry

from api.context import Info
from api.types.job import Job, job_key
from api.types.resolved import subscribed
from domain.errors.asking import JobNotFound
from domain.errors.curators import SubscriptionsUnavailable
from domain.errors.machine import DatabaseUnreachable
from domain.identity import Role

POLL_SECONDS = 1.0

JobId = Annotated[strawberry.ID, strawberry.argument(description="The `id` of the job.")]


@strawberry.type(
    description="What can be followed: over WebSocket (graphql-transport-ws) or as server-sent events (a request that"
    " accepts `text/event-stream`)."
)
class Subscription:
    @subscribed(
        "A job as it is now, then each time it has changed, at most once a second, until it has ended."
        " Polling `job(id)` gives the same.",
        by=Role.CURATOR,
    )
    async def job_progress(self, info: Info, job_id: JobId) -> AsyncGenerator[Job, None]:
        """Raises InvalidId, JobNotFound, SubscriptionsUnavailable, and DatabaseUnreachable at its beginning; later the
        database may be away for a while."""
        services = info.context.services
        if not services.streams:
            raise SubscriptionsUnavailable
        key, told = job_key(job_id), None
        while True:
            try:
                found = (await services.jobs.jobs([key])).get(key)
            except DatabaseUnreachable:
                if told is None:
                    raise
                found = told
            if found is None:
                raise JobNotFound(id=job_id)
            if found != told:
                told = found
                yield Job.of(found)
            if found.status.ended:
                return
            await anyio.sleep(POLL_SECONDS)
