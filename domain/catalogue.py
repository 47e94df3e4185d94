"""What the archive holds, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from domain.date_ranges import Precision


@dataclass(frozen=True, slots=True)
class Album:
    """An album: a folder and a name. `date_text` is as the source says it; `date_from` to `date_to` what it means, as
    exactly as `date_precision` says."""

    id: int
    title: str
    artist: str | None
    date_text: str | None
    date_from: date | None
    date_to: date | None
    date_precision: Precision | None


@dataclass(frozen=True, slots=True)
class Composer:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Work:
    """A composition; `catalogue_number` as in "K. 464"."""

    id: int
    title: str
    catalogue_number: str | None
    composer: Composer


@dataclass(frozen=True, slots=True)
class Performer:
    """Who plays on one track; `role` and `instrument` where something says so."""

    name: str
    role: str | None
    instrument: str | None


@dataclass(frozen=True, slots=True)
class Filing:
    """How a source files a track: its genre and labels, and the key that the archive's own catalogue gives it."""

    genre: str | None
    labels: list[str]
    catalogue_id: str | None


@dataclass(frozen=True, slots=True)
class Tag:
    """What a tagging backend hears, with its score in 0–1."""

    name: str
    score: float


@dataclass(frozen=True, slots=True)
class Track:
    """One recording.

    `composer_id` is the first of its composers. `movement` is the title of the movement of its work that is played.
    `truncated`: it ends more than a second before its container says. `silent`: its peak lies under −60 dBFS.
    """

    id: int
    title: str
    disc: int | None
    position: int | None
    duration_seconds: float
    album_id: int | None
    composer_id: int | None
    arranger: str | None
    truncated: bool
    silent: bool
    created_at: datetime
    work_id: int | None = None
    movement_number: int | None = None
    movement: str | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a track, in seconds from its beginning."""

    id: int
    track_id: int
    start_seconds: float
    end_seconds: float
    source: str
    label: str | None


@dataclass(frozen=True, slots=True)
class Cover:
    """A picture of an album or a track, known by its SHA-256 (hex), as is its smaller copy where there is one; sizes
    in pixels."""

    sha256: str
    content_type: str
    width: int
    height: int
    thumbnail: str | None


class TrackStatus(StrEnum):
    """Where a track stands: `PENDING` waits to be embedded, `EMBEDDED` is recommendable, `SILENT` never will be,
    `FAILED` could not be embedded, `MISSING` lost its files and is not recommended until one comes back."""

    PENDING = "PENDING"
    EMBEDDED = "EMBEDDED"
    SILENT = "SILENT"
    FAILED = "FAILED"
    MISSING = "MISSING"


class TrackOrder(StrEnum):
    """`CATALOGUE`: in the order of import. `TITLE` ignores case and diacritics. `DURATION`: shortest first."""

    CATALOGUE = "CATALOGUE"
    TITLE = "TITLE"
    DURATION = "DURATION"
    NEWEST = "NEWEST"
