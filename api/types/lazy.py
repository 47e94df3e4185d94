"""Names for types that others lead to, which cannot be imported where they are not made yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from api.types.segment_recommendation import SegmentRecommendationList
    from api.types.track import Track

LazyTrack = Annotated["Track", strawberry.lazy("api.types.track")]
LazySegmentList = Annotated["SegmentRecommendationList", strawberry.lazy("api.types.segment_recommendation")]
