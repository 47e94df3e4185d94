"""A work and its recordings."""

from __future__ import annotations

import strawberry

from api.context import Info
from api.cursors import Cursors
from api.types import composer as composer_type
from api.types import track as track_type
from api.types.arguments import DEFAULT_PAGE, After, First
from api.types.connection import Connection, connection
from api.types.lazy import LazyTrack
from api.types.node import Node
from api.types.resolved import resolved
from domain import catalogue, ids
from domain.errors.asking import WorkNotFound


@strawberry.type(description="A composition, as far as the titles of its recordings tell it from others.")
class Work(Node):
    title: str = strawberry.field(description="Its title, without the catalogue number.")
    catalogue_number: str | None = strawberry.field(
        description="Its number in the composer's catalogue of works or its opus number, such as `K. 464` or"
        " `Op. 18 No. 2`, where a title says it."
    )
    composer: composer_type.Composer = strawberry.field(description="Who composed it.")
    key: strawberry.Private[int]

    @classmethod
    def of(cls, row: catalogue.Work) -> Work:
        return cls(
            id=strawberry.ID(ids.encode("Work", row.id)),
            title=row.title,
            catalogue_number=row.catalogue_number,
            composer=composer_type.Composer.of(row.composer),
            key=row.id,
        )

    @resolved("Its recordings, by movement.")
    async def tracks(
        self, info: Info, first: First = DEFAULT_PAGE, after: After = None
    ) -> Connection[LazyTrack] | None:
        return await connection(
            lambda size, key: info.context.loaders.work_tracks.load((self.key, size, key)),
            Cursors(f"tracks of work {self.key}", (int, int)),
            track_type.Track.of,
            lambda: self._track_count(info),
            first,
            after,
        )

    async def _track_count(self, info: Info) -> int:
        return await info.context.loaders.work_track_counts.load(self.key) or 0


async def work_by_id(info: Info, work_id: str) -> Work:
    """Raises InvalidId and WorkNotFound."""
    row = await info.context.loaders.works.load(ids.decode_key("Work", work_id))
    if row is None:
        raise WorkNotFound(id=work_id)
    return Work.of(row)
