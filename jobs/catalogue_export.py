"""Writes the catalogue to a file, in the shape in which `segue import --catalogue` reads one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa

from domain.errors.machine import ExportFormatUnknown
from jobs.table_file import Rows, finished_file, write_csv, write_parquet
from sql.catalogue.export_rows import ExportedTrack, count_tracks, stream_tracks
from sql.login import connect

Row = dict[str, Any]  # Any: JSON

# Several names of one field, as catalogues write and read them.
BETWEEN = "; "
SCHEMA = pa.schema(
    [
        ("album_id", pa.string()),
        ("album_name", pa.string()),
        ("track_no", pa.int64()),
        ("disc_no", pa.int64()),
        ("track_id", pa.string()),
        ("title", pa.string()),
        ("composers", pa.string()),
        ("arrangers", pa.string()),
        ("performers", pa.string()),
        ("labels", pa.string()),
        ("genre", pa.string()),
        ("release_date", pa.string()),
        ("audio_s3_key", pa.string()),
        ("duration", pa.string()),
        ("duration_seconds", pa.float64()),
        ("segue_track_id", pa.int64()),
        ("content_hash", pa.string()),
        ("missing", pa.bool_()),
    ]
)


def export_catalogue(
    database_url: str, file: Path, on_progress: Callable[[int, int, str], object] = lambda *_: None
) -> int:
    """Write one row for each track to a CSV, JSON or Parquet file, by its suffix; returns their number.

    The columns are those of the archive's own catalogue (`album_id` … `duration`), several names in one separated by
    semicolons, then ours: `duration_seconds`, `segue_track_id`, `content_hash` (SHA-256 of the audio packets) and
    `missing`. The file appears when it is complete, in place of an older one. `on_progress` is told (rows written,
    rows in all, ""). Raises ExportFormatUnknown, and FileUnwritable or DiskFull.
    """
    write = WRITERS.get(file.suffix.lower())
    if write is None:
        raise ExportFormatUnknown(path=file, known=", ".join(WRITERS))
    written = 0

    def rows(connection: psycopg.Connection[tuple[Any, ...]]) -> Iterator[list[Row]]:  # Any: columns
        nonlocal written
        total = count_tracks(connection)
        for tracks in stream_tracks(connection):
            yield [_row(track) for track in tracks]
            written += len(tracks)
            on_progress(written, total, "")

    with finished_file(file) as unfinished, connect(database_url) as connection:
        write(unfinished, rows=rows(connection))
    return written


def _row(track: ExportedTrack) -> Row:
    return {
        "album_id": track.album_id,
        "album_name": track.album_name,
        "track_no": track.track_no,
        "disc_no": track.disc_no,
        "track_id": track.track_id,
        "title": track.title,
        "composers": BETWEEN.join(track.composers) or None,
        "arrangers": track.arranger,
        "performers": BETWEEN.join(track.performers) or None,
        "labels": BETWEEN.join(track.labels) or None,
        "genre": track.genre,
        "release_date": track.release_date,
        "audio_s3_key": track.place,
        "duration": _clock(track.duration_seconds),
        "duration_seconds": round(track.duration_seconds, 3),
        "segue_track_id": track.segue_track_id,
        "content_hash": track.content_hash,
        "missing": track.missing,
    }


def _clock(seconds: float) -> str:
    """ "0:07:51"."""
    minutes, second = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{second:02}"


def _write_json(file: Path, rows: Rows) -> None:
    with file.open("w", encoding="utf-8") as sink:
        sink.write("[")
        between = "\n"
        for batch in rows:
            for row in batch:
                sink.write(between + json.dumps(row, ensure_ascii=False))
                between = ",\n"
        sink.write("\n]\n")


WRITERS: dict[str, Callable[..., None]] = {
    # Without the mark, Excel takes it for Latin-1.
    ".csv": partial(write_csv, schema=SCHEMA, encoding="utf-8-sig"),
    ".json": _write_json,
    ".parquet": partial(write_parquet, schema=SCHEMA),
}
