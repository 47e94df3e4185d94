"""Writes recordings into the catalogue. The audio is what a track is: whichever file holds it, under whatever name and
tags, it is the same track.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection, text

from domain.paths import path_from_text
from sql.catalogue import album_rows, file_rows, outgrown
from sql.catalogue.album_rows import AlbumDescription
from sql.catalogue.described import describe_tracks
from sql.catalogue.descriptions import Description
from sql.catalogue.file_rows import FileRow, FileState
from sql.catalogue.line_rows import line_of_track

# Imports write one after the other, so that none waits for a row of another that waits for one of its own, and what
# one finds missing stays missing until it has made it. Reading the files takes a hundred times longer.
LOCK_IMPORTS = text("SELECT pg_advisory_xact_lock(hashtext('segue-import'))")

TRACK_OF_AUDIO = text("SELECT id, album_id FROM tracks WHERE content_hash = :content_hash")

# What it is called and who made it is written when it is described.
INSERT_TRACK = text("""
    INSERT INTO tracks (content_hash, title, sort_key, duration_seconds,
                        codec, sample_rate, channels, truncated, silent)
    VALUES (:content_hash, '', '', :duration_seconds, :codec, :sample_rate, :channels, :truncated, :silent)
    RETURNING id
""")


@dataclass(frozen=True, slots=True)
class Audio:
    """What a file holds: `content_hash` (SHA-256 of the audio packets, hex) is the track's identity."""

    content_hash: str
    codec: str
    sample_rate: int
    channels: int
    duration_seconds: float
    truncated: bool
    silent: bool


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that was read."""

    file: FileState
    audio: Audio
    description: Description


class Outcome(StrEnum):
    """What writing a file did: a track that is `NEW`; a file that was `CHANGED` or `MOVED`, or is one more `COPY` of a
    track that was there; or nothing, since only its time differs (`UNCHANGED`)."""

    NEW = "NEW"
    CHANGED = "CHANGED"
    MOVED = "MOVED"
    COPY = "COPY"
    UNCHANGED = "UNCHANGED"


class _Track(NamedTuple):
    id: int
    album_id: int | None


def lock_imports(connection: Connection) -> None:
    """Wait until no other import writes; holds until the transaction ends. Call before `write_recording`."""
    connection.execute(LOCK_IMPORTS)


def is_there(place: str) -> bool:
    """Whether the catalogue's place of a file or folder still exists. One in an object storage is taken to: asking
    would keep other imports waiting."""
    return place.startswith("s3://") or path_from_text(place).exists()


def write_recording(connection: Connection, read: ReadFile, exists: Callable[[str], bool] = is_there) -> Outcome:
    """Write one file and what it holds.

    A track is described by its oldest file that still exists, and over that by a catalogue's line where one is known;
    a copy elsewhere changes nothing about it. A file that
    is found at a new path while all others of its track are gone was moved: its row moves along, and so does its
    album when the album's old folder is gone. A path whose audio changed holds another track from then on; the old one
    stays, unless it was a part of the new one: imported while the file was still being copied, it becomes that.
    `exists` says whether a place is.
    """
    row = file_rows.file_at(connection, read.file.path)
    found = connection.execute(TRACK_OF_AUDIO, {"content_hash": read.audio.content_hash}).one_or_none()
    track = _Track(*found) if found else None
    part_id = row.track_id if row and (track is None or track.id != row.track_id) else None
    if part_id is not None and not outgrown.outgrows(connection, read.file):
        part_id = None
    if track is None and row and part_id is not None:
        outgrown.set_audio(connection, part_id, asdict(read.audio))
        former = _Track(*connection.execute(TRACK_OF_AUDIO, {"content_hash": read.audio.content_hash}).one())
        _describe_track(connection, former, read.description, moved=False, exists=exists)
        file_rows.write_file(connection, part_id, read.file, read.description, row.id)
        return Outcome.CHANGED
    outcome = _write_other(connection, read, row, track, exists)
    if part_id is not None and track is not None:
        outgrown.drop_track(connection, part_id, track.id)
    return outcome


def _write_other(
    connection: Connection,
    read: ReadFile,
    row: FileRow | None,
    track: _Track | None,
    exists: Callable[[str], bool],
) -> Outcome:
    """Write a file that holds no more of what it held than before; `row` is what is known of its path, `track` the
    one that has its audio."""
    if track is None:
        file_rows.write_file(
            connection, _insert_track(connection, read), read.file, read.description, row.id if row else None
        )
        return Outcome.NEW
    own = row if row and row.track_id == track.id else None
    if own and own.file_hash == read.file.file_hash:
        file_rows.write_file(connection, track.id, read.file, read.description, own.id)
        return Outcome.UNCHANGED
    others = file_rows.other_files(connection, track.id, read.file.path)
    older = [other for other in others if own is None or other.id < own.id]
    if any(exists(other.path) for other in older):
        file_rows.write_file(connection, track.id, read.file, read.description, row.id if row else None)
        return Outcome.CHANGED if own else Outcome.COPY
    _describe_track(connection, track, read.description, moved=own is None, exists=exists)
    turned = row or (others[0] if others else None)
    file_rows.write_file(connection, track.id, read.file, read.description, turned.id if turned else None)
    return Outcome.CHANGED if own else Outcome.MOVED


def _insert_track(connection: Connection, read: ReadFile) -> int:
    audio = read.audio
    track_id: int = connection.execute(
        INSERT_TRACK,
        {
            "content_hash": audio.content_hash,
            "duration_seconds": audio.duration_seconds,
            "codec": audio.codec,
            "sample_rate": audio.sample_rate,
            "channels": audio.channels,
            "truncated": audio.truncated,
            "silent": audio.silent,
        },
    ).scalar_one()
    describe_tracks(connection, {track_id: read.description}, anew=False)
    return track_id


def _describe_track(
    connection: Connection, track: _Track, read: Description, *, moved: bool, exists: Callable[[str], bool]
) -> None:
    said = read.overlaid(line_of_track(connection, track.id))
    if moved and track.album_id is not None:
        _move_album_along(connection, track.album_id, said.album, exists)
    describe_tracks(connection, {track.id: said}, anew=True)


def _move_album_along(
    connection: Connection, album_id: int, said: AlbumDescription, exists: Callable[[str], bool]
) -> None:
    former = album_rows.folder_of_album(connection, album_id, said.title)
    if former is None or exists(former):
        return
    if not album_rows.album_exists(connection, said.folder, said.title):
        album_rows.move_album(connection, album_id, said.folder)
