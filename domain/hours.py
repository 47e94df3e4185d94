"""Hours of the day, such as those in which a machine is free for slow work."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

RANGE = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Hours:
    """Ranges of the day in minutes after midnight, local time: from the first, up to and without the second. A range
    whose end is before its begin wraps over midnight. Without any range it is always time.
    """

    ranges: tuple[tuple[int, int], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Hours:
        """Hours as people write them: "22:00-06:00", or several ranges, separated by commas; empty: always.

        Raises ValueError.
        """
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return cls(tuple(_range(part) for part in parts))

    def __str__(self) -> str:
        return ",".join(f"{_clock(start)}-{_clock(end)}" for start, end in self.ranges)

    def include(self, moment: datetime) -> bool:
        """Whether a moment's own clock shows a time within."""
        minute = moment.hour * 60 + moment.minute
        return not self.ranges or any(
            start <= minute < end if start < end else minute >= start or minute < end for start, end in self.ranges
        )

    def next_begin(self, moment: datetime) -> datetime:
        """The first moment from now on that is within; `moment` itself if it is."""
        if self.include(moment):
            return moment
        midnight = datetime.combine(moment, time(), moment.tzinfo)
        begins = [
            midnight + timedelta(days=day, hours=start // 60, minutes=start % 60)
            for start, _ in self.ranges
            for day in (0, 1)
        ]
        return min(begin for begin in begins if begin > moment)


def _range(text: str) -> tuple[int, int]:
    match = RANGE.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text}' is no range of hours such as 22:00-06:00")
    first_hour, first_minute, last_hour, last_minute = map(int, match.groups())
    start, end = first_hour * 60 + first_minute, last_hour * 60 + last_minute
    if first_minute > 59 or last_minute > 59 or start >= MINUTES_A_DAY or end > MINUTES_A_DAY:
        raise ValueError(f"'{text}' names a time that no clock shows")
    if start == end:
        raise ValueError(f"'{text}' begins where it ends")
    return start, end


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
