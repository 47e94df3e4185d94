"""The lines of a log: who, what, when."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from domain.errors.listening import LogUnreadable
from domain.listening import InteractionKind
from jobs.listening.file import Row, read_rows

# Names of columns, the likeliest first, whatever their case and whatever parts their words: "user_id", "userId".
NAMES = {
    "user": ("user", "userid", "username"),
    "own_track": ("seguetrackid",),
    "track": ("track", "trackid", "contenthash", "item", "itemid", "song", "songid", "path", "file"),
    "time": ("timestamp", "time", "occurredat", "date", "datetime"),
    "kind": ("kind", "event", "type"),
    "seconds": ("playedseconds", "seconds"),
    "count": ("count", "plays", "playcount"),
    "session": ("session", "sessionid"),
    "session_started": ("sessionstarted",),
    "session_ended": ("sessionended",),
    "client_id": ("clientid",),
    "impression": ("list", "listid", "impressionid"),
    "rank": ("rank",),
    "recorded": ("recordedat",),
    "group": ("group", "country"),
    "simulation": ("simulation",),
}
KNOWN = frozenset(name for names in NAMES.values() for name in names)
LONGEST_NAME = 200
MOST_PLAYS = 2**31 - 1
# A log that counts and does not date: what it tells happened before anything that is dated.
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
# Numbers beyond are milliseconds, not seconds: the year 5138.
LAST_SECOND = 1e11


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line. `user` is the name of a user elsewhere, or the key of one of Segue; `track` what may name its track.
    `client_id` is None where the log gives its lines no names of their own."""

    number: int
    user: str | UUID
    track: str
    own_track: bool
    occurred_at: datetime
    kind: InteractionKind
    played_seconds: float | None
    plays: int
    session: str | None
    session_started_at: datetime | None
    session_ended_at: datetime | None
    client_id: str | None
    impression_id: UUID | None
    rank: int | None
    recorded_at: datetime | None
    group: str | None
    simulation: str | None


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line that tells no interaction, and why."""

    number: int
    reason: str


class _Broken(Exception):
    pass


def read_lines(path: Path) -> Iterator[LogLine | BrokenLine]:
    """The lines of a log: `user, track, timestamp` and, where it has them, `kind, played_seconds, count` and what
    `segue export interactions` writes besides; without `timestamp` it needs a `count`, and is dated `LONG_AGO`.

    Raises LogUnreadable.
    """
    for row in read_rows(path, KNOWN, _folded):
        _require_columns(path, row.values)
        try:
            yield _line(row)
        except _Broken as broken:
            yield BrokenLine(row.line, str(broken))


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def _require_columns(path: Path, values: Mapping[str, Any]) -> None:
    for meant, names in (("user", NAMES["user"]), ("track", NAMES["own_track"] + NAMES["track"])):
        if not any(name in values for name in names):
            raise LogUnreadable(path=path, reason=f"it has no column '{meant}'. Its first line must name its columns.")
    if not any(name in values for name in NAMES["time"] + NAMES["count"]):
        raise LogUnreadable(path=path, reason="it has neither a column 'timestamp' nor a column 'count'.")


def _line(row: Row) -> LogLine:
    if row.problem:
        raise _Broken(row.problem)
    given = {meant: _first(row.values, names) for meant, names in NAMES.items()}
    own = _text(given["own_track"], "segue_track_id")
    track = _text(given["track"], "track")
    user = _text(given["user"], "user")
    if user is None or (track or own) is None:
        raise _Broken(f"it names no {'user' if user is None else 'track'}")
    time = given["time"]
    dated = any(name in row.values for name in NAMES["time"])
    if dated and _text(time, "timestamp") is None:
        raise _Broken("it has no timestamp")
    return LogLine(
        number=row.line,
        user=_uuid(user) or user,
        track=track or own or "",
        own_track=track is None,
        occurred_at=_moment(time, "timestamp") or LONG_AGO,
        kind=_kind(given["kind"]),
        played_seconds=_seconds(given["seconds"]),
        plays=_whole(given["count"], "count", 1, MOST_PLAYS) or 1,
        session=_text(given["session"], "session"),
        session_started_at=_moment(given["session_started"], "session_started"),
        session_ended_at=_moment(given["session_ended"], "session_ended"),
        client_id=_text(given["client_id"], "client_id"),
        impression_id=_key(given["impression"]),
        rank=_whole(given["rank"], "rank", 1, MOST_PLAYS),
        recorded_at=_moment(given["recorded"], "recorded_at"),
        group=_text(given["group"], "group"),
        simulation=_text(given["simulation"], "simulation"),
    )


def _first(values: Mapping[str, Any], names: tuple[str, ...]) -> Any:  # Any: texts of CSV, values of Parquet
    return next((values[name] for name in names if values.get(name) not in (None, "")), None)


def _text(value: Any, name: str) -> str | None:  # Any: as above
    if value is None:
        return None
    text = str(value).strip()
    if len(text) > LONGEST_NAME and name != "track":
        raise _Broken(f"{name} is longer than {LONGEST_NAME} characters")
    if "\0" in text:
        raise _Broken(f"{name} holds a NUL")
    return text or None


def _moment(value: Any, name: str) -> datetime | None:  # Any: as above
    """A moment of ISO 8601 (in UTC where no zone is named), of seconds or milliseconds since 1970."""
    if value is None:
        return None
    try:
        if isinstance(value, datetime):
            moment = value
        elif (number := _number(value)) is not None:
            moment = datetime.fromtimestamp(number / 1000 if abs(number) > LAST_SECOND else number, UTC)
        else:
            moment = datetime.fromisoformat(str(value).strip())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        raise _Broken(f"{name} is '{str(value)[:40]}', which is no time") from None


def _number(value: Any) -> float | None:  # Any: as above
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _seconds(value: Any) -> float | None:  # Any: as above
    if value is None:
        return None
    number = _number(value)
    if number is None or number < 0:
        raise _Broken(f"played_seconds is '{str(value)[:40]}', which is no length")
    return number


def _whole(value: Any, name: str, least: int, most: int) -> int | None:  # Any: as above
    if value is None:
        return None
    number = _number(value)
    if number is None or number != int(number) or not least <= number <= most:
        raise _Broken(f"{name} is '{str(value)[:40]}', which is no number from {least}")
    return int(number)


def _kind(value: Any) -> InteractionKind:  # Any: as above
    if value is None:
        return InteractionKind.PLAY
    try:
        return InteractionKind(str(value).strip().upper())
    except ValueError:
        known = ", ".join(InteractionKind)
        raise _Broken(f"kind is '{str(value)[:40]}'; there are {known}") from None


def _key(value: Any) -> UUID | None:  # Any: as above
    if value is None:
        return None
    key = _uuid(str(value).strip())
    if key is None:
        raise _Broken(f"list is '{str(value)[:40]}', which is no key of a list")
    return key


def _uuid(text: str) -> UUID | None:
    """The key that `text` is in its usual form, with hyphens: nothing else is taken for one."""
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None
