"""What a recording is called, who made it and where it belongs: from its tags, else from the names around it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from domain.dates import read_date
from domain.paths import path_to_text
from domain.people_playing import read_playing
from jobs.importing.file_names import album_folder, folder_title, read_file_name, without_disc
from jobs.importing.tag_text import NAME_LENGTH, clean, number, people
from sql.catalogue.album_rows import AlbumDescription
from sql.catalogue.descriptions import Description
from sql.catalogue.people_rows import Performance

# Every container spells them its own way; FFmpeg unites most, but not those that people add themselves.
TITLE = ("title",)
ALBUM = ("album",)
ALBUM_ARTIST = ("album_artist", "albumartist", "album artist")
COMPOSER = ("composer",)
ARRANGER = ("arranger",)
TRACK_NUMBER = ("track", "tracknumber")
DISC_NUMBER = ("disc", "discnumber")
DATE = ("date", "year")
GENRE = ("genre",)
LABEL = ("label", "organization", "publisher")
# Who plays, and as what. An artist is a performer: whoever wrote the music stands in the composer tag or nowhere.
PERFORMERS = (("artist", ""), ("performer", ""), ("conductor", "conductor"))


def describe(path: Path, tags: Mapping[str, str]) -> Description:
    """What `tags` (keys in lower case) and the absolute `path` of a recording say about it."""
    named = read_file_name(path)
    folder, folder_disc = album_folder(path)
    album_title = clean(_first(tags, ALBUM), NAME_LENGTH)
    if album_title and folder_disc:
        album_title = without_disc(album_title)
    date_text = clean(_first(tags, DATE), NAME_LENGTH)
    dates = read_date(date_text)
    return Description(
        title=clean(_first(tags, TITLE)) or named.title,
        disc=number(_first(tags, DISC_NUMBER)) or folder_disc or named.disc,
        position=number(_first(tags, TRACK_NUMBER)) or named.position,
        composer=clean(_first(tags, COMPOSER), NAME_LENGTH),
        arranger=clean(_first(tags, ARRANGER), NAME_LENGTH),
        performances=_performances(tags),
        genre=clean(_first(tags, GENRE), NAME_LENGTH),
        labels=tuple(people(_first(tags, LABEL))),
        album=AlbumDescription(
            folder=path_to_text(folder),
            title=album_title or folder_title(folder),
            artist=clean(_first(tags, ALBUM_ARTIST), NAME_LENGTH),
            date_text=date_text,
            dates=dates,
        ),
    )


def _first(tags: Mapping[str, str], keys: tuple[str, ...]) -> str | None:
    return next((tags[key] for key in keys if clean(tags.get(key))), None)


def _performances(tags: Mapping[str, str]) -> tuple[Performance, ...]:
    named = [read_playing(name, role) for key, role in PERFORMERS for name in people(tags.get(key))]
    return tuple(Performance.of(playing) for playing in dict.fromkeys(named))
