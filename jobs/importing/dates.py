"""Dates as catalogues write them."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

# ISO 8601: a year, a month or a day, with or without a time of day after it. Zeros stand for what is not known.
ISO_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ].*)?)?)?")


def parse_date(text: str | None) -> tuple[date | None, date | None]:
    """First and last day that `text` means: all of 2015 for "2015", one day for "2015-08-15".

    (None, None) for what is not a year or an ISO date: better none than a wrong one.
    """
    found = ISO_DATE.fullmatch((text or "").strip())
    if not found:
        return None, None
    year, month, day = (int(part or 0) for part in found.groups())
    try:
        if not month:
            return date(year, 1, 1), date(year, 12, 31)
        if not day:
            return date(year, month, 1), date(year, month, monthrange(year, month)[1])
        return date(year, month, day), date(year, month, day)
    except ValueError:
        return None, None
