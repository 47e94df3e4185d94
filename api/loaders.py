"""Loads rows for many fields of one request at once, and each only once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader

from api.services import Services
from domain.catalogue import Album, Composer, Cover, Filing, Performer, Segment, Tag, TrackStatus, Work
from domain.jobs import Job
from domain.listening import Interaction, Session, User
from domain.training import TrainedModel
from sql.catalogue.lookups import TrackEntry
from sql.catalogue.pages import Key, Page
from sql.spaces.map_reads import MapHead

if TYPE_CHECKING:
    from sql.catalogue.waveforms import Peaks

K = TypeVar("K")
V = TypeVar("V")
# A page of what belongs to one parent: its key, `first` and `after`.
PageOf = tuple[K, int, Key | None]
PageKey = PageOf[int]


def by_key(read: Callable[[list[K]], Awaitable[dict[K, V]]]) -> DataLoader[K, V | None]:
    """Loads through a reader of mappings; None for what the mapping leaves out."""

    async def load(keys: list[K]) -> list[V | None]:
        found = await read(keys)
        return [found.get(key) for key in keys]

    return DataLoader(load)


def by_parent(
    read: Callable[[list[K], int, Key | None], Awaitable[dict[K, Page[V]]]],
) -> DataLoader[PageOf[K], Page[V]]:
    """Loads pages of several parents, those of the same length and beginning together."""

    async def load(keys: list[PageOf[K]]) -> list[Page[V]]:
        parents: dict[tuple[int, Key | None], list[K]] = {}
        for parent, first, after in keys:
            parents.setdefault((first, after), []).append(parent)
        pages = {
            (parent, first, after): page
            for (first, after), group in parents.items()
            for parent, page in (await read(group, first, after)).items()
        }
        return [pages[key] for key in keys]

    return DataLoader(load)


class Loaders:
    """The loaders of one request, each made when it is first used."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @cached_property
    def albums(self) -> DataLoader[int, Album | None]:
        return by_key(self._services.catalogue.albums)

    @cached_property
    def composers(self) -> DataLoader[int, Composer | None]:
        return by_key(self._services.catalogue.composers)

    @cached_property
    def tracks(self) -> DataLoader[int, TrackEntry | None]:
        return by_key(self._services.catalogue.tracks)

    @cached_property
    def album_tracks(self) -> DataLoader[PageKey, Page[TrackEntry]]:
        return by_parent(self._services.catalogue.album_track_pages)

    @cached_property
    def composer_tracks(self) -> DataLoader[PageKey, Page[TrackEntry]]:
        return by_parent(self._services.catalogue.composer_track_pages)

    @cached_property
    def album_track_counts(self) -> DataLoader[int, int | None]:
        return by_key(self._services.catalogue.album_track_counts)

    @cached_property
    def composer_track_counts(self) -> DataLoader[int, int | None]:
        return by_key(self._services.catalogue.composer_track_counts)

    @cached_property
    def models(self) -> DataLoader[int, TrainedModel | None]:
        return by_key(self._services.models.by_id)

    @cached_property
    def works(self) -> DataLoader[int, Work | None]:
        return by_key(self._services.works.works)

    @cached_property
    def work_tracks(self) -> DataLoader[PageKey, Page[TrackEntry]]:
        return by_parent(self._services.catalogue.work_track_pages)

    @cached_property
    def work_track_counts(self) -> DataLoader[int, int | None]:
        return by_key(self._services.catalogue.work_track_counts)

    @cached_property
    def composers_of_track(self) -> DataLoader[int, list[Composer] | None]:
        return by_key(self._services.works.composers_of_tracks)

    @cached_property
    def other_performances(self) -> DataLoader[int, list[TrackEntry] | None]:
        return by_key(self._services.works.other_performances)

    @cached_property
    def performers(self) -> DataLoader[int, list[Performer] | None]:
        return by_key(self._services.track_details.performers)

    @cached_property
    def filings(self) -> DataLoader[int, Filing | None]:
        return by_key(self._services.track_details.filings)

    @cached_property
    def tags(self) -> DataLoader[int, list[Tag] | None]:
        return by_key(self._services.track_details.tags)

    @cached_property
    def waveforms(self) -> DataLoader[int, Peaks | None]:
        return by_key(self._services.waveforms.peaks)

    @cached_property
    def track_covers(self) -> DataLoader[int, Cover | None]:
        return by_key(self._services.covers.of_tracks)

    @cached_property
    def album_covers(self) -> DataLoader[int, Cover | None]:
        return by_key(self._services.covers.of_albums)

    @cached_property
    def segments_of_track(self) -> DataLoader[int, list[Segment] | None]:
        return by_key(self._services.track_details.segments)

    @cached_property
    def segments(self) -> DataLoader[int, Segment | None]:
        return by_key(self._services.track_details.segments_by_id)

    @cached_property
    def statuses(self) -> DataLoader[int, TrackStatus | None]:
        return by_key(self._services.track_details.statuses)

    @cached_property
    def places(self) -> DataLoader[int, list[str] | None]:
        return by_key(self._services.track_details.places)

    @cached_property
    def users(self) -> DataLoader[UUID, User | None]:
        return by_key(self._services.users.users)

    @cached_property
    def sessions(self) -> DataLoader[UUID, Session | None]:
        return by_key(self._services.sessions.sessions)

    @cached_property
    def session_interactions(self) -> DataLoader[PageOf[UUID], Page[Interaction]]:
        return by_parent(self._services.interactions.pages_of_sessions)

    @cached_property
    def session_interaction_counts(self) -> DataLoader[UUID, int | None]:
        return by_key(self._services.interactions.counts_of_sessions)

    @cached_property
    def jobs(self) -> DataLoader[UUID, Job | None]:
        return by_key(self._services.jobs.jobs)

    @cached_property
    def space_maps(self) -> DataLoader[int, MapHead | None]:
        return by_key(self._services.maps.heads)

    @cached_property
    def space_track_counts(self) -> DataLoader[int, int | None]:
        return by_key(self._services.spaces.track_counts)
