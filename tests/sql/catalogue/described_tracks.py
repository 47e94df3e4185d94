"""Writes tracks of which only titles and composers matter, through what imports use."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from domain.people_playing import read_playing
from sql.catalogue.album_rows import AlbumDescription
from sql.catalogue.described import describe_tracks
from sql.catalogue.descriptions import Description
from sql.catalogue.performer_rows import Performance
from tests.sql.tracks import add_track

ALBUM = AlbumDescription("/music/concert", "Concert")


def description(title: str, composer: str | None, *performers: str, album: AlbumDescription = ALBUM) -> Description:
    playing = tuple(Performance.of(read_playing(name)) for name in performers)
    return Description(title=title, album=album, composer=composer, performances=playing)


def describe_all(connection: Connection, said: Iterable[tuple[str, str | None]]) -> list[int]:
    """A new track for each title and composer field, in one go; returns their ids."""
    pairs = list(said)
    ids = [add_track(connection, f"{number} {title}") for number, (title, _) in enumerate(pairs)]
    described = {key: description(title, composer) for key, (title, composer) in zip(ids, pairs, strict=True)}
    describe_tracks(connection, described, anew=True)
    return ids
