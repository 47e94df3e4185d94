"""A space: vectors that can be compared."""

from __future__ import annotations

import strawberry

from api.context import Info
from api.types.enums import SpaceState
from api.types.node import Node
from api.types.resolved import resolved
from api.types.space_map import SpaceMap
from domain import ids, spaces
from domain.errors.asking import SpaceNotFound
from domain.ids import shortened


@strawberry.type(description="One audio representation: a set of vectors that can be compared with each other.")
class Space(Node):
    name: str = strawberry.field(description="Its name, which `space` arguments take.")
    backend: str = strawberry.field(
        description="The audio backend whose vectors it holds; joined by +, those that it is computed from."
    )
    dimension: int = strawberry.field(description="How many numbers one of its vectors has.")
    revision: str = strawberry.field(description="Weights and preprocessing behind its vectors.")
    licence: str | None = strawberry.field(description="Licence of the weights, where it is known.")
    commercial_use: bool | None = strawberry.field(
        description="Whether that licence allows commercial use, where it is known."
    )
    state: SpaceState = strawberry.field(description="How full it is.")
    revision_key: strawberry.Private[int]

    @classmethod
    def of(cls, row: spaces.Space) -> Space:
        terms = spaces.terms_of(row.backend)
        return cls(
            id=strawberry.ID(ids.encode("Space", row.id)),
            name=row.name,
            backend=row.backend,
            dimension=row.dimension,
            revision=row.revision,
            licence=terms.licence if terms else None,
            commercial_use=terms.commercial_use if terms else None,
            state=row.state,
            revision_key=row.revision_id,
        )

    @resolved("How many tracks it holds.")
    async def track_count(self, info: Info) -> int:
        return await info.context.loaders.space_track_counts.load(self.revision_key) or 0

    @resolved("It on a plane, so that what sounds alike lies together. Null until somebody has it drawn (`drawMap`).")
    async def map(self, info: Info) -> SpaceMap | None:
        head = await info.context.loaders.space_maps.load(self.revision_key)
        return SpaceMap.of(head) if head else None


async def space_by_id(info: Info, space_id: str) -> Space:
    """Raises InvalidId and SpaceNotFound."""
    key = ids.decode_key("Space", space_id)
    there = await info.context.services.spaces.spaces()
    row = next((row for row in there if row.id == key), None)
    if row is None:
        raise SpaceNotFound(name=shortened(space_id), known=", ".join(row.name for row in there))
    return Space.of(row)


async def space_by_name(info: Info, name: str) -> Space:
    """A space that has just answered. Raises SpaceNotFound when it is gone meanwhile."""
    there = await info.context.services.retrieval.spaces()
    if name not in there:
        raise SpaceNotFound(name=name, known=", ".join(there))
    return Space.of(there[name])
