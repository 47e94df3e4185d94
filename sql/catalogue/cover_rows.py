"""Covers: pictures that the storage holds, and the recordings and folders they were found in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

from sqlalchemy import Connection, text

# Tracks of these files in whose tags nobody has looked for a picture, or in a file that none of theirs is any more.
UNSEEN = text("""
    SELECT DISTINCT ON (f.track_id) f.track_id, f.path, f.file_hash
    FROM unnest(CAST(:paths AS text[])) AS asked (path)
    JOIN track_files f ON f.path = asked.path
    LEFT JOIN track_covers c ON c.track_id = f.track_id
    WHERE c.track_id IS NULL OR NOT EXISTS (
        SELECT FROM track_files g WHERE g.track_id = c.track_id AND g.file_hash = c.file_hash)
    ORDER BY f.track_id, f.id
""")

KNOWN_IMAGES = text("""
    SELECT i.path, i.size, i.modified_ns
    FROM unnest(CAST(:paths AS text[])) AS asked (path) JOIN folder_images i ON i.path = asked.path
""")

IMAGES_BELOW = text("SELECT path FROM folder_images WHERE starts_with(path, :below)")

FORGET_IMAGE = text("DELETE FROM folder_images WHERE path = :path")

IS_STORED = text("""
    SELECT EXISTS (SELECT FROM pictures WHERE sha256 = :sha256 AND thumbnail IS NOT DISTINCT FROM :thumbnail)
""")

UPSERT_PICTURE = text("""
    INSERT INTO pictures (sha256, content_type, width, height, size, thumbnail)
    VALUES (:sha256, :content_type, :width, :height, :size, :thumbnail)
    ON CONFLICT (sha256) DO UPDATE SET thumbnail = EXCLUDED.thumbnail
""")

# Nothing is written for a track that was deleted meanwhile.
UPSERT_TRACK_COVER = text("""
    INSERT INTO track_covers (track_id, file_hash, picture)
    SELECT t.id, :file_hash, :picture FROM tracks t WHERE t.id = :track_id
    ON CONFLICT (track_id) DO UPDATE SET file_hash = EXCLUDED.file_hash, picture = EXCLUDED.picture
""")

UPSERT_FOLDER_IMAGE = text("""
    INSERT INTO folder_images (path, folder, rank, size, modified_ns, picture)
    VALUES (:path, :folder, :rank, :size, :modified_ns, :picture)
    ON CONFLICT (path) DO UPDATE
    SET folder = EXCLUDED.folder, rank = EXCLUDED.rank, size = EXCLUDED.size, modified_ns = EXCLUDED.modified_ns,
        picture = EXCLUDED.picture
""")


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture that the storage holds under its SHA-256, and its smaller copy under that one's; `size` in bytes."""

    sha256: str
    content_type: str
    width: int
    height: int
    size: int
    thumbnail: str | None


@dataclass(frozen=True, slots=True)
class FolderImage:
    """An image beside recordings; see `sql.tables.pictures.FolderImage`."""

    path: str
    folder: str
    rank: int
    size: int
    modified_ns: int


class UnseenRecording(NamedTuple):
    """A recording in whose tags nobody has looked for a picture yet."""

    track_id: int
    path: str
    file_hash: str


def unseen_recordings(connection: Connection, paths: Iterable[str]) -> list[UnseenRecording]:
    """Those of these files whose tracks' pictures are not known, one file for each track."""
    return [UnseenRecording(*row) for row in connection.execute(UNSEEN, {"paths": list(paths)})]


def known_images(connection: Connection, paths: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Size and time of those of these images that were looked at earlier."""
    rows = connection.execute(KNOWN_IMAGES, {"paths": list(paths)})
    return {path: (size, modified_ns) for path, size, modified_ns in rows}


def images_below(connection: Connection, folder: str) -> list[str]:
    """The images that were found anywhere below a folder."""
    return list(connection.scalars(IMAGES_BELOW, {"below": folder.rstrip("/") + "/"}))


def forget_image(connection: Connection, path: str) -> None:
    """An image is not there any more."""
    connection.execute(FORGET_IMAGE, {"path": path})


def is_stored(connection: Connection, picture: StoredPicture) -> bool:
    """Whether the storage holds a picture and its smaller copy already."""
    return bool(connection.scalar(IS_STORED, {"sha256": picture.sha256, "thumbnail": picture.thumbnail}))


def write_track_cover(connection: Connection, track_id: int, file_hash: str, picture: StoredPicture | None) -> None:
    """Note what picture is in the tags of a track's file, or that there is none."""
    _write_picture(connection, picture)
    connection.execute(
        UPSERT_TRACK_COVER,
        {"track_id": track_id, "file_hash": file_hash, "picture": picture.sha256 if picture else None},
    )


def write_folder_image(connection: Connection, image: FolderImage, picture: StoredPicture | None) -> None:
    """Note what picture an image beside recordings is, or that it cannot be shown."""
    _write_picture(connection, picture)
    connection.execute(UPSERT_FOLDER_IMAGE, {**asdict(image), "picture": picture.sha256 if picture else None})


def _write_picture(connection: Connection, picture: StoredPicture | None) -> None:
    if picture is not None:
        connection.execute(UPSERT_PICTURE, asdict(picture))
