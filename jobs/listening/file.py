"""The rows of a log: CSV or TSV with a header, plain or compressed, or Parquet."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import pyarrow as pa
from pyarrow import parquet

from domain.errors.listening import LogUnreadable

BATCH_ROWS = 10_000
DELIMITERS = ",\t;|"
LONGEST_CELL = 100_000
MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class Row(NamedTuple):
    """A row by the names of its columns; `line` counts from 1, a header included. `problem` says why it cannot be
    used."""

    line: int
    values: Mapping[str, Any]  # Any: texts of CSV, values of Parquet
    problem: str | None = None


def read_rows(path: Path, known: frozenset[str], folded: Callable[[str], str]) -> Iterator[Row]:
    """The rows under names as `folded` writes them; `known` ones help to tell how columns are parted.

    Raises LogUnreadable, also in the middle of the file.
    """
    try:
        if path.suffix.lower() == ".parquet":
            yield from _parquet_rows(path, folded)
        else:
            yield from _csv_rows(path, known, folded)
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error) or "it breaks off"
        raise LogUnreadable(path=path, reason=reason) from error
    except UnicodeError as error:
        raise LogUnreadable(path=path, reason="it is no text in UTF-8") from error
    except (csv.Error, pa.ArrowInvalid) as error:
        raise LogUnreadable(path=path, reason=str(error).splitlines()[0]) from error


def _parquet_rows(path: Path, folded: Callable[[str], str]) -> Iterator[Row]:
    with parquet.ParquetFile(path) as file:
        line = 0
        for batch in file.iter_batches(BATCH_ROWS):
            names = [folded(name) for name in batch.schema.names]
            for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                line += 1
                yield Row(line, dict(zip(names, values, strict=True)))


def _csv_rows(path: Path, known: frozenset[str], folded: Callable[[str], str]) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)
    with _opened(path) as file:
        start = file.read(2)
    with _opened(path) as file:
        text = io.TextIOWrapper(file, encoding=MARKS.get(start, "utf-8-sig"), newline="")
        first = text.readline(LONGEST_CELL)
        delimiter = max(DELIMITERS, key=lambda one: len(known & set(_header(first, one, folded))))
        header = _header(first, delimiter, folded)
        reader = csv.reader(text, delimiter=delimiter)
        for cells in reader:
            if cells:
                yield _row(reader.line_num + 1, header, cells)


def _row(line: int, header: list[str], cells: list[str]) -> Row:
    """Cells that are missing at the end of a row are empty; what is too much would stand under wrong names."""
    missing = [""] * (len(header) - len(cells))
    problem = f"it has {len(cells)} cells under {len(header)} names of columns" if any(cells[len(header) :]) else None
    return Row(line, dict(zip(header, cells + missing, strict=False)), problem)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The file, or what is packed in it."""
    match path.suffix.lower():
        case ".bz2":
            with bz2.open(path, "rb") as file:
                yield file
        case ".xz":
            with lzma.open(path, "rb") as file:
                yield file
        case ".gz":
            with gzip.open(path, "rb") as packed:
                yield cast("IO[bytes]", packed)
        case _:
            with path.open("rb") as plain:
                yield plain


def _header(line: str, delimiter: str, folded: Callable[[str], str]) -> list[str]:
    return [folded(name) for name in next(csv.reader([line], delimiter=delimiter), [])]
