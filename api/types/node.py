"""Anything that has an id."""

from __future__ import annotations

import strawberry


@strawberry.interface(description="Anything that `node(id)` finds again.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="Opaque and stable; unique among everything in this archive. Pass it back as it is."
    )
