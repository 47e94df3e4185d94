"""Names of what is made at run time, one set for each space revision."""

from __future__ import annotations


def partition(table: str, revision_id: int) -> str:
    """The name of a revision's partition of a table, such as `track_embeddings_r12`."""
    return f"{table}_r{int(revision_id)}"


def index_name(partition_name: str) -> str:
    """The name of a partition's HNSW index."""
    return f"{partition_name}_hnsw"
