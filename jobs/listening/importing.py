"""Takes over a log of interactions from elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine

from domain.errors.machine import FolderNotFound
from jobs.listening.lines import LONG_AGO, BrokenLine, LogLine, read_lines
from jobs.listening.report import LogReport
from jobs.listening.tracks import TrackNames
from sql.listening.log_rows import ArrivedLine, stage, write_staged

TOLD_EVERY = 10_000


def import_interactions(
    engine: Engine,
    path: Path,
    *,
    dry_run: bool = False,
    on_progress: Callable[[int, int, str], object] = lambda *_: None,
) -> LogReport:
    """Import a log (`jobs.listening.lines`), all of it that can be used or, where it breaks off, nothing.

    Users are made where they are missing: one whom the log names by a key of Segue gets that key, every other name is
    their `external_id`. The same log again adds nothing. A dry run does everything and takes it back. `on_progress` is
    told (lines read, lines read, ""). Raises FolderNotFound and LogUnreadable.
    """
    if not path.exists():
        raise FolderNotFound(path=path)
    report = LogReport(dry_run=dry_run)
    with engine.connect() as connection:
        names = TrackNames(connection)
        lines = _counted(read_lines(path), report, on_progress)
        staged = stage(connection, _found(lines, names, report))
        written = write_staged(connection)
        report.new_users, report.new, report.corrected = written
        report.repeated = staged - written.new - written.corrected
        if dry_run:
            connection.rollback()
        else:
            connection.commit()
    return report


def _counted(
    lines: Iterable[LogLine | BrokenLine], report: LogReport, on_progress: Callable[[int, int, str], object]
) -> Iterator[LogLine]:
    for line in lines:
        report.lines += 1
        if report.lines % TOLD_EVERY == 0:
            on_progress(report.lines, report.lines, "")
        if isinstance(line, BrokenLine):
            report.broken.append(line)
        else:
            yield line
    on_progress(report.lines, report.lines, "")


def _found(lines: Iterable[LogLine], names: TrackNames, report: LogReport) -> Iterator[ArrivedLine]:
    """The lines whose tracks are here."""
    for line in lines:
        meant = names.find(line.track, own=line.own_track)
        if len(meant.tracks) > 1:
            report.ambiguous[line.track] += 1
        elif not meant.tracks or meant.how is None:
            report.unknown[line.track] += 1
        else:
            report.found[meant.how] += 1
            report.undated += line.occurred_at == LONG_AGO
            [track_id] = meant.tracks
            yield _arrived(line, track_id)


def _arrived(line: LogLine, track_id: int) -> ArrivedLine:
    key = line.user if isinstance(line.user, UUID) else None
    return ArrivedLine(
        line=line.number,
        user_ref=str(line.user),
        user_key=key,
        track_id=track_id,
        occurred_at=line.occurred_at,
        kind=line.kind.value,
        played_seconds=line.played_seconds,
        plays=line.plays,
        session_id=_session_key(line),
        session_started_at=line.session_started_at,
        session_ended_at=line.session_ended_at,
        client_id=line.client_id,
        impression_id=line.impression_id,
        rank=line.rank,
        recorded_at=line.recorded_at,
        group_name=line.group,
        simulation=line.simulation,
    )


def _session_key(line: LogLine) -> UUID | None:
    """The key of the line's session: the one that it names, else one that always follows from user and name."""
    if line.session is None:
        return None
    try:
        return UUID(line.session)
    except ValueError:
        return UUID(bytes=hashlib.sha256(f"{line.user}\0{line.session}".encode()).digest()[:16])
