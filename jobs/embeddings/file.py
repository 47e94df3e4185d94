"""A Parquet file of embeddings: which of its columns say what, and its rows one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from domain.errors.backups import EmbeddingsUnusable
from domain.errors.machine import FolderNotFound

BATCH_ROWS = 2_000
# What says which track a row is about, the surest first: the SHA-256 of the audio packets is the same in every archive.
KEYS = ("content_hash", "track_id")
VECTORS = ("vector", "embedding")
STARTS = ("segment_start", "start_seconds")
ENDS = ("segment_end", "end_seconds")
# pgvector's longest.
LONGEST_VECTOR = 16_000


class FileRow(NamedTuple):
    """A row: its number from 1, what names its track, its ends in seconds (None for a whole track), its vector of any
    length."""

    number: int
    key: str | int | None
    start: float | None
    end: float | None
    vector: NDArray[np.float64] | None


@dataclass(frozen=True)
class EmbeddingsFile:
    """An open file of `rows`; `key` is the column that names tracks, by texts if it `holds_text`, else by numbers.
    `is_snapshot`: Segue wrote it."""

    key: str
    holds_text: bool
    rows: int
    is_snapshot: bool
    _parquet: parquet.ParquetFile
    _columns: list[str | None]

    def __iter__(self) -> Iterator[FileRow]:
        number = 0
        wanted = [column for column in self._columns if column]
        for batch in self._parquet.iter_batches(BATCH_ROWS, columns=wanted):
            columns = [_values(batch, column) for column in self._columns]
            for key, vector, start, end in zip(*columns, strict=True):
                number += 1
                yield FileRow(number, key, start, end, vector)


@contextmanager
def opened_embeddings(path: Path) -> Iterator[EmbeddingsFile]:
    """Raises FolderNotFound and EmbeddingsUnusable."""
    if not path.exists():
        raise FolderNotFound(path=path)
    try:
        with parquet.ParquetFile(path) as file:
            yield _described(path, file)
    except (pa.ArrowInvalid, OSError) as error:
        reason = str(error).splitlines()[0]
        raise EmbeddingsUnusable(path=path, reason=f"it cannot be read as Parquet ({reason})") from error


def _described(path: Path, file: parquet.ParquetFile) -> EmbeddingsFile:
    schema = file.schema_arrow
    key, vector = _first(schema, KEYS), _first(schema, VECTORS)
    if key is None:
        raise EmbeddingsUnusable(path=path, reason="it has no column 'content_hash' or 'track_id'")
    if vector is None:
        raise EmbeddingsUnusable(path=path, reason="it has no column 'vector' or 'embedding'")
    type_ = schema.field(vector).type
    if not (pa.types.is_list(type_) or pa.types.is_large_list(type_) or pa.types.is_fixed_size_list(type_)) or not (
        pa.types.is_floating(type_.value_type)
    ):
        raise EmbeddingsUnusable(path=path, reason=f"'{vector}' is {type_}; it takes lists of floating-point numbers")
    columns = [key, vector, _first(schema, STARTS), _first(schema, ENDS)]
    key_type = schema.field(key).type
    holds_text = pa.types.is_string(key_type) or pa.types.is_large_string(key_type)
    if not holds_text and (key == "content_hash" or not pa.types.is_integer(key_type)):
        raise EmbeddingsUnusable(path=path, reason=f"'{key}' is {key_type}, which names no track")
    return EmbeddingsFile(
        key, holds_text, file.metadata.num_rows, b"segue.space" in (schema.metadata or {}), file, columns
    )


def _first(schema: pa.Schema, names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in schema.names), None)


def _values(batch: pa.RecordBatch, column: str | None) -> list[Any]:  # Any: whatever the column holds
    if column is None:
        return [None] * batch.num_rows
    values = batch.column(column)
    if column not in VECTORS:
        return list(values.to_pylist())
    return [
        None if not value.is_valid else np.asarray(value.values.to_numpy(zero_copy_only=False), np.float64)
        for value in values
    ]
