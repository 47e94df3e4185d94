"""Background jobs, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class JobKind(StrEnum):
    """What a job does. `UPLOAD` and `REEMBED_REQUEST` become `IMPORT` and `REEMBED` when the recording has arrived, and
    when a worker has found out which tracks are meant."""

    EMBED = "embed"
    REEMBED_REQUEST = "reembed-request"
    REEMBED = "reembed"
    UPLOAD = "upload"
    IMPORT = "import"
    INDEX = "index"
    SNAPSHOT = "snapshot"
    TRAIN = "train"
    MAP = "map"
    EVALUATE = "evaluate"


class JobStatus(StrEnum):
    """`WAITING` for a worker, `RUNNING`, and three ways to end."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def ended(self) -> bool:
        return self in (JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of slow work: `done` and `failed` of `total` items, `current` the one in hand.

    `heartbeat_at` is when a worker last said that it works on it; it makes no other job of it.
    """

    id: UUID
    kind: str
    status: JobStatus
    total: int
    done: int
    failed: int
    current: str | None
    device: str | None
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    heartbeat_at: datetime | None = field(default=None, compare=False)
