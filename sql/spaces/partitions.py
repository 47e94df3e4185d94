"""Makes and drops the partitions that hold one space revision's vectors."""

from __future__ import annotations

from sqlalchemy import Connection, text

from sql.spaces.naming import partition

# Those that are searched by distance, and all.
SEARCHED = ("track_embeddings", "segment_embeddings")
PARTITIONED = (*SEARCHED, "patch_embeddings")

# What holds of a row with vectors of one dimension.
HOLDS_VECTORS = {
    "track_embeddings": "vector_dims(embedding) = {dimension}",
    "segment_embeddings": "vector_dims(embedding) = {dimension}",
    "patch_embeddings": "octet_length(vectors) = patches * {dimension} * 2",
}


def make_partitions(connection: Connection, revision_id: int, dimension: int) -> None:
    """Make the partitions of a new revision, for vectors of `dimension`; those that exist are left alone.

    Vectors are checked against the dimension by the table, so that a wrong one cannot break every query.
    """
    for table in PARTITIONED:
        name = partition(table, revision_id)
        connection.execute(
            text(f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF {table} FOR VALUES IN ({int(revision_id)})")
        )
        has_check = connection.scalar(
            text("SELECT EXISTS (SELECT FROM pg_constraint WHERE conname = :name)"), {"name": f"{name}_dimension"}
        )
        if not has_check:
            connection.execute(
                text(
                    f"ALTER TABLE {name} ADD CONSTRAINT {name}_dimension "
                    f"CHECK ({HOLDS_VECTORS[table].format(dimension=int(dimension))})"
                )
            )


def drop_partitions(connection: Connection, revision_id: int) -> None:
    """Drop a revision's vectors, all at once."""
    for table in PARTITIONED:
        connection.execute(text(f"DROP TABLE IF EXISTS {partition(table, revision_id)}"))
