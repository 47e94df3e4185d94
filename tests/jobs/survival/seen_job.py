"""A job, seen from outside."""

from __future__ import annotations

from uuid import UUID

import psycopg

ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")


class SeenJob:
    """One job and its items as the database at `url` has them at the moment."""

    def __init__(self, url: str, job_id: UUID) -> None:
        self.id = job_id
        self._url = url

    @property
    def row(self) -> tuple[object, ...]:
        """(status, total, done, failed, error)"""
        return self._one("SELECT status, total, done, failed, error FROM jobs WHERE id = %s")

    @property
    def ended(self) -> bool:
        return self.row[0] in ENDED

    @property
    def done(self) -> int:
        return self._number("SELECT count(*) FROM job_items WHERE job_id = %s AND state = 'DONE'")

    @property
    def taken(self) -> int:
        """How often items were taken, in all."""
        return self._number("SELECT coalesce(sum(attempts), 0) FROM job_items WHERE job_id = %s")

    @property
    def worn(self) -> int:
        """How often the unfinished item was taken that was taken most."""
        return self._number(
            "SELECT coalesce(max(attempts), 0) FROM job_items WHERE job_id = %s AND state IN ('WAITING', 'RUNNING')"
        )

    @property
    def held(self) -> int:
        """Lanes and items that a worker has, or is thought to have."""
        return self._number(
            "SELECT (SELECT count(*) FROM job_items i WHERE i.job_id = j.id AND i.worker IS NOT NULL)"
            " + (SELECT count(*) FROM lanes l WHERE l.job_id = j.id) FROM jobs j WHERE id = %s"
        )

    def _number(self, statement: str) -> int:
        return int(str(self._one(statement)[0]))

    def _one(self, statement: str) -> tuple[object, ...]:
        with psycopg.connect(self._url) as connection:
            row = connection.execute(statement, [self.id]).fetchone()  # type: ignore[arg-type]  # of this module
        assert row is not None
        return tuple(row)
