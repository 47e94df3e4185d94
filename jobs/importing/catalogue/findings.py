"""What an archivist should know of a catalogue, by kind."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """Kinds of findings, in the order in which they are told. Each value is what a report calls them."""

    UNUSABLE = "The catalogue was not used"
    ENCODING = "The catalogue's encoding is a guess"
    BROKEN = "Lines that cannot be read"
    NO_FILE = "Lines without a file"
    GONE = "Lines whose file is gone: its track keeps what they say"
    RENAMED = "Lines whose file has another name now"
    REFUSED = "Lines whose file cannot be imported"
    NO_LINE = "Files without a line"
    AMBIGUOUS = "Lines that fit several files"
    TWO_LINES = "Several lines for one recording"
    SAME_ID = "Keys that several lines have"
    BY_NAME = "Lines whose file was found by its name alone"
    DURATION = "Lengths that differ from the recordings by more than 2 s and half a percent"
    DATE = "Dates kept as text"
    DATE_ORDER = "Dates read in the order that is shown by others"
    ALBUM_DATES = "Albums with several dates"
    VALUE = "Values that cannot be read"


class CatalogueFinding(NamedTuple):
    kind: Kind
    text: str
