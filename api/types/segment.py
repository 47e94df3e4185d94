"""A part of a track."""

from __future__ import annotations

import strawberry

from api.context import Info
from api.types import track as track_type
from api.types.arguments import DEFAULT_LIST, First, SpaceName
from api.types.lazy import LazySegmentList, LazyTrack
from api.types.node import Node
from api.types.resolved import resolved
from domain import catalogue, ids
from domain.errors.asking import SegmentNotFound


@strawberry.type(description="A part of a track.")
class Segment(Node):
    start_seconds: float = strawberry.field(description="Where it begins, in seconds from the track's beginning.")
    end_seconds: float = strawberry.field(description="Where it ends, in seconds from the track's beginning.")
    label: str | None = strawberry.field(description="What its source calls it; our own segments have no name.")
    creator: str = strawberry.field(description='Who made it; our own are by "segue".')
    track_key: strawberry.Private[int]

    @classmethod
    def of(cls, row: catalogue.Segment) -> Segment:
        return cls(
            id=strawberry.ID(ids.encode("Segment", row.id)),
            start_seconds=row.start_seconds,
            end_seconds=row.end_seconds,
            label=row.label,
            creator=row.source,
            track_key=row.track_id,
        )

    @resolved("The track it is a part of.")
    async def track(self, info: Info) -> LazyTrack:
        return await track_type.track_by_key(info, self.track_key)

    @resolved("Segments of other tracks that sound like it: `similarSegments` of its range.")
    async def similar(self, info: Info, space: SpaceName = None, first: First = DEFAULT_LIST) -> LazySegmentList | None:
        from api.types.segment_recommendation import similar_segments  # its lists hold segments

        return await similar_segments(info, self.track_key, self.start_seconds, self.end_seconds, space, first)


async def segment_by_id(info: Info, segment_id: str) -> Segment:
    """Raises InvalidId and SegmentNotFound."""
    row = await info.context.loaders.segments.load(ids.decode_key("Segment", segment_id))
    if row is None:
        raise SegmentNotFound(id=segment_id)
    return Segment.of(row)
