"""What a date of a catalogue is: a range of days, known more or less exactly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Precision(StrEnum):
    """How exactly the ends of a range are known, the coarser where they differ."""

    DAY = "DAY"
    MONTH = "MONTH"
    YEAR = "YEAR"


@dataclass(frozen=True, slots=True)
class DateRange:
    """First and last day that a text means; one day is both."""

    first: date
    last: date
    precision: Precision
