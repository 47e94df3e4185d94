"""Recordings that were imported while their files were still being copied, and are whole now."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from sqlalchemy import Connection, text

from domain.paths import path_from_text
from sql.catalogue.album_rows import drop_album_if_empty
from sql.catalogue.file_rows import FileState
from sql.catalogue.people_rows import drop_composer_if_unused

REMOTE = "s3://"
CHUNK_BYTES = 1 << 20

# The only file of a track, and whether the track's audio broke off.
ONLY_FILE = text("""
    SELECT f.size, f.file_hash, t.truncated
    FROM track_files f JOIN tracks t ON t.id = f.track_id
    WHERE f.path = :path AND NOT EXISTS (SELECT FROM track_files o WHERE o.track_id = f.track_id AND o.id <> f.id)
""")

SET_AUDIO = text("""
    UPDATE tracks
    SET content_hash = :content_hash, codec = :codec, sample_rate = :sample_rate, channels = :channels,
        duration_seconds = :duration_seconds, truncated = :truncated, silent = :silent
    WHERE id = :id
""")

# Whoever needs the lock of a job and of its items takes the job's first.
LOCK_JOBS = text("""
    SELECT j.id FROM jobs j
    WHERE j.status IN ('WAITING', 'RUNNING') AND EXISTS (
        SELECT FROM job_items i WHERE i.job_id = j.id AND i.track_id = :id
    )
    ORDER BY j.id FOR UPDATE
""")

# Also of a worker that is hearing what was there before: it may not save it any more.
HEAR_AGAIN = text("""
    UPDATE job_items i
    SET state = 'WAITING', attempts = 0, worker = NULL, leased_until = NULL, error = NULL, seconds = NULL
    FROM jobs j
    WHERE j.id = i.job_id AND j.status IN ('WAITING', 'RUNNING') AND i.track_id = :id
""")

# What was heard in a track. Segments that others marked stay.
HEARD = tuple(
    text(f"DELETE FROM {table} WHERE track_id = :id{condition}")  # noqa: S608 -- constants of this program
    for table, condition in (
        ("track_embeddings", ""),
        ("segment_embeddings", ""),
        ("patch_embeddings", ""),
        ("segments", " AND source = 'segue'"),
        ("track_tags", ""),
        ("embedding_failures", ""),
        ("waveforms", ""),
    )
)

# Whoever listened to a part of a recording listened to the recording. Who records so at this moment waits, and is told
# that the part is gone.
LOCK_TRACK = text("SELECT id FROM tracks WHERE id = :id FOR UPDATE")
LISTENED = (
    text("UPDATE interactions SET track_id = :whole WHERE track_id = :id"),
    text("UPDATE impressions SET track_ids = array_replace(track_ids, :id, :whole) WHERE :id = ANY (track_ids)"),
)

DROP_TRACK = text("DELETE FROM tracks WHERE id = :id RETURNING album_id, composer_id")


class OnlyFile(NamedTuple):
    """A track's only file as it was imported."""

    size: int
    file_hash: str
    truncated: bool


def outgrows(connection: Connection, file: FileState) -> bool:
    """Whether a file whose audio has changed is the whole of what was imported from its path: that broke off, or is
    how the file begins now; and the track has no other file."""
    row = connection.execute(ONLY_FILE, {"path": file.path}).one_or_none()
    if row is None:
        return False
    former = OnlyFile(*row)
    return former.truncated or _begins_with(file, former)


def set_audio(connection: Connection, track_id: int, audio: dict[str, object]) -> None:
    """A track has this audio from now on, by the columns of `tracks`: what was heard in it before is dropped from
    every space, and jobs that heard it hear it again."""
    connection.execute(LOCK_JOBS, {"id": track_id})
    connection.execute(SET_AUDIO, {**audio, "id": track_id})
    for statement in (*HEARD, HEAR_AGAIN):
        connection.execute(statement, {"id": track_id})


def drop_track(connection: Connection, track_id: int, whole_id: int) -> None:
    """Forget a track that was a part of another, and its album and composer if nothing else is theirs. Who listened to
    it listened to the whole from now on."""
    connection.execute(LOCK_JOBS, {"id": track_id})
    connection.execute(LOCK_TRACK, {"id": track_id})
    for statement in LISTENED:
        connection.execute(statement, {"id": track_id, "whole": whole_id})
    album_id, composer_id = connection.execute(DROP_TRACK, {"id": track_id}).one()
    if album_id is not None:
        drop_album_if_empty(connection, album_id)
    if composer_id is not None:
        drop_composer_if_unused(connection, composer_id)


def _begins_with(file: FileState, former: OnlyFile) -> bool:
    if file.path.startswith(REMOTE) or file.size <= former.size:
        return False
    digest, left = hashlib.sha256(), former.size
    try:
        with path_from_text(file.path).open("rb") as opened:
            while left and (chunk := opened.read(min(left, CHUNK_BYTES))):
                digest.update(chunk)
                left -= len(chunk)
    except OSError:
        return False
    return left == 0 and digest.hexdigest() == former.file_hash
