"""Names for the type that all others lead to, which cannot be imported where it is not made yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from api.types.track import Track

LazyTrack = Annotated["Track", strawberry.lazy("api.types.track")]
