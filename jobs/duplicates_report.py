"""Near duplicates as a file to work through: CSV for a spreadsheet, or JSON."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from jobs.near_duplicates import NearDuplicate, NearDuplicates
from jobs.unwritable import unwritable

FIELDS = (
    "kind",
    *(f"{which}_{name}" for which in ("one", "other") for name in ("track", "title", "composer", "album", "path")),
    *("one_from", "one_to", "other_from", "other_to", "errors"),
)


def write_report(report: NearDuplicates, file: Path) -> None:
    """Write what was found, one row for each pair: JSON where the file's name ends so, else CSV.

    Tracks are named by key, stretches in seconds; `errors` is the share of the fingerprints' bits that differ. Raises
    FileUnwritable or DiskFull.
    """
    rows = [_row(found) for found in report.found]
    try:
        with file.open("w", encoding="utf-8", newline="") as sink:
            if file.suffix.lower() == ".json":
                json.dump(rows, sink, ensure_ascii=False, indent=1)
                return
            writer = csv.DictWriter(sink, FIELDS)
            writer.writeheader()
            writer.writerows({name: _plain(value) for name, value in row.items()} for row in rows)
    except OSError as error:
        raise unwritable(file, error) from error


def _row(found: NearDuplicate) -> dict[str, object]:
    row: dict[str, object] = dict.fromkeys(FIELDS)
    row["kind"] = str(found.kind)
    for which, track, path in (("one", found.one, found.one_path), ("other", found.other, found.other_path)):
        row[f"{which}_track"], row[f"{which}_title"] = track.id, track.title
        row[f"{which}_composer"], row[f"{which}_album"], row[f"{which}_path"] = track.composer, track.album, path
    if found.overlap is not None:
        seconds = found.overlap.start, found.overlap.end, found.overlap.other_start, found.overlap.other_end
        row |= dict(zip(FIELDS[-5:-1], (round(second, 1) for second in seconds), strict=True))
        row["errors"] = round(found.overlap.errors, 3)
    return row


def _plain(value: object) -> object:
    """A title is never a formula to a spreadsheet."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
