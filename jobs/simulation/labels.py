"""Reads what people say of tracks from a file: more that synthetic listeners can go by."""

from __future__ import annotations

import csv
from pathlib import Path

from domain.errors.listeners import LabelsUnusable

TRACK, WORD = "track", "word"
COLUMNS = "track and word"


def read_labels(path: Path) -> dict[str, set[str]]:
    """Words by track, from a CSV file with the columns `track` (its key in the archive's own catalogue) and `word`; one
    line each. Raises LabelsUnusable."""
    labels: dict[str, set[str]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            for name in (TRACK, WORD):
                if name not in (reader.fieldnames or ()):
                    raise LabelsUnusable(path=path, columns=COLUMNS, reason=f"it has no column '{name}'")
            for row in reader:
                if row[TRACK] and row[WORD]:
                    labels.setdefault(row[TRACK].strip(), set()).add(row[WORD].strip().lower())
    except OSError as error:
        raise LabelsUnusable(path=path, columns=COLUMNS, reason=(error.strerror or str(error)).lower()) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise LabelsUnusable(path=path, columns=COLUMNS, reason=f"it is no CSV in UTF-8: {error}") from error
    return labels
