"""Builds the approximate index of a space revision when it has grown past the threshold."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from sql.spaces.naming import index_name, partition
from sql.spaces.partitions import SEARCHED

# pgvector's HNSW takes `vector` columns of at most so many dimensions.
MAX_INDEXED_DIMENSION = 2_000


def index_when_large(engine: Engine, revision_id: int, dimension: int, threshold: int) -> bool:
    """Build HNSW indexes where the revision's tracks or segments number `threshold` or more and none is there yet.

    Readers and writers go on meanwhile (CREATE INDEX CONCURRENTLY). Returns whether the tracks are indexed now. Only
    one process builds at a time; another one returns at once.
    """
    if dimension > MAX_INDEXED_DIMENSION:
        return False
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(text("SELECT pg_try_advisory_lock(hashtext('segue-index'), :r)"), {"r": revision_id}):
            return _is_indexed(connection, revision_id)
        try:
            for table in SEARCHED:
                if _count(connection, table, revision_id) >= threshold:
                    _build(connection, partition(table, revision_id), dimension)
            indexed = _has_valid_index(connection, partition("track_embeddings", revision_id))
            connection.execute(
                text("UPDATE space_revisions SET indexed = :indexed WHERE id = :r AND indexed <> :indexed"),
                {"indexed": indexed, "r": revision_id},
            )
            return indexed
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(hashtext('segue-index'), :r)"), {"r": revision_id})


def _count(connection: Connection, table: str, revision_id: int) -> int:
    count: int = connection.scalar(
        text(f"SELECT count(*) FROM {table} WHERE revision_id = :r"),  # noqa: S608 -- a constant of this program
        {"r": revision_id},
    )
    return count


def _build(connection: Connection, name: str, dimension: int) -> None:
    if _has_valid_index(connection, name):
        return
    # A build that was killed leaves an invalid index behind.
    connection.execute(text(f"DROP INDEX IF EXISTS {index_name(name)}"))
    connection.execute(text("SET maintenance_work_mem = '512MB'"))
    connection.execute(text("SET statement_timeout = 0"))
    connection.execute(
        text(
            f"CREATE INDEX CONCURRENTLY {index_name(name)} ON {name} "
            f"USING hnsw ((embedding::vector({int(dimension)})) vector_cosine_ops)"
        )
    )
    connection.execute(text(f"ANALYZE {name}"))


def _has_valid_index(connection: Connection, partition_name: str) -> bool:
    valid: bool = connection.scalar(
        text("SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass(:name) AND indisvalid)"),
        {"name": index_name(partition_name)},
    )
    return valid


def _is_indexed(connection: Connection, revision_id: int) -> bool:
    indexed: bool = connection.scalar(text("SELECT indexed FROM space_revisions WHERE id = :r"), {"r": revision_id})
    return indexed
