"""Covers for what was imported: pictures in tags, and images that lie beside the recordings."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine

from domain.errors.base import SegueError
from domain.errors.machine import DecoderKilled
from domain.errors.recordings import AudioMissing, UnusableAudio, UnusablePicture
from domain.paths import path_from_text, path_to_text
from jobs.audio_source import AudioSource
from jobs.hearing.limits import Limits
from jobs.hearing.viewer import Viewer
from jobs.importing.cover_names import cover_rank
from jobs.importing.file_names import album_folder
from jobs.importing.walk import Finding, FoundFile, Walk
from jobs.storage.keys import cover_key
from ml.pictures import Picture
from sql.catalogue import cover_rows
from sql.catalogue.cover_rows import FolderImage, StoredPicture


@dataclass
class CoverReport:
    """How many pictures were found where there was none or another, and by name those that cannot be shown."""

    found: int = 0
    refused: list[Finding] = field(default_factory=list)


class Covers:
    """Takes covers into the storage of `audio`, each picture once; what a picture may cost is in `limits`.

    May be killed at any moment and run again: what is missing then is looked at then.
    """

    def __init__(self, audio: AudioSource, limits: Limits) -> None:
        self._audio = audio
        self._limits = limits

    def take(self, engine: Engine, found: Walk, on_each: Callable[[Path], object] = lambda path: None) -> CoverReport:
        """The covers of everything that was found. What has not changed is not opened.

        `on_each` is called before each file that is looked at, and may raise. Raises DecoderNotStarted, and what the
        storage raises.
        """
        report = CoverReport()
        with self._viewing(engine, report, on_each) as look:
            look.images(found.images)
            look.recordings(file.place for file in found.files)
        _forget_gone(engine, found)
        return report

    def rehearse(
        self, engine: Engine, connection: Connection, found: Walk, on_each: Callable[[Path], object] = lambda path: None
    ) -> CoverReport:
        """What `take` would find in the archive as `connection` sees it; nothing is kept. Raises as `take`."""
        report = CoverReport()
        places = {image.place: image.path for image in _new_images(connection, found.images)}
        for track in cover_rows.unseen_recordings(connection, (file.place for file in found.files)):
            places[track.path] = path_from_text(track.path)
        with self._viewing(engine, report, on_each) as look:
            for place, path in places.items():
                look.picture(place, path)
        return report

    def take_one(self, engine: Engine, place: str, file: Path | None = None) -> CoverReport:
        """The cover in the tags of one recording that was imported, where it is not known yet; `file` is a copy of it,
        where there is one. Raises as `take`."""
        report = CoverReport()
        with self._viewing(engine, report, lambda path: None) as look:
            look.recordings([place], file)
        return report

    @contextmanager
    def _viewing(self, engine: Engine, report: CoverReport, on_each: Callable[[Path], object]) -> Iterator[_Look]:
        with Viewer(self._limits) as viewer:
            yield _Look(engine, self._audio, viewer, report, on_each)


class _Look:
    """One look at what was found."""

    def __init__(
        self,
        engine: Engine,
        audio: AudioSource,
        viewer: Viewer,
        report: CoverReport,
        on_each: Callable[[Path], object],
    ) -> None:
        self._engine = engine
        self._audio = audio
        self._viewer = viewer
        self._report = report
        self._on_each = on_each

    def images(self, found: list[FoundFile]) -> None:
        with self._engine.connect() as connection:
            new = _new_images(connection, found)
        for file in new:
            looked, picture = self._look(file.place, file.path)
            if not looked:
                continue
            folder, _ = album_folder(file.path)
            image = FolderImage(
                path=file.place,
                folder=path_to_text(folder),
                rank=cover_rank(file.path.name) or 0,
                size=file.size,
                modified_ns=file.modified_ns,
            )
            with self._engine.begin() as connection:
                cover_rows.write_folder_image(connection, image, picture)

    def recordings(self, places: Iterable[str], copy: Path | None = None) -> None:
        with self._engine.connect() as connection:
            unseen = cover_rows.unseen_recordings(connection, places)
        for track in unseen:
            looked, picture = self._look(track.path, path_from_text(track.path), copy)
            if looked:
                with self._engine.begin() as connection:
                    cover_rows.write_track_cover(connection, track.track_id, track.file_hash, picture)

    def _look(self, place: str, path: Path, copy: Path | None = None) -> tuple[bool, StoredPicture | None]:
        """Whether it could be looked at, and the picture it holds, which is in the storage then."""
        looked, picture = self.picture(place, path, copy)
        return looked, self._store(picture) if picture else None

    def picture(self, place: str, path: Path, copy: Path | None = None) -> tuple[bool, Picture | None]:
        """Whether it could be looked at, and the picture it holds; both are reported."""
        self._on_each(path)
        try:
            with nullcontext(copy) if copy else self._audio.open([place]) as file:
                picture = self._viewer.look(file)
        except (AudioMissing, DecoderKilled, OSError):
            return False, None  # it is looked at next time
        except (UnusablePicture, UnusableAudio) as error:
            self._report.refused.append(Finding(path, _reason(error)))
            return True, None
        self._report.found += picture is not None
        return True, picture

    def _store(self, picture: Picture) -> StoredPicture:
        stored = StoredPicture(
            sha256=_sha256(picture.data),
            content_type=picture.content_type,
            width=picture.width,
            height=picture.height,
            size=len(picture.data),
            thumbnail=_sha256(picture.thumbnail) if picture.thumbnail else None,
        )
        with self._engine.connect() as connection:
            known = cover_rows.is_stored(connection, stored)
        if not known:
            for data in (picture.data, picture.thumbnail):
                if data:
                    self._put(data)
        return stored

    def _put(self, data: bytes) -> None:
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            self._audio.storage.put(cover_key(_sha256(data)), Path(file.name))


def _new_images(connection: Connection, found: list[FoundFile]) -> list[FoundFile]:
    """Those that were not looked at as they are."""
    known = cover_rows.known_images(connection, [file.place for file in found])
    return [file for file in found if known.get(file.place) != (file.size, file.modified_ns)]


def _forget_gone(engine: Engine, found: Walk) -> None:
    """Forget images that are not in their folder any more. Where the folder is gone too, a disk may be away."""
    present = {image.place for image in found.images}
    with engine.begin() as connection:
        for folder in found.folders:
            for place in cover_rows.images_below(connection, path_to_text(folder)):
                path = path_from_text(place)
                if place not in present and path.parent.is_dir() and not path.exists():
                    cover_rows.forget_image(connection, place)


def _reason(error: SegueError) -> str:
    reason: str = error.details.get("reason", str(error))
    return reason


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
