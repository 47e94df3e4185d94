"""Writes rows to a file that others read: CSV or Parquet."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from jobs.unwritable import unwritable

Rows = Iterable[list[dict[str, Any]]]  # Any: values of a schema's types


@contextmanager
def finished_file(file: Path) -> Iterator[Path]:
    """Where to write what becomes `file`, in place of an older one, once it is complete. Raises FileUnwritable or
    DiskFull."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        yield unfinished
        unfinished.replace(file)
    except OSError as error:
        raise unwritable(file, error) from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def write_csv(file: Path, schema: pa.Schema, rows: Rows, encoding: str = "utf-8") -> None:
    with file.open("w", encoding=encoding, newline="") as sink:
        writer = csv.DictWriter(sink, schema.names)
        writer.writeheader()
        for batch in rows:
            writer.writerows(batch)


def write_parquet(file: Path, schema: pa.Schema, rows: Rows) -> None:
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in rows:
            writer.write_table(pa.Table.from_pylist(batch, schema))
