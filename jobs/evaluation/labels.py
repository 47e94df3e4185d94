"""Reads what people say of tracks for an evaluation: truths that a catalogue may lack."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from domain.errors.listeners import LabelsUnusable

TRACK, ASPECT, VALUE = "track", "aspect", "value"
# What can be said of a track, each once; `tag` as often as one likes.
ASPECTS = ("composer", "album", "work", "ensemble", "instrument", "genre", "tempo", "dynamics")
TAG = "tag"
COLUMNS = "track, aspect and value"
FOLDER = "evaluation/labels"

Labels = Mapping[str, Mapping[str, tuple[str, ...]]]  # aspect → the catalogue's own key → values


def read_labels(path: Path) -> dict[str, dict[str, tuple[str, ...]]]:
    """Values by aspect and track, from a CSV file with the columns `track` (its key in the archive's own catalogue),
    `aspect` (one of `ASPECTS`, or "tag") and `value`; one line each. Raises LabelsUnusable."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            for name in (TRACK, ASPECT, VALUE):
                if name not in (reader.fieldnames or ()):
                    raise LabelsUnusable(path=path, columns=COLUMNS, reason=f"it has no column '{name}'")
            for number, row in enumerate(reader, 2):
                track, aspect, value = ((row[name] or "").strip() for name in (TRACK, ASPECT, VALUE))
                if not (track and value):
                    continue
                if aspect not in (*ASPECTS, TAG):
                    known = ", ".join((*ASPECTS, TAG))
                    reason = f"line {number} names the aspect '{aspect}'; known: {known}"
                    raise LabelsUnusable(path=path, columns=COLUMNS, reason=reason)
                said = found.setdefault(aspect, {})
                said[track] = (*said.get(track, ()), value) if aspect == TAG else (value,)
    except OSError as error:
        raise LabelsUnusable(path=path, columns=COLUMNS, reason=(error.strerror or str(error)).lower()) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise LabelsUnusable(path=path, columns=COLUMNS, reason=f"it is no CSV in UTF-8: {error}") from error
    return found


def require_known(labels: Labels, keys: Sequence[str | None], path: Path) -> None:
    """Raises LabelsUnusable where labels are of none of the tracks, by the `keys` that the catalogue gives them."""
    said = {track for values in labels.values() for track in values}
    known = {key for key in keys if key is not None}
    if said & known:
        return
    gives = f"gives keys such as '{min(known)}'" if known else "gives tracks no keys"
    raise LabelsUnusable(path=path, columns=COLUMNS, reason=f"none of its tracks is in the catalogue, which {gives}")


def keep_labels(path: Path, data_dir: Path) -> str:
    """Copy a file of labels into the data folder, where jobs find it; returns its SHA-256 (hex). Raises
    LabelsUnusable."""
    read_labels(path)
    content = path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    target = kept_labels(data_dir, sha256)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return sha256


def kept_labels(data_dir: Path, sha256: str) -> Path:
    """Where a kept file of labels lies."""
    return data_dir / FOLDER / f"{sha256}.csv"
