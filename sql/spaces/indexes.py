"""Builds the approximate index of a space revision when it has grown past the threshold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import psycopg
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from sql.spaces.index_kinds import indexed_expression
from sql.spaces.naming import index_name, partition
from sql.spaces.partitions import SEARCHED

LOOK_UP_SECONDS = 0.5

TRY_LOCK = text("SELECT pg_try_advisory_lock(hashtext('segue-index'), :r)")
UNLOCK = text("SELECT pg_advisory_unlock(hashtext('segue-index'), :r)")
TELL = text("UPDATE space_revisions SET indexed = :indexed WHERE id = :r AND indexed <> :indexed")
# A graph that does not fit into this is built much more slowly: 300,000 vectors of 200 numbers do. No more than the
# graph takes, since workers that build together take all of it at once, on small machines, too. Where the server was
# told to give more, it gives more.
MEMORY = text("""
    SELECT set_config(
        'maintenance_work_mem',
        greatest(
            pg_size_bytes(current_setting('maintenance_work_mem')), least(:graph, pg_size_bytes('512MB'))
        ) / 1024 || 'kB',
        false
    )
""")
# Beside its numbers, an element of a graph that is being built holds its neighbours: some 700 bytes; and some room.
ELEMENT_BYTES = 1_000
NO_TIMEOUT = text("SET statement_timeout = 0")
RESET = text("RESET maintenance_work_mem; RESET statement_timeout")


class IndexingInterrupted(Exception):
    """Whoever asked for an index wants it no more, or cannot wait."""


def never() -> bool:
    return False


def lacks_index(connection: Connection, revision_id: int, dimension: int, threshold: int) -> bool:
    """Whether the revision's tracks or segments number `threshold` or more and have no index yet."""
    return bool(_to_index(connection, revision_id, dimension, threshold))


def index_when_large(
    engine: Engine, revision_id: int, dimension: int, threshold: int, interrupted: Callable[[], bool] = never
) -> bool:
    """Build HNSW indexes where the revision's tracks or segments number `threshold` or more and none is there yet.

    Readers and writers go on meanwhile (CREATE INDEX CONCURRENTLY). Returns whether the tracks are indexed now. Only
    one process builds at a time; another one waits for it. May be killed and run again: the server ends what it
    builds, and what it left unfinished is built anew. `interrupted` is asked twice a second; then IndexingInterrupted
    is raised.
    """
    asked = Event()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # Asking again rather than waiting inside the database, where the builder would wait for our statement to end.
        while not connection.scalar(TRY_LOCK, {"r": revision_id}):
            if interrupted() or asked.wait(LOOK_UP_SECONDS):
                raise IndexingInterrupted
        try:
            for table in _to_index(connection, revision_id, dimension, threshold):
                with _called_off(connection, interrupted):
                    _build(connection, partition(table, revision_id), dimension)
            indexed = _has_valid_index(connection, partition("track_embeddings", revision_id))
            connection.execute(TELL, {"indexed": indexed, "r": revision_id})
            return indexed
        finally:
            if not connection.invalidated:
                connection.execute(UNLOCK, {"r": revision_id})


def _to_index(connection: Connection, revision_id: int, dimension: int, threshold: int) -> list[str]:
    """The partitioned tables in which the revision needs an index and has none."""
    return [
        table
        for table in SEARCHED
        if not _has_valid_index(connection, partition(table, revision_id))
        and _holds(connection, partition(table, revision_id), threshold)
    ]


def _holds(connection: Connection, name: str, number: int) -> bool:
    """Whether a partition has so many rows; one that is gone has none."""
    if connection.scalar(text("SELECT to_regclass(:name)"), {"name": name}) is None:
        return False
    counted = text(f"SELECT count(*) FROM (SELECT FROM {name} LIMIT :number) AS some_rows")  # noqa: S608 -- our own name
    return int(connection.execute(counted, {"number": number}).scalar_one()) >= number


@contextmanager
def _called_off(connection: Connection, interrupted: Callable[[], bool]) -> Iterator[None]:
    """Has the server leave what the block runs as soon as `interrupted`; then IndexingInterrupted is raised."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101 -- what `make_engine` makes
    over, is_called_off = Event(), Event()

    def watch() -> None:
        while not over.wait(LOOK_UP_SECONDS):
            if interrupted():
                is_called_off.set()
                driver.cancel_safe()
                return

    watcher = Thread(target=watch, name="indexing", daemon=True)
    watcher.start()
    try:
        yield
    except OperationalError as error:
        if is_called_off.is_set() and isinstance(error.orig, psycopg.errors.QueryCanceled):
            raise IndexingInterrupted from None
        raise
    finally:
        over.set()
        watcher.join()


def _build(connection: Connection, name: str, dimension: int) -> None:
    # A build that was killed leaves an invalid index behind.
    connection.execute(text(f"DROP INDEX IF EXISTS {index_name(name)}"))
    connection.execute(NO_TIMEOUT)
    try:
        rows = int(connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one())  # noqa: S608 -- our own name
        connection.execute(MEMORY, {"graph": rows * (4 * dimension + ELEMENT_BYTES)})
        connection.execute(
            text(f"CREATE INDEX CONCURRENTLY {index_name(name)} ON {name} USING hnsw ({indexed_expression(dimension)})")
        )
        connection.execute(text(f"ANALYZE {name}"))
    finally:
        if not connection.invalidated:
            connection.execute(RESET)


def _has_valid_index(connection: Connection, partition_name: str) -> bool:
    valid: bool = connection.scalar(
        text("SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass(:name) AND indisvalid)"),
        {"name": index_name(partition_name)},
    )
    return valid
