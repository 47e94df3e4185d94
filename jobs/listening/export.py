"""Writes the log to a file, as `segue import-interactions` reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pyarrow as pa

from domain.errors.machine import ExportFormatUnknown
from jobs.listening.formats import LogFormat
from jobs.table_file import finished_file, write_csv, write_parquet
from sql.listening.export_rows import ExportedInteraction, count_interactions, stream_interactions
from sql.login import connect

MOMENT = pa.timestamp("us", tz="UTC")
SCHEMA = pa.schema(
    [
        ("user", pa.string()),
        ("track", pa.string()),
        ("segue_track_id", pa.int64()),
        ("timestamp", MOMENT),
        ("kind", pa.string()),
        ("played_seconds", pa.float64()),
        ("count", pa.int32()),
        ("session", pa.string()),
        ("session_started", MOMENT),
        ("session_ended", MOMENT),
        ("client_id", pa.string()),
        ("list", pa.string()),
        ("rank", pa.int32()),
        ("recorded_at", MOMENT),
        ("group", pa.string()),
        ("simulation", pa.string()),
    ]
)


def export_interactions(
    database_url: str,
    file: Path,
    format: LogFormat | None = None,
    *,
    simulated: bool = True,
    on_progress: Callable[[int, int, str], object] = lambda *_: None,
) -> int:
    """Write one row for each interaction; returns their number. Without a format, the file's suffix says it.

    `user` is how an imported log called them, else their key in Segue; `track` is the SHA-256 of the track's audio,
    `segue_track_id` its number here; `list` the impression that it came from. Names of users are not written. The file
    appears when it is complete, in place of an older one. `on_progress` is told (rows written, rows in all, "").
    Raises ExportFormatUnknown, and FileUnwritable or DiskFull.
    """
    format = format or _format_of(file)
    written = 0

    def rows(connection: psycopg.Connection[tuple[Any, ...]]) -> Iterator[list[dict[str, Any]]]:  # Any: columns
        nonlocal written
        total = count_interactions(connection, simulated=simulated)
        for batch in stream_interactions(connection, simulated=simulated):
            yield [_row(interaction, as_text=format is LogFormat.CSV) for interaction in batch]
            written += len(batch)
            on_progress(written, total, "")

    write = write_csv if format is LogFormat.CSV else write_parquet
    with finished_file(file) as unfinished, connect(database_url) as connection:
        write(unfinished, SCHEMA, rows(connection))
    return written


def _format_of(file: Path) -> LogFormat:
    try:
        return LogFormat(file.suffix.lower().removeprefix("."))
    except ValueError:
        raise ExportFormatUnknown(path=file, known=", ".join(f".{one}" for one in LogFormat)) from None


def _row(interaction: ExportedInteraction, *, as_text: bool) -> dict[str, Any]:  # Any: values of the schema's types
    return {name: _value(value, as_text) for name, value in zip(SCHEMA.names, interaction, strict=True)}


def _value(value: Any, as_text: bool) -> Any:  # Any: as above
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if as_text and isinstance(value, datetime) else value
