"""A space in two dimensions."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from api.context import Info
from api.types.resolved import resolved
from domain import ids
from domain.recommendations import require_list_length
from sql.spaces import map_reads

DEFAULT_GROUPS = 12


@strawberry.enum(description="What the points of a map are grouped by.")
class MapGrouping(Enum):
    COMPOSER = strawberry.enum_value("COMPOSER", description="Who composed the track; of several, the one named first.")
    ALBUM = strawberry.enum_value("ALBUM", description="The album the track is on.")
    TAG = strawberry.enum_value("TAG", description="What the default space's tagger is surest of.")


By = Annotated[MapGrouping, strawberry.argument(description="What to group by.")]
Groups = Annotated[int, strawberry.argument(description="How many groups, 1 to 100.")]


@strawberry.type(description="Points of a map that have something in common.")
class MapGroup:
    name: str = strawberry.field(description="What they have in common: a composer's name, an album's title, a tag.")
    places: list[int] = strawberry.field(description="Where they are in the lists of `MapPoints`, from 0.")


@strawberry.type(description="The points of a map: three lists of one length, in the same order.")
class MapPoints:
    track_ids: list[strawberry.ID] = strawberry.field(description="The `id` of each track.")
    x: list[int] = strawberry.field(description="How far to the right each lies, 0 to 65535.")
    y: list[int] = strawberry.field(description="How far up each lies, 0 to 65535, to the same scale.")


@strawberry.type(
    description="A space laid out on a plane, so that what sounds alike lies together. It is drawn by a job"
    " (`drawMap`), and again when the space has changed."
)
class SpaceMap:
    method: str = strawberry.field(description="How it was laid out: `PCA` or `UMAP`.")
    made_at: datetime = strawberry.field(description="When it was drawn.")
    revision_key: strawberry.Private[int]

    @classmethod
    def of(cls, head: map_reads.MapHead) -> SpaceMap:
        return cls(method=head.method, made_at=head.made_at, revision_key=head.revision_id)

    @resolved("Its points, all of them: some 30 bytes for each track.")
    async def points(self, info: Info) -> MapPoints:
        found = await info.context.services.maps.points(self.revision_key)
        return MapPoints(
            track_ids=[strawberry.ID(ids.encode("Track", key)) for key in found.track_ids], x=found.x, y=found.y
        )

    @resolved("The groups with most points, most first. What is in none of them is in a smaller one, or unknown.")
    async def groups(self, info: Info, by: By, first: Groups = DEFAULT_GROUPS) -> list[MapGroup]:
        require_list_length(first)
        found = await info.context.services.maps.groups(self.revision_key, by.name, first)
        return [MapGroup(name=group.name, places=group.places) for group in found]
