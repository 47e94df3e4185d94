"""Which spaces need a snapshot in the object storage: the jobs that wrote the last ones tell."""

from __future__ import annotations

from sqlalchemy import Connection, text

# A space into which recordings trickle is not written anew for each of them, nor a storage that is away asked again
# and again.
MIN_SECONDS = 600
# How often a snapshot that needs no change is looked for, since somebody may have removed it.
VERIFY_SECONDS = 24 * 3600

# Active revisions with vectors, on which nothing works. `sources` are each with all that it is computed from. `last` is
# the newest snapshot job of each: what was embedded since it began may not be in it.
REQUEST_DUE = text("""
    INSERT INTO jobs (kind, status, arguments, total, done, failed)
    SELECT 'snapshot', 'WAITING',
           jsonb_build_object('space', s.name, 'revision_id', r.id, 'verify', last.is_good AND NOT last.is_stale),
           0, 0, 0
    FROM spaces s
    JOIN space_revisions r ON r.id = s.active_revision_id
    CROSS JOIN LATERAL (
        WITH RECURSIVE source AS (
            SELECT r.id UNION SELECT unnest(d.parents) FROM derived_revisions d JOIN source ON d.revision_id = source.id
        )
        SELECT array_agg(id) AS ids FROM source
    ) sources
    LEFT JOIN LATERAL (
        SELECT j.status, j.created_at, j.status IN ('SUCCEEDED', 'CANCELLED') AS is_good, EXISTS (
            SELECT FROM jobs e
            WHERE e.kind IN ('embed', 'reembed') AND (e.arguments ->> 'revision_id')::bigint = ANY (sources.ids)
              AND e.done > 0 AND e.finished_at > coalesce(j.started_at, j.created_at)
        ) AS is_stale
        FROM jobs j
        WHERE j.kind = 'snapshot' AND (j.arguments ->> 'revision_id')::bigint = r.id
        ORDER BY j.created_at DESC LIMIT 1
    ) last ON true
    WHERE EXISTS (SELECT FROM track_embeddings v WHERE v.revision_id = r.id)
      AND NOT EXISTS (
          SELECT FROM jobs e
          WHERE e.kind IN ('embed', 'reembed', 'index') AND e.status IN ('WAITING', 'RUNNING')
            AND (e.arguments ->> 'revision_id')::bigint = ANY (sources.ids)
      )
      AND (
          last.status IS NULL OR (
              last.status NOT IN ('WAITING', 'RUNNING') AND last.created_at < now() - make_interval(secs => :seconds)
              AND (NOT last.is_good OR last.is_stale
                   OR last.created_at < now() - make_interval(secs => :verify_seconds))
          )
      )
    RETURNING id
""")

FORGET = text("DELETE FROM jobs WHERE kind = 'snapshot' AND (arguments ->> 'revision_id')::bigint = :revision_id")


def request_due_snapshots(
    connection: Connection, *, min_seconds: float = MIN_SECONDS, verify_seconds: float = VERIFY_SECONDS
) -> int:
    """Make a job for the snapshot of each active revision that has none, or whose vectors have changed since; returns
    how many. Nobody else may do so at once: whoever sweeps does.

    A revision that is still embedded into waits, and so does one that had a snapshot job less than `min_seconds` ago.
    """
    about = {"seconds": min_seconds, "verify_seconds": verify_seconds}
    return len(connection.execute(REQUEST_DUE, about).all())


def forget_snapshot(connection: Connection, revision_id: int) -> None:
    """A revision's snapshot is to be removed from the storage: if it is still the active one then, it gets another."""
    connection.execute(FORGET, {"revision_id": revision_id})
