"""Names for types that others lead to, which cannot be imported where they are not made yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from api.types.segment_recommendation import SegmentRecommendationList
    from api.types.session import Session
    from api.types.track import Track
    from api.types.user import User

LazyTrack = Annotated["Track", strawberry.lazy("api.types.track")]
LazyUser = Annotated["User", strawberry.lazy("api.types.user")]
LazySession = Annotated["Session", strawberry.lazy("api.types.session")]
LazySegmentList = Annotated["SegmentRecommendationList", strawberry.lazy("api.types.segment_recommendation")]
