"""Tracks as players know them: `Child`.

https://opensubsonic.netlify.app/docs/responses/child/
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from api.audio_types import content_type
from api.services import Services
from domain import ids
from domain.errors.asking import TrackNotFound
from sql.catalogue.lookups import TrackEntry

Song = dict[str, Any]  # Any: JSON


async def songs(services: Services, track_keys: Sequence[int]) -> dict[int, Song]:
    """Those of the tracks that are there, in two statements for all."""
    keys = list(dict.fromkeys(track_keys))
    entries = await services.catalogue.tracks(keys)
    places = await services.track_details.places(keys)
    return {key: _song(entry, places.get(key, [])) for key, entry in entries.items()}


async def song(services: Services, track_key: int) -> Song:
    """Raises TrackNotFound."""
    found = await songs(services, [track_key])
    if track_key not in found:
        raise TrackNotFound(id=ids.encode("Track", track_key))
    return found[track_key]


def _song(entry: TrackEntry, places: list[str]) -> Song:
    """The composer is no artist: who plays is, as far as the album says it."""
    track, album, key = entry.track, entry.album, ids.encode("Track", entry.track.id)
    suffix = PurePosixPath(places[0]).suffix if places else ""
    known = {
        "album": album.title if album else None,
        "albumId": ids.encode("Album", album.id) if album else None,
        "parent": ids.encode("Album", album.id) if album else None,
        "artist": album.artist if album else None,
        "year": album.date_from.year if album and album.date_from else None,
        "track": track.position,
        "discNumber": track.disc,
        "suffix": suffix.lstrip(".").lower() or None,
        "contentType": content_type(PurePosixPath(places[0])) if suffix else None,
    }
    return {
        "id": key,
        "isDir": False,
        "title": track.title,
        **{name: value for name, value in known.items() if value is not None},
        "coverArt": key,
        "duration": round(track.duration_seconds),
        "created": track.created_at.isoformat(),
        "type": "music",
        "mediaType": "song",
        "isVideo": False,
        "displayComposer": entry.composer.name if entry.composer else "",
    }
