"""What players can ask, by the names of the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import RedirectResponse, Response

from api import audio_links, cover_links
from api.context import Context
from api.subsonic.asked import Asked
from api.subsonic.envelope import Content
from api.subsonic.failures import NOT_FOUND, Failed
from api.subsonic.songs import song, songs
from domain import ids
from domain.recommendations import Recommendation, SimilarRequest
from domain.requests import PathRequest

EXTENSIONS = {"apiKeyAuthentication": [1], "formPost": [1], "sonicSimilarity": [1]}
SIMILAR_COUNT, PATH_COUNT, SONGS_COUNT, MOST = 10, 25, 50, 100
# What a similarity is where nothing was compared.
UNKNOWN = -1.0

Endpoint = Callable[[Context, Asked], Awaitable[Content | Response]]


async def ping(context: Context, asked: Asked) -> Content:
    return {}


async def get_license(context: Context, asked: Asked) -> Content:
    return {"license": {"valid": True}}


async def get_extensions(context: Context, asked: Asked) -> Content:
    return {"openSubsonicExtensions": [{"name": name, "versions": versions} for name, versions in EXTENSIONS.items()]}


async def get_song(context: Context, asked: Asked) -> Content:
    return {"song": await song(context.services, _track(asked, "id"))}


async def get_sonic_similar_tracks(context: Context, asked: Asked) -> Content:
    """Likeness from 0, the most different, to 1, the same."""
    items = await _similar(context, asked, SIMILAR_COUNT)
    return {"sonicMatch": await _matches(context, items)}


async def get_similar_songs(context: Context, asked: Asked) -> Content:
    """The same for players that do not know the extension."""
    items = await _similar(context, asked, SONGS_COUNT)
    matches = await _matches(context, items)
    return {"similarSongs": {"song": [match["entry"] for match in matches]}}


async def find_sonic_path(context: Context, asked: Asked) -> Content:
    """From the one song to the other, both included; each is compared with the one before it."""
    request = PathRequest(
        from_track_id=_track(asked, "startSongId"),
        to_track_id=_track(asked, "endSongId"),
        length=asked.number("count", PATH_COUNT, 2, MOST),
    )
    found = await context.services.recommendations.path(request)
    matches = await _matches(context, found.items)
    # The first is compared with itself.
    matches[0]["similarity"] = 1.0
    return {"sonicMatch": matches}


async def stream(context: Context, asked: Asked) -> Response:
    """The recording as it is, where it lies; nothing is transcoded."""
    url = await audio_links.audio_url(context, _track(asked, "id"))
    if url is None:
        raise Failed(NOT_FOUND, "The recording is not at hand.")
    return RedirectResponse(url, 302)


async def get_cover_art(context: Context, asked: Asked) -> Response:
    size = asked.number("size", cover_links.LARGEST_SIZE, 1, cover_links.LARGEST_SIZE)
    cover = await context.loaders.track_covers.load(_track(asked, "id"))
    url = await cover_links.cover_url(context, cover, size)
    if url is None:
        raise Failed(NOT_FOUND, "There is no cover.")
    return RedirectResponse(url, 302)


# Which extensions there are is told to everybody, as players ask before they sign in.
OPEN: dict[str, Endpoint] = {"getOpenSubsonicExtensions": get_extensions}
ENDPOINTS: dict[str, Endpoint] = OPEN | {
    "ping": ping,
    "getLicense": get_license,
    "getSong": get_song,
    "getSonicSimilarTracks": get_sonic_similar_tracks,
    "getSimilarSongs": get_similar_songs,
    "findSonicPath": find_sonic_path,
    "stream": stream,
    "download": stream,
    "getCoverArt": get_cover_art,
}


def _track(asked: Asked, name: str) -> int:
    """Raises Failed and InvalidId."""
    return ids.decode_key("Track", asked.text(name))


async def _similar(context: Context, asked: Asked, count: int) -> tuple[Recommendation, ...]:
    request = SimilarRequest(track_id=_track(asked, "id"), first=asked.number("count", count, 1, MOST), explained=False)
    return (await context.services.recommendations.similar(request)).items


async def _matches(context: Context, items: tuple[Recommendation, ...]) -> list[dict[str, Any]]:  # Any: JSON
    found = await songs(context.services, [item.candidate.track.id for item in items])
    return [
        {"entry": found[item.candidate.track.id], "similarity": _similarity(item.score)}
        for item in items
        if item.candidate.track.id in found
    ]


def _similarity(cosine: float | None) -> float:
    return UNKNOWN if cosine is None else round(min(1.0, max(0.0, (1 + cosine) / 2)), 4)
