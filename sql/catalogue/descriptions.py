"""What is said about a recording: by its file's tags and names, and over them by a catalogue's line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from domain.date_ranges import DateRange, Precision
from sql.catalogue.album_rows import AlbumDescription
from sql.catalogue.people_rows import Performance

Json = dict[str, Any]  # Any: JSON


@dataclass(frozen=True, slots=True)
class Description:
    """What a file's tags and names say about its recording, or a catalogue over them.

    `composer` is the field as it came, however many it names; `catalogue_id` the catalogue's own key.
    """

    title: str
    album: AlbumDescription
    disc: int | None = None
    position: int | None = None
    composer: str | None = None
    arranger: str | None = None
    performances: tuple[Performance, ...] = ()
    genre: str | None = None
    labels: tuple[str, ...] = ()
    catalogue_id: str | None = None

    def overlaid(self, said: Json | None) -> Description:
        """This, with what a catalogue's line says (`catalogue_lines.said`) in its place; where that says nothing, this
        stands."""
        if not said:
            return self
        given = {
            name: said[name]
            for name in ("title", "disc", "position", "composer", "arranger", "genre")
            if said.get(name)
        }
        album = self.album
        if said.get("album"):
            album = replace(album, title=said["album"])
        if said.get("date_text"):
            album = replace(album, date_text=said["date_text"], dates=dates_from_json(said.get("dates")))
        return replace(
            self,
            **given,
            album=album,
            labels=tuple(said.get("labels") or self.labels),
            performances=tuple(Performance(*who) for who in said.get("performances") or self.performances),
            catalogue_id=said.get("id"),
        )


def description_to_json(said: Description) -> Json:
    """A file's own description as `track_files.said` keeps it."""
    album = said.album
    return {
        "title": said.title,
        "disc": said.disc,
        "position": said.position,
        "composer": said.composer,
        "arranger": said.arranger,
        "performances": [list(who) for who in said.performances],
        "genre": said.genre,
        "labels": list(said.labels),
        "album": {
            "folder": album.folder,
            "title": album.title,
            "artist": album.artist,
            "date_text": album.date_text,
            "dates": dates_to_json(album.dates),
        },
    }


def description_from_json(said: Json) -> Description:
    album = said["album"]
    return Description(
        title=said["title"],
        album=AlbumDescription(
            folder=album["folder"],
            title=album["title"],
            artist=album["artist"],
            date_text=album["date_text"],
            dates=dates_from_json(album["dates"]),
        ),
        disc=said["disc"],
        position=said["position"],
        composer=said["composer"],
        arranger=said["arranger"],
        performances=tuple(Performance(*who) for who in said["performances"]),
        genre=said["genre"],
        labels=tuple(said["labels"]),
    )


def dates_to_json(dates: DateRange | None) -> list[str] | None:
    return [dates.first.isoformat(), dates.last.isoformat(), dates.precision] if dates else None


def dates_from_json(dates: list[str] | None) -> DateRange | None:
    if not dates:
        return None
    first, last, precision = dates
    return DateRange(date.fromisoformat(first), date.fromisoformat(last), Precision(precision))
