"""Copies an archive's tables out of a database as one moment left them, and into an empty one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

from psycopg import sql

from sql.backup.contents import Connection, Contents, Partition, TableContents
from sql.login import connect

CHUNK_BYTES = 1 << 20
# Whoever uses the tables would wait for the whole restore.
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '2s'"

# References hold up the order of loading, and are checked when they come back.
REFERENCES = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'f' AND conparentid = 0 AND connamespace = 'public'::regnamespace ORDER BY 1, 2
"""


@contextmanager
def one_moment(database_url: str) -> Iterator[Connection]:
    """A connection that sees the database as it is now, however long it reads."""
    with connect(database_url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute("SET LOCAL statement_timeout = 0")
        yield connection


def copy_out(connection: Connection, table: TableContents, sink: IO[bytes]) -> TableContents:
    """Write all rows of a table; returns it with their number and checksum."""
    digest = hashlib.sha256()
    statement = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT (FORMAT binary)").format(
        sql.SQL(", ").join(map(sql.Identifier, table.columns)), sql.Identifier(table.name)
    )
    cursor = connection.cursor()
    with cursor.copy(statement) as copy:
        for chunk in copy:
            digest.update(chunk)
            sink.write(chunk)
    return table.model_copy(update={"rows": cursor.rowcount, "sha256": digest.hexdigest()})


def load(connection: Connection, contents: Contents, source: Callable[[TableContents, Connection], None]) -> None:
    """Fill the tables of a database that is at the contents' schema, in place of what its migrations put there, in the
    caller's transaction. `source` copies one table in (see `copy_in`)."""
    connection.execute(LOCK_TIMEOUT)
    # What the migrations left to be done at the end of the transaction stands in the way of altering tables.
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    references = connection.execute(REFERENCES).fetchall()
    names = [sql.Identifier(table.name) for table in contents.tables]
    for table, name, _ in references:
        _run(connection, f"ALTER TABLE {table} DROP CONSTRAINT {{}}", sql.Identifier(name))
    connection.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(names)))
    for table_name in names:
        _run(connection, "ALTER TABLE {} DISABLE TRIGGER USER", table_name)
    for partition in contents.partitions:
        _make(connection, partition)
    for contained in contents.tables:
        source(contained, connection)
    for partition in contents.partitions:
        for index in partition.indexes:
            _run(connection, index)
    for table, name, definition in references:
        _run(connection, f"ALTER TABLE {table} ADD CONSTRAINT {{}} {definition}", sql.Identifier(name))
    for table_name in names:
        _run(connection, "ALTER TABLE {} ENABLE TRIGGER USER", table_name)
    for sequence, last in contents.sequences.items():
        connection.execute(
            "SELECT setval(to_regclass(%s)::oid::regclass, coalesce(%s::bigint, 1), %s)",
            [f"public.{sequence}", last, last is not None],
        )


def copy_in(connection: Connection, table: TableContents, source: IO[bytes]) -> bool:
    """Read rows that `copy_out` wrote; returns whether they are those that were written."""
    digest = hashlib.sha256()
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.columns))
    )
    with connection.cursor().copy(statement) as copy:
        while chunk := source.read(CHUNK_BYTES):
            digest.update(chunk)
            copy.write(chunk)
    return digest.hexdigest() == table.sha256


def _make(connection: Connection, partition: Partition) -> None:
    name, parent = sql.Identifier(partition.name), sql.Identifier(partition.parent)
    _run(connection, f"CREATE TABLE {{}} PARTITION OF {{}} {partition.bounds}", name, parent)
    for check in partition.checks:
        _run(connection, f"ALTER TABLE {{}} ADD {check}", name)


def _run(connection: Connection, statement: str, *names: sql.Identifier) -> None:
    """A statement whose text is that of a catalogue of PostgreSQL: this one's, or the backed up one's."""
    connection.execute(sql.SQL(statement).format(*names) if names else statement.encode())
