"""A track: one recording."""

from __future__ import annotations

import strawberry

from api import audio_links, cover_links
from api.context import Info
from api.types import album as album_type
from api.types import composer as composer_type
from api.types import recommendation as recommendation_type
from api.types import segment as segment_type
from api.types import work as work_type
from api.types.arguments import DEFAULT_LIST, ChosenStrategy, CoverSize, Filter, First, Options, SpaceName
from api.types.enums import TrackStatus
from api.types.lazy import LazyTrack
from api.types.node import Node
from api.types.performer import Performer
from api.types.resolved import resolved
from api.types.tag import Tag
from api.types.waveform import DEFAULT_POINTS, Points, drawn
from domain import catalogue, ids
from domain.errors.asking import TrackNotFound
from domain.recommendations import Candidate
from sql.catalogue.lookups import TrackEntry


@strawberry.type(description="One recording.")
class Track(Node):
    title: str = strawberry.field(description="Its title.")
    position: int | None = strawberry.field(description="Its number on the album or disc, from 1.")
    disc: int | None = strawberry.field(description="The disc it is on, from 1, where there are several.")
    duration_seconds: float = strawberry.field(description="How long it lasts, in seconds.")
    composer: composer_type.Composer | None = strawberry.field(
        description="Who composed it, where it is known; of several, the one named first. `composers` are all."
    )
    album: album_type.Album | None = strawberry.field(description="The album it is on.")
    arranger: str | None = strawberry.field(description="Who arranged it, where the source says it.")
    truncated: bool = strawberry.field(
        description="Whether the recording ends more than a second before its file says it should."
    )
    movement: str | None = strawberry.field(
        description="The title of the movement that is played, such as `Andantino`, where the track's title says it."
    )
    movement_number: int | None = strawberry.field(
        description="The number of the movement within its work, where the track's title says it."
    )
    key: strawberry.Private[int]
    work_key: strawberry.Private[int | None]

    @classmethod
    def of(cls, entry: TrackEntry) -> Track:
        album = album_type.Album.of(entry.album) if entry.album else None
        return cls._made(entry.track, album, composer_type.Composer.of(entry.composer) if entry.composer else None)

    @classmethod
    def of_candidate(cls, candidate: Candidate) -> Track:
        track, album, composer = candidate.track, None, None
        if track.album_id is not None and candidate.album_title is not None:
            album = album_type.Album.titled(track.album_id, candidate.album_title)
        if track.composer_id is not None and candidate.composer_name is not None:
            composer = composer_type.Composer.named(track.composer_id, candidate.composer_name)
        return cls._made(track, album, composer)

    @classmethod
    def _made(
        cls, row: catalogue.Track, album: album_type.Album | None, composer: composer_type.Composer | None
    ) -> Track:
        return cls(
            id=strawberry.ID(ids.encode("Track", row.id)),
            title=row.title,
            position=row.position,
            disc=row.disc,
            duration_seconds=row.duration_seconds,
            composer=composer,
            album=album,
            arranger=row.arranger,
            truncated=row.truncated,
            movement=row.movement,
            movement_number=row.movement_number,
            key=row.id,
            work_key=row.work_id,
        )

    @resolved("Everyone who composed it, in the order the source names them.")
    async def composers(self, info: Info) -> list[composer_type.Composer]:
        rows = await info.context.loaders.composers_of_track.load(self.key) or ()
        return [composer_type.Composer.of(row) for row in rows]

    @resolved("The work it is a recording of, or of a movement of. Null where the title does not tell it from others.")
    async def work(self, info: Info) -> work_type.Work | None:
        row = None if self.work_key is None else await info.context.loaders.works.load(self.work_key)
        return work_type.Work.of(row) if row else None

    @resolved(
        "Other recordings of the same movement of the same work, or of the same work where this is all of it."
        " Other movements are in `work { tracks }`."
    )
    async def other_performances(self, info: Info) -> list[LazyTrack]:
        entries = await info.context.loaders.other_performances.load(self.key) or ()
        return [Track.of(entry) for entry in entries]

    @resolved("Who plays, in the order the source names them.")
    async def performers(self, info: Info) -> list[Performer]:
        return [Performer.of(row) for row in await info.context.loaders.performers.load(self.key) or ()]

    @resolved("What kind of music it is, as the source files it.")
    async def genre(self, info: Info) -> str | None:
        filing = await info.context.loaders.filings.load(self.key)
        return filing.genre if filing else None

    @resolved("The labels it was released on, as the source names them.")
    async def labels(self, info: Info) -> list[str]:
        filing = await info.context.loaders.filings.load(self.key)
        return filing.labels if filing else []

    @resolved("The key that the archive's own catalogue gives it.")
    async def catalogue_id(self, info: Info) -> str | None:
        filing = await info.context.loaders.filings.load(self.key)
        return filing.catalogue_id if filing else None

    @resolved("What the default space's tagger hears in it, surest first; empty until embedded.")
    async def tags(self, info: Info) -> list[Tag]:
        return [Tag.of(row) for row in await info.context.loaders.tags.load(self.key) or ()]

    @resolved(
        "Where to listen to it: an address that serves byte ranges and expires after a day. Null where the"
        " recording is not at hand."
    )
    async def audio_url(self, info: Info) -> str | None:
        return await audio_links.audio_url(info.context, self.key)

    @resolved(
        "Where to see its cover: what is in its tags, else its album's; an address that expires after some days. Null"
        " where there is none."
    )
    async def cover_url(self, info: Info, size: CoverSize = None) -> str | None:
        return await cover_links.cover_url(info.context, await info.context.loaders.track_covers.load(self.key), size)

    @resolved(
        "Its outline for a player, from its beginning to its end: the largest magnitude in each of so many equal parts,"
        " over all channels, 1 being full scale. Null until it is embedded."
    )
    async def waveform(self, info: Info, points: Points = DEFAULT_POINTS) -> list[float] | None:
        return drawn(await info.context.loaders.waveforms.load(self.key), points)

    @resolved("Its stored segments, from its beginning: our own, and those that others made.")
    async def segments(self, info: Info) -> list[segment_type.Segment]:
        rows = await info.context.loaders.segments_of_track.load(self.key) or ()
        return [segment_type.Segment.of(row) for row in rows]

    @resolved("Where it stands on its way to being recommendable.")
    async def status(self, info: Info) -> TrackStatus:
        return await info.context.loaders.statuses.load(self.key) or TrackStatus.PENDING

    @resolved('What to play after it: the panel "You may like these…".')
    async def similar(
        self,
        info: Info,
        first: First = DEFAULT_LIST,
        strategy: ChosenStrategy = None,
        space: SpaceName = None,
        filter: Filter = None,
        options: Options = None,
    ) -> recommendation_type.RecommendationList | None:
        return await recommendation_type.similar(info, self.key, first, strategy, space, filter, options)


async def track_by_key(info: Info, key: int) -> Track:
    """Raises TrackNotFound."""
    entry = await info.context.loaders.tracks.load(key)
    if entry is None:
        raise TrackNotFound(id=ids.encode("Track", key))
    return Track.of(entry)


async def track_by_id(info: Info, track_id: str) -> Track:
    """Raises InvalidId and TrackNotFound."""
    return await track_by_key(info, ids.decode_key("Track", track_id))
