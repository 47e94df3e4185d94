"""What can be asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from api.access import require
from api.context import Info
from api.cursors import Cursors
from api.recommending import Asked, for_user, from_tracks, next_in_session, path
from api.types.album import Album, album_by_id
from api.types.arguments import (
    DEFAULT_LIST,
    DEFAULT_PAGE,
    After,
    ChosenModel,
    ChosenStrategy,
    Filter,
    First,
    IncludeHeard,
    Options,
    SpaceName,
)
from api.types.composer import Composer, composer_by_id
from api.types.connection import Connection, connection
from api.types.enums import JobStatus, ModelStatus, TrackOrder
from api.types.evaluation_report import EvaluationReport, evaluation_report
from api.types.experiment import Experiment, experiments_page
from api.types.inputs import filter_of
from api.types.job import Job, job_by_id
from api.types.model import Model, model_by_id
from api.types.node import Node
from api.types.recommendation import RecommendationList, similar
from api.types.resolved import resolved
from api.types.search import SearchResults, search
from api.types.segment import segment_by_id
from api.types.segment_recommendation import SegmentRecommendationList, similar_segments
from api.types.session import Session, session_by_id, sessions_of_user
from api.types.space import Space, space_by_id
from api.types.text_matches import TextMatchList, search_by_text
from api.types.track import Track, track_by_id
from api.types.user import User, user_by_id
from api.types.user_row import UserRow, user_rows
from api.types.work import work_by_id
from api.visitors import listener
from domain import ids
from domain.errors.asking import InvalidId
from domain.identity import Role
from domain.ids import shortened

ModelStatusArgument = Annotated[ModelStatus | None, strawberry.argument(description="Only those.")]

BY_KIND: dict[str, tuple[Role, Callable[[Info, str], Awaitable[Node]]]] = {
    "Album": (Role.PUBLIC, album_by_id),
    "Composer": (Role.PUBLIC, composer_by_id),
    "Job": (Role.CURATOR, job_by_id),
    "Model": (Role.CURATOR, model_by_id),
    "Segment": (Role.PUBLIC, segment_by_id),
    "Session": (Role.USER, session_by_id),
    "Space": (Role.PUBLIC, space_by_id),
    "Track": (Role.PUBLIC, track_by_id),
    "User": (Role.USER, user_by_id),
    "Work": (Role.PUBLIC, work_by_id),
}
JOB_KEY = (datetime, UUID)
TRACK_KEYS: dict[TrackOrder, tuple[type, ...]] = {
    TrackOrder.CATALOGUE: (int,),
    TrackOrder.NEWEST: (int,),
    TrackOrder.TITLE: (str, int),
    TrackOrder.DURATION: (float, int),
}

AnyId = Annotated[strawberry.ID, strawberry.argument(description="An `id` from an earlier answer.")]
TrackId = Annotated[strawberry.ID, strawberry.argument(description="The `id` of the track to start from.")]
GoalId = Annotated[strawberry.ID, strawberry.argument(description="The `id` of the track to arrive at.")]
SessionId = Annotated[strawberry.ID, strawberry.argument(description="The `id` of the session.")]
Liked = Annotated[list[strawberry.ID], strawberry.argument(description="The `id`s of up to 100 tracks, at least one.")]
Disliked = Annotated[
    list[strawberry.ID] | None, strawberry.argument(description="The `id`s of up to 100 tracks to keep away from.")
]
Length = Annotated[int, strawberry.argument(description="How many tracks, both ends included, 2 to 100.")]
UserId = Annotated[strawberry.ID, strawberry.argument(description="The `id` of the user.")]
SearchText = Annotated[
    str,
    strawberry.argument(
        description="What a reader types, up to 200 characters. Without any letter or digit it finds nothing."
    ),
]
MusicText = Annotated[
    str,
    strawberry.argument(
        description="What the music should sound like, in English or Chinese, up to 200 characters. Blanks find none."
    ),
]
JointSpace = Annotated[
    str | None,
    strawberry.argument(description="Name of a space that knows texts, such as `muq-mulan`. Null: the one there is."),
]
Seconds = Annotated[float, strawberry.argument(description="In seconds from the track's beginning.")]
Order = Annotated[TrackOrder, strawberry.argument(description="What the list is ordered by.")]
OfStatus = Annotated[JobStatus | None, strawberry.argument(description="Only jobs of this status. Null: all.")]


@strawberry.type(description="What can be asked. Errors carry a stable `extensions.code`.")
class Query:
    @resolved("Anything, by its id.", by=Role.PUBLIC)
    async def node(self, info: Info, id: AnyId) -> Node | None:
        kind, _ = ids.decode(id)
        if kind not in BY_KIND:
            raise InvalidId(id=shortened(id))
        role, find = BY_KIND[kind]
        await require(info.context, role)
        return await find(info, id)

    @resolved("One album.", by=Role.PUBLIC)
    async def album(self, info: Info, id: AnyId) -> Album | None:
        return await album_by_id(info, id)

    @resolved("All albums by title.", by=Role.PUBLIC)
    async def albums(self, info: Info, first: First = DEFAULT_PAGE, after: After = None) -> Connection[Album] | None:
        read = info.context.services.catalogue
        return await connection(
            read.album_page, Cursors("albums", (str, int)), Album.of, read.album_count, first, after
        )

    @resolved("One track.", by=Role.PUBLIC)
    async def track(self, info: Info, id: AnyId) -> Track | None:
        return await track_by_id(info, id)

    @resolved("All tracks, or those that pass a filter.", by=Role.PUBLIC)
    async def tracks(
        self,
        info: Info,
        first: First = DEFAULT_PAGE,
        after: After = None,
        filter: Filter = None,
        order_by: Order = TrackOrder.CATALOGUE,
    ) -> Connection[Track] | None:
        where, read = filter_of(filter), info.context.services.catalogue
        return await connection(
            lambda size, key: read.track_page(where, order_by, size, key),
            Cursors(f"tracks by {order_by}", TRACK_KEYS[order_by]),
            Track.of,
            lambda: read.track_count(where),
            first,
            after,
        )

    @resolved("All composers by last name.", by=Role.PUBLIC)
    async def composers(
        self, info: Info, first: First = DEFAULT_PAGE, after: After = None
    ) -> Connection[Composer] | None:
        read = info.context.services.catalogue
        return await connection(
            read.composer_page, Cursors("composers", (str, int)), Composer.of, read.composer_count, first, after
        )

    @resolved("What a text typed into a search box finds; meant to be asked again with every letter.", by=Role.PUBLIC)
    async def search(self, info: Info, text: SearchText, first: First = DEFAULT_LIST) -> SearchResults | None:
        return search(info, text, first)

    @resolved(
        'Tracks that sound like what a text says, such as "slow sad cello over organ". It takes a space in which texts'
        " have a place; see `search` for words of titles and names.",
        by=Role.PUBLIC,
    )
    async def search_by_text(
        self, info: Info, text: MusicText, space: JointSpace = None, first: First = DEFAULT_LIST
    ) -> TextMatchList | None:
        return await search_by_text(info, text, space, first)

    @resolved("All spaces by name, also those that are still empty.", by=Role.PUBLIC)
    async def spaces(self, info: Info) -> list[Space]:
        return [Space.of(row) for row in await info.context.services.spaces.spaces()]

    @resolved("Trained models, newest first; of one strategy or one status, if it is named.", by=Role.CURATOR)
    async def models(
        self, info: Info, strategy: ChosenStrategy = None, status: ModelStatusArgument = None
    ) -> list[Model]:
        return [Model.of(row) for row in await info.context.services.models.models(strategy, status)]

    @resolved("What evaluations measured, the newest figures first.", by=Role.CURATOR)
    async def experiments(
        self, info: Info, first: First = DEFAULT_PAGE, after: After = None
    ) -> Connection[Experiment] | None:
        return await experiments_page(info, first, after)

    @resolved("The report of the last evaluation. Null where none lies on this machine.", by=Role.CURATOR)
    async def evaluation_report(self, info: Info) -> EvaluationReport | None:
        return await evaluation_report(info)

    @resolved("A user: oneself, or, for curators, anybody.", by=Role.USER)
    async def user(self, info: Info, id: AnyId) -> User | None:
        return await user_by_id(info, id)

    @resolved(
        "Everything that is stored of a user: oneself, or, for curators, anybody. Ask page after page, until there is"
        " no next one.",
        by=Role.USER,
    )
    async def export_user(
        self, info: Info, id: UserId, first: First = DEFAULT_PAGE, after: After = None
    ) -> Connection[UserRow] | None:
        await listener(info, id)
        return await user_rows(info, id, first, after)

    @resolved("A session of oneself, or, for curators, of anybody.", by=Role.USER)
    async def session(self, info: Info, id: AnyId) -> Session | None:
        return await session_by_id(info, id)

    @resolved("Sessions of oneself, or, for curators, of anybody; newest first.", by=Role.USER)
    async def sessions(
        self, info: Info, user_id: UserId, first: First = DEFAULT_PAGE, after: After = None
    ) -> Connection[Session] | None:
        return await sessions_of_user(info, await listener(info, user_id), first, after)

    @resolved("One background job.", by=Role.CURATOR)
    async def job(self, info: Info, id: AnyId) -> Job | None:
        return await job_by_id(info, id)

    @resolved("Background jobs, newest first.", by=Role.CURATOR)
    async def jobs(
        self, info: Info, first: First = DEFAULT_PAGE, after: After = None, status: OfStatus = None
    ) -> Connection[Job] | None:
        read = info.context.services.jobs
        return await connection(
            lambda size, key: read.job_page(status, size, key),
            Cursors("jobs", JOB_KEY),
            Job.of,
            lambda: read.job_count(status),
            first,
            after,
        )

    @resolved("What to play after a track: the same as `Track.similar`, without reading the track.", by=Role.PUBLIC)
    async def recommend_similar(
        self,
        info: Info,
        track_id: TrackId,
        strategy: ChosenStrategy = None,
        space: SpaceName = None,
        first: First = DEFAULT_LIST,
        filter: Filter = None,
        options: Options = None,
    ) -> RecommendationList | None:
        return await similar(info, ids.decode_key("Track", track_id), first, strategy, space, filter, options)

    @resolved(
        "Segments of other tracks that sound like a range of this one, which need not be stored. The range stands for"
        " the patches of some seconds that it covers, each weighted by the seconds they share.",
        by=Role.PUBLIC,
    )
    async def similar_segments(
        self,
        info: Info,
        track_id: TrackId,
        start_seconds: Seconds,
        end_seconds: Seconds,
        space: SpaceName = None,
        first: First = DEFAULT_LIST,
    ) -> SegmentRecommendationList | None:
        key = ids.decode_key("Track", track_id)
        return await similar_segments(info, key, start_seconds, end_seconds, space, first)

    @resolved(
        "What is like some tracks and unlike others: several seeds at once. None of them is in the list.",
        by=Role.PUBLIC,
    )
    async def recommend_from(
        self,
        info: Info,
        like: Liked,
        unlike: Disliked = None,
        space: SpaceName = None,
        first: First = DEFAULT_LIST,
        filter: Filter = None,
        options: Options = None,
    ) -> RecommendationList | None:
        return await from_tracks(info, like, unlike or [], space, first, filter, options)

    @resolved(
        "A gradual way from one track to another: each track leads on, and none comes twice. It is shorter where there"
        " are not as many tracks.",
        by=Role.PUBLIC,
    )
    async def path_between(
        self,
        info: Info,
        from_track_id: TrackId,
        to_track_id: GoalId,
        length: Length = DEFAULT_LIST,
        space: SpaceName = None,
    ) -> RecommendationList | None:
        return await path(info, from_track_id, to_track_id, length, space)

    @resolved(
        "What to play for a user: oneself, or, for curators, anybody. It is remembered that it was shown; hand the"
        " list's `id` back with what the user does with it.",
        by=Role.USER,
    )
    async def recommend_for_user(
        self,
        info: Info,
        user_id: UserId,
        strategy: ChosenStrategy = None,
        space: SpaceName = None,
        model: ChosenModel = None,
        first: First = DEFAULT_LIST,
        include_heard: IncludeHeard = False,
        filter: Filter = None,
        options: Options = None,
    ) -> RecommendationList | None:
        asked = Asked(strategy, space, model, first, include_heard, filter, options)
        return await for_user(info, user_id, asked)

    @resolved(
        "What to play next in a session of oneself, or, for curators, of anybody: what was heard last weighs most, and"
        " whatever is recorded changes what follows.",
        by=Role.USER,
    )
    async def recommend_next(
        self,
        info: Info,
        session_id: SessionId,
        strategy: ChosenStrategy = None,
        space: SpaceName = None,
        model: ChosenModel = None,
        first: First = DEFAULT_LIST,
        include_heard: IncludeHeard = False,
        filter: Filter = None,
        options: Options = None,
    ) -> RecommendationList | None:
        asked = Asked(strategy, space, model, first, include_heard, filter, options)
        return await next_in_session(info, session_id, asked)
