"""Draws maps again whose space has changed: what the sweeper asks for."""

from __future__ import annotations

from sqlalchemy import Connection, text

# An archive into which recordings trickle is not drawn anew for each of them.
MIN_SECONDS = 600

# Spaces that were drawn once, and have got another revision or other tracks since. `sources` are the active revision
# with all that it is computed from.
REQUEST_DUE = text("""
    INSERT INTO jobs (kind, status, arguments, total, done, failed)
    SELECT 'map', 'WAITING', jsonb_build_object('space', s.name), 0, 0, 0
    FROM spaces s
    CROSS JOIN LATERAL (
        WITH RECURSIVE source AS (
            SELECT s.active_revision_id AS id
            UNION SELECT unnest(d.parents) FROM derived_revisions d JOIN source ON d.revision_id = source.id
        )
        SELECT array_agg(id) AS ids FROM source
    ) sources
    CROSS JOIN LATERAL (
        SELECT coalesce(j.started_at, j.created_at) AS began_at, j.created_at, j.status FROM jobs j
        WHERE j.kind = 'map' AND j.arguments ->> 'space' = s.name
        ORDER BY j.created_at DESC LIMIT 1
    ) last
    WHERE s.active_revision_id IS NOT NULL
      AND last.status NOT IN ('WAITING', 'RUNNING') AND last.created_at < now() - make_interval(secs => :seconds)
      AND (
          (
              EXISTS (SELECT FROM space_maps m JOIN space_revisions r ON r.id = m.revision_id WHERE r.space_id = s.id)
              AND NOT EXISTS (SELECT FROM space_maps m WHERE m.revision_id = s.active_revision_id)
          )
          OR EXISTS (
              SELECT FROM jobs e
              WHERE e.kind IN ('embed', 'reembed') AND (e.arguments ->> 'revision_id')::bigint = ANY (sources.ids)
                AND e.done > 0 AND e.finished_at > last.began_at
          )
      )
      AND NOT EXISTS (
          SELECT FROM jobs e
          WHERE e.kind IN ('embed', 'reembed') AND e.status IN ('WAITING', 'RUNNING')
            AND (e.arguments ->> 'revision_id')::bigint = ANY (sources.ids)
      )
    RETURNING id
""")


def request_due_maps(connection: Connection, *, min_seconds: float = MIN_SECONDS) -> int:
    """Make a job for each space that was drawn once and has changed since; returns how many. Nobody else may do so at
    once: whoever sweeps does."""
    return len(connection.execute(REQUEST_DUE, {"seconds": min_seconds}).all())
