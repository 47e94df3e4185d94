"""What an archive's database holds, as a backup lists it."""

from __future__ import annotations

from typing import Any

import psycopg
from pydantic import BaseModel

Connection = psycopg.Connection[tuple[Any, ...]]  # Any: columns of a query

# What is worth something only while the processes live that wrote it; and the schema's own mark.
LEFT_OUT = ["alembic_version", "lanes", "workers"]

# Tables that are nobody's partition, with the columns that are not computed from others.
TABLES = """
    SELECT c.relname, array_agg(a.attname ORDER BY a.attnum)
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND c.relname <> ALL (%(left_out)s)
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    GROUP BY c.relname ORDER BY c.relname
"""

# Made at run time, one set for each revision of a space, with their own checks and indexes.
PARTITIONS = """
    SELECT c.relname, p.relname, pg_get_expr(c.relpartbound, c.oid),
           ARRAY(SELECT format('CONSTRAINT %%I %%s', k.conname, pg_get_constraintdef(k.oid)) FROM pg_constraint k
                 WHERE k.conrelid = c.oid AND k.contype = 'c' ORDER BY k.conname),
           ARRAY(SELECT pg_get_indexdef(x.indexrelid) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
                 WHERE x.indrelid = c.oid AND x.indisvalid AND NOT i.relispartition ORDER BY i.relname)
    FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid JOIN pg_class p ON p.oid = h.inhparent
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
    ORDER BY c.relname
"""

SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' ORDER BY sequencename"

SCHEMA = "SELECT version_num FROM alembic_version"

SUMMARY = """
    SELECT (SELECT count(*) FROM tracks), (SELECT count(*) FROM albums), (SELECT count(*) FROM spaces)
"""


class TableContents(BaseModel):
    """A table, the columns that were copied, and the SHA-256 (hex) of what COPY wrote, in its binary format."""

    name: str
    columns: list[str]
    rows: int = 0
    sha256: str = ""


class Partition(BaseModel):
    """A partition of a table, as SQL says it: its bounds, its checks, and its own indexes."""

    name: str
    parent: str
    bounds: str
    checks: list[str]
    indexes: list[str]


class Contents(BaseModel):
    """An archive's database. `schema_revision` is the migration it is at; `sequences` are the numbers given last."""

    schema_revision: str
    tables: list[TableContents]
    partitions: list[Partition]
    sequences: dict[str, int | None]
    tracks: int
    albums: int
    spaces: int


def read_contents(connection: Connection) -> Contents:
    """What there is to be copied, within the caller's transaction."""
    [(schema_revision,)] = connection.execute(SCHEMA).fetchall()
    [(tracks, albums, spaces)] = connection.execute(SUMMARY).fetchall()
    return Contents(
        schema_revision=schema_revision,
        tables=[
            TableContents(name=name, columns=columns)
            for name, columns in connection.execute(TABLES, {"left_out": LEFT_OUT})
        ],
        partitions=[
            Partition(name=name, parent=parent, bounds=bounds, checks=checks, indexes=indexes)
            for name, parent, bounds, checks, indexes in connection.execute(PARTITIONS, {})
        ],
        sequences=dict(connection.execute(SEQUENCES).fetchall()),
        tracks=tracks,
        albums=albums,
        spaces=spaces,
    )
