"""A background job."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from api.context import Info
from api.types.enums import JobStatus
from api.types.node import Node
from domain import ids, jobs
from domain.errors.asking import InvalidId, JobNotFound
from domain.ids import shortened


@strawberry.type(description="Slow work in the background, such as embedding. Poll it to follow its progress.")
class Job(Node):
    kind: str = strawberry.field(description="What is done, such as `embed`.")
    status: JobStatus = strawberry.field(description="Where it stands.")
    total: int = strawberry.field(description="How many items it has.")
    done: int = strawberry.field(description="How many of them are done.")
    failed: int = strawberry.field(description="How many of them failed.")
    current: str | None = strawberry.field(description="The item in hand.")
    device: str | None = strawberry.field(description="What its networks compute on, such as `cpu`.")
    started_at: datetime | None = strawberry.field(description="When a worker first took it up.")
    finished_at: datetime | None = strawberry.field(description="When it ended.")
    heartbeat_at: datetime | None = strawberry.field(
        description="When a worker last said that it works on it: some seconds ago, while one does."
    )
    error: str | None = strawberry.field(description="Why it failed, or what failed in it.")

    @classmethod
    def of(cls, row: jobs.Job) -> Job:
        return cls(
            id=strawberry.ID(ids.encode("Job", str(row.id))),
            kind=row.kind,
            status=row.status,
            total=row.total,
            done=row.done,
            failed=row.failed,
            current=row.current,
            device=row.device,
            started_at=row.started_at,
            finished_at=row.finished_at,
            heartbeat_at=row.heartbeat_at,
            error=row.error,
        )


async def job_by_id(info: Info, job_id: str) -> Job:
    """Raises InvalidId and JobNotFound."""
    row = await info.context.loaders.jobs.load(job_key(job_id))
    if row is None:
        raise JobNotFound(id=job_id)
    return Job.of(row)


def job_key(job_id: str) -> UUID:
    """Raises InvalidId."""
    kind, key = ids.decode(job_id)
    try:
        if kind != "Job":
            raise ValueError("of another type")
        return UUID(key)
    except ValueError:
        raise InvalidId(id=shortened(job_id)) from None
