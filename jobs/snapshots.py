"""Snapshots: a space's vectors as one Parquet file, for whoever works on them elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from domain.spaces import terms_of
from jobs.unwritable import unwritable
from sql.login import connect
from sql.spaces.snapshot_rows import Row, SnapshotSource, find_source, stream_embeddings

# About 1.6 MB of vectors of 200 dimensions; also the length of a row group.
BATCH_ROWS = 2_000


def export_embeddings(
    database_url: str,
    space_name: str,
    file: Path,
    on_progress: Callable[[int, int], object] = lambda done, total: None,
    *,
    revision_id: int | None = None,
) -> int:
    """Write all vectors of a space's active revision, or of the one that is named, to a Parquet file; returns the
    number of rows.

    There is one row for each track, whose `segment_start` and `segment_end` are null: the vector of the whole
    recording; and one for each of its segments, ends in seconds. Columns: `track_id` (int64), `content_hash` (SHA-256
    of the audio packets, hex), `source_path` (null where no file is known), `segment_start`, `segment_end` (double),
    `vector` (fixed-size list of float32, unit length). The schema's metadata name space, revision, backend, dimension
    and licence under keys that begin with "segue.".

    `on_progress` is told (rows written, rows in all). The file appears when it is complete, in place of an older one.
    Raises SpaceNotFound, SpaceNotReady, and FileUnwritable or DiskFull.
    """
    unfinished = file.with_name(f".{file.name}.{os.getpid()}.part")
    with connect(database_url) as connection:
        source = find_source(connection, space_name, revision_id)
        schema = _schema(source)
        written = 0
        try:
            with unfinished.open("wb") as sink, parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
                for rows in stream_embeddings(connection, source.revision_id, BATCH_ROWS):
                    writer.write_batch(_batch(rows, schema))
                    written += len(rows)
                    on_progress(written, source.vectors)
            unfinished.replace(file)
        except OSError as error:
            raise unwritable(file, error) from error
        finally:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
    return written


def _schema(source: SnapshotSource) -> pa.Schema:
    terms = terms_of(source.backend)
    return pa.schema(
        [
            pa.field("track_id", pa.int64(), nullable=False),
            pa.field("content_hash", pa.string(), nullable=False),
            pa.field("source_path", pa.string()),
            pa.field("segment_start", pa.float64()),
            pa.field("segment_end", pa.float64()),
            pa.field(
                "vector", pa.list_(pa.field("item", pa.float32(), nullable=False), source.dimension), nullable=False
            ),
        ],
        metadata={
            "segue.space": source.space,
            "segue.revision": source.revision,
            "segue.backend": source.backend,
            "segue.dimension": str(source.dimension),
            "segue.licence": terms.licence if terms else "unknown",
            "segue.rows": "one for each track (segment_start and segment_end are null), one for each segment",
        },
    )


def _batch(rows: Sequence[Row], schema: pa.Schema) -> pa.RecordBatch:
    *columns, vectors = zip(*rows, strict=True)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=False)]
    flat = pa.array(np.concatenate(vectors, dtype=np.float32))
    return pa.record_batch([*arrays, pa.FixedSizeListArray.from_arrays(flat, type=schema.field("vector").type)], schema)
