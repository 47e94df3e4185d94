"""Rows that nothing needs, or that contradict each other, in any table: what a kill at a bad moment would leave."""

from __future__ import annotations

import psycopg
from psycopg import sql

# Rows of one table that refer to rows of another. PostgreSQL keeps them right; that it was told to is looked at here.
FOREIGN_KEYS = """
    SELECT c.conrelid::regclass::text, c.confrelid::regclass::text,
           (SELECT array_agg(a.attname ORDER BY k.place)
            FROM unnest(c.conkey) WITH ORDINALITY k (number, place)
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number),
           (SELECT array_agg(a.attname ORDER BY k.place)
            FROM unnest(c.confkey) WITH ORDINALITY k (number, place)
            JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number)
    FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
    WHERE c.contype = 'f' AND c.conparentid = 0 AND n.nspname = 'public'
"""

# What no foreign key says: each finds nothing in a database that is whole.
RULES = {
    "an embedded segment of a track that is not embedded in the revision": """
        SELECT FROM segment_embeddings s WHERE NOT EXISTS (
            SELECT FROM track_embeddings e WHERE e.revision_id = s.revision_id AND e.track_id = s.track_id
        )
    """,
    "a segment's embedding under another track than the segment's": """
        SELECT FROM segment_embeddings e JOIN segments s ON s.id = e.segment_id WHERE s.track_id <> e.track_id
    """,
    "a segment of ours that is embedded in no revision": """
        SELECT FROM segments s WHERE s.source = 'segue' AND NOT EXISTS (
            SELECT FROM segment_embeddings e WHERE e.segment_id = s.id
        )
    """,
    "tags of a track that is not embedded in the revision": """
        SELECT FROM track_tags g WHERE NOT EXISTS (
            SELECT FROM track_embeddings e WHERE e.revision_id = g.revision_id AND e.track_id = g.track_id
        )
    """,
    "a failure of a track that is embedded in the revision": """
        SELECT FROM embedding_failures x JOIN track_embeddings e USING (revision_id, track_id)
    """,
    "a space of which no revision is active": "SELECT FROM spaces WHERE active_revision_id IS NULL",
    "an active revision of another space, or one that is retired": """
        SELECT FROM spaces s JOIN space_revisions r ON r.id = s.active_revision_id
        WHERE r.space_id <> s.id OR r.state = 'RETIRED'
    """,
    "a table of embeddings whose revision is gone": """
        SELECT FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent IN ('track_embeddings'::regclass, 'segment_embeddings'::regclass)
          AND substring(pg_get_expr(c.relpartbound, c.oid) FROM '\\d+')::bigint NOT IN (SELECT id FROM space_revisions)
    """,
    "a revision without its tables": """
        SELECT FROM space_revisions r WHERE 2 <> (
            SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent IN ('track_embeddings'::regclass, 'segment_embeddings'::regclass)
              AND substring(pg_get_expr(c.relpartbound, c.oid) FROM '\\d+')::bigint = r.id
        )
    """,
    "a job whose counters are not those of its items": """
        SELECT FROM jobs j LEFT JOIN job_items i ON i.job_id = j.id WHERE j.kind IN ('embed', 'reembed')
        GROUP BY j.id
        HAVING (j.total, j.done, j.failed) <> (
            count(i.track_id), count(*) FILTER (WHERE i.state = 'DONE'), count(*) FILTER (WHERE i.state = 'FAILED')
        )
    """,
    "a job that succeeded with unfinished items": """
        SELECT FROM jobs j JOIN job_items i ON i.job_id = j.id
        WHERE j.status = 'SUCCEEDED' AND i.state NOT IN ('DONE', 'FAILED')
    """,
    "a lease on an item that nobody has in hand": """
        SELECT FROM job_items WHERE (state = 'RUNNING') <> (worker IS NOT NULL)
           OR (state IN ('DONE', 'FAILED') AND leased_until IS NOT NULL)
    """,
    "a lane of a job that has ended": """
        SELECT FROM lanes l JOIN jobs j ON j.id = l.job_id WHERE j.status NOT IN ('WAITING', 'RUNNING')
    """,
    "an album without a track": "SELECT FROM albums a WHERE NOT EXISTS (SELECT FROM tracks t WHERE t.album_id = a.id)",
    "a track that never had a file": """
        SELECT FROM tracks t WHERE NOT EXISTS (SELECT FROM track_files f WHERE f.track_id = t.id)
          AND NOT EXISTS (SELECT FROM track_embeddings e WHERE e.track_id = t.id)
    """,
}


def orphans(connection: psycopg.Connection) -> dict[str, int]:
    """What is wrong with the database's rows, and how many are; empty where all is well. Call while nobody writes."""
    found = {}
    for table, target, columns, targets in connection.execute(FOREIGN_KEYS).fetchall():
        matches = sql.SQL(" AND ").join(
            sql.SQL("t.{} = s.{}").format(sql.Identifier(theirs), sql.Identifier(ours))
            for ours, theirs in zip(columns, targets, strict=True)
        )
        known = sql.SQL(" AND ").join(sql.SQL("s.{} IS NOT NULL").format(sql.Identifier(name)) for name in columns)
        dangling = sql.SQL("SELECT FROM {} s WHERE {} AND NOT EXISTS (SELECT FROM {} t WHERE {})").format(
            sql.Identifier(table), known, sql.Identifier(target), matches
        )
        found[f"a row of {table} whose row of {target} is gone"] = _count(connection, dangling)
    assert len(found) > 10, "the foreign keys were not found"
    for rule, statement in RULES.items():
        found[rule] = _count(connection, sql.SQL(statement))  # type: ignore[arg-type]  # of this module
    return {rule: number for rule, number in found.items() if number}


def _count(connection: psycopg.Connection, rows: sql.Composable) -> int:
    row = connection.execute(sql.SQL("SELECT count(*) FROM ({}) AS found").format(rows)).fetchone()
    assert row is not None
    return int(row[0])
