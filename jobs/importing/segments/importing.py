"""Imports segments: each creator's as a file tells them, in place of what an earlier file told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine

from domain import ids
from domain.errors.asking import InvalidId
from jobs.importing.catalogue.durations import clock
from jobs.importing.catalogue.matching import FileIndex
from jobs.importing.segments.lines import BrokenLine, Line, read_lines
from jobs.importing.segments.report import Kind, SegmentReport
from sql.catalogue import segment_rows
from sql.catalogue.imports import lock_imports
from sql.catalogue.segment_rows import KnownTrack, StoredSegment
from sql.spaces.patches import fill_segments, live_revisions

# Programs round differently, and a container may claim a little more than there is.
TOLERANCE_SECONDS = 0.5

# What is the same segment: its track, creator and ends.
Key = tuple[int, str, float, float]


def import_segments(engine: Engine, path: Path, *, creator: str | None = None, dry_run: bool = False) -> SegmentReport:
    """Import a file of segments: JSON or CSV, see `read_lines`.

    A creator's segments are those that the file names, from then on; those of creators that it does not name stay as
    they are. What is stored already keeps its id. Each gets its vector in every space that knows its track's patches.
    Raises SegmentsUnreadable, before anything is written.
    """
    lines = list(read_lines(path, creator))
    with engine.begin() as connection:
        lock_imports(connection)
        tracks = {track.id: track for track in segment_rows.known_tracks(connection)}
        report = SegmentReport(dry_run=dry_run)
        told = _told(lines, tracks, _Names(connection, lines), report)
        report.creators = sorted({line.creator for line in told.values()})
        _write(connection, told, report)
        if not dry_run:
            for revision_id in live_revisions(connection):
                fill_segments(connection, revision_id)
            report.waiting = segment_rows.count_waiting(connection, report.creators)
    return report


class _Names:
    """What a line may call a track: our own id, the key of a catalogue, or the path of its file."""

    def __init__(self, connection: Connection, lines: Iterable[Line | BrokenLine]) -> None:
        places = segment_rows.places(connection)
        self._track_of_place = [track_id for track_id, _ in places]
        names = {name for line in lines if isinstance(line, Line) for name in line.tracks}
        self._files = FileIndex([path for _, path in places], "", names)
        self._of_catalogue = segment_rows.tracks_of_external_ids(connection, names)

    def tracks(self, name: str) -> set[int]:
        try:
            return {ids.decode_key("Track", name)}
        except InvalidId:
            pass
        if name in self._of_catalogue:
            return self._of_catalogue[name]
        return {self._track_of_place[number] for number in self._files.match(name).files}


def _told(
    lines: Sequence[Line | BrokenLine], tracks: dict[int, KnownTrack], names: _Names, report: SegmentReport
) -> dict[Key, Line]:
    """The segments that can be stored, by what makes them the same; what cannot is reported."""
    told: dict[Key, Line] = {}
    for line in lines:
        if isinstance(line, BrokenLine):
            report.find(Kind.BROKEN, f"{line.number}: {line.reason}")
            continue
        track = _track(line, tracks, names, report)
        if track is None:
            continue
        problem = _problem(line, track)
        if problem:
            report.find(Kind.RANGE, f"{line.number}: {problem} ('{track.title}')")
            continue
        key = (track.id, line.creator, line.start_seconds, min(line.end_seconds, round(track.duration_seconds, 3)))
        if key in told:
            report.find(Kind.DUPLICATE, f"{line.number}: as {told[key].number} ('{track.title}')")
            continue
        told[key] = line
    return told


def _track(line: Line, tracks: dict[int, KnownTrack], names: _Names, report: SegmentReport) -> KnownTrack | None:
    """The track that a line means by the first of its names that means any."""
    for name in line.tracks:
        found = sorted(names.tracks(name) & tracks.keys())
        if len(found) > 1:
            titles = ", ".join(f"'{tracks[id_].title}'" for id_ in found[:3])
            report.find(Kind.AMBIGUOUS, f"{line.number}: {name} is {titles}")
            return None
        if found:
            return tracks[found[0]]
    report.find(Kind.UNMATCHED, f"{line.number}: {line.tracks[0]}")
    return None


def _problem(line: Line, track: KnownTrack) -> str | None:
    if line.start_seconds < 0:
        return f"it begins at {line.start_seconds:g} s, before the beginning"
    if line.end_seconds <= line.start_seconds:
        return f"it begins at {line.start_seconds:g} s and ends at {line.end_seconds:g} s"
    if line.end_seconds > track.duration_seconds + TOLERANCE_SECONDS or line.start_seconds >= track.duration_seconds:
        return f"it ends at {line.end_seconds:g} s, and the track after {clock(track.duration_seconds)}"
    return None


def _write(connection: Connection, told: dict[Key, Line], report: SegmentReport) -> None:
    stored = {_key(segment): segment for segment in segment_rows.segments_of(connection, report.creators)}
    new = [key for key in told if key not in stored]
    gone = [segment.id for key, segment in stored.items() if key not in told]
    relabelled = {
        stored[key].id: told[key].label for key in told if key in stored and stored[key].label != told[key].label
    }
    report.new, report.removed, report.relabelled = len(new), len(gone), len(relabelled)
    report.unchanged = len(told) - len(new) - len(relabelled)
    if report.dry_run:
        return
    segment_rows.delete(connection, gone)
    segment_rows.relabel(connection, relabelled)
    segment_rows.insert(connection, [(*key, told[key].label) for key in new])


def _key(segment: StoredSegment) -> Key:
    return segment.track_id, segment.source, segment.start_seconds, segment.end_seconds
