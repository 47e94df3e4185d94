"""What can be changed."""

from __future__ import annotations

from typing import Annotated

import anyio.to_thread
import strawberry

from api.context import Info
from api.corrections import Corrections
from api.listening import Listening
from api.types.enums import Strategy
from api.types.job import Job, job_key
from api.types.model import Model
from api.types.resolved import resolved
from api.types.upload import UploadTicket
from api.uploads import upload_ticket
from domain import ids
from domain.errors.asking import JobNotFound, JobNotResumable
from domain.errors.training import StrategyNotTrained
from domain.identity import Role
from domain.recommendations import TRAINED
from domain.spaces import DEFAULT_SPACE
from domain.training import TrainingWish
from jobs.ingest import allowed_path

FileName = Annotated[str, strawberry.argument(description="What the file is called; its suffix says what it is.")]
Size = Annotated[int, strawberry.argument(description="How many bytes it has.")]
ContentType = Annotated[
    str | None, strawberry.argument(description="Its media type, such as `audio/flac`. Null: the suffix's usual one.")
]
ServerPath = Annotated[str, strawberry.argument(description="An absolute path of the server's machine.")]
SpaceToFill = Annotated[str, strawberry.argument(description="The space, named after the backend that fills it.")]
Where = Annotated[
    str | None,
    strawberry.argument(
        description="Only these tracks: `composer=NAME`, `album=TITLE`, `failed` or `stale` (heard before one of their"
        " files changed). They are replaced one by one. Null: all tracks, for a new revision of the space that takes"
        " the old one's place when the last is in."
    ),
]
AllowMissing = Annotated[
    bool,
    strawberry.argument(description="Let the new revision take over even without tracks that cannot be heard again."),
]
JobId = Annotated[strawberry.ID, strawberry.argument(description="The `id` of the job.")]

StrategyToTrain = Annotated[Strategy, strawberry.argument(description="What to train.")]
SpaceToRead = Annotated[str, strawberry.argument(description="The audio space that it reads.")]
Seed = Annotated[int, strawberry.argument(description="The same log and seed give the same model.")]
WithSimulated = Annotated[bool, strawberry.argument(description="Learn from simulated listeners, too.")]
SpaceToDraw = Annotated[str, strawberry.argument(description="The name of the space.")]
ModelId = Annotated[strawberry.ID, strawberry.argument(description="The `id` of the model.")]


@strawberry.type(
    description="What can be changed: the archive by curators only, what a user did by the user and by curators."
)
class Mutation(Corrections, Listening):
    @resolved("Allow the upload of one recording.", by=Role.CURATOR)
    async def request_upload(
        self, info: Info, filename: FileName, size: Size, content_type: ContentType = None
    ) -> UploadTicket | None:
        return await upload_ticket(info.context.services, info.context.base_url, filename, size, content_type)

    @resolved(
        "Import a folder or file that the server can read, below the folders that its operator allowed.",
        by=Role.CURATOR,
    )
    async def import_tracks(self, info: Info, path: ServerPath) -> Job | None:
        services = info.context.services
        folder = await anyio.to_thread.run_sync(allowed_path, path, services.import_roots)
        return Job.of(await services.ingest.import_path(folder))

    @resolved(
        "Cancel a job. Workers leave it within one item; what is done stays done. One that has ended stays so.",
        by=Role.CURATOR,
    )
    async def cancel_job(self, info: Info, id: JobId) -> Job | None:
        try:
            return Job.of(await info.context.services.job_writes.cancel(job_key(id)))
        except JobNotFound:
            raise JobNotFound(id=id) from None

    @resolved("Hear the archive again, or some of its tracks. Joins the job that does so already.", by=Role.CURATOR)
    async def reembed(
        self,
        info: Info,
        space: SpaceToFill = DEFAULT_SPACE,
        where: Where = None,
        allow_missing: AllowMissing = False,
    ) -> Job | None:
        return Job.of(await info.context.services.requests.reembed(space, where, allow_missing=allow_missing))

    @resolved("Train a strategy on this archive. Joins the job that does so already.", by=Role.CURATOR)
    async def train(
        self,
        info: Info,
        strategy: StrategyToTrain,
        space: SpaceToRead = DEFAULT_SPACE,
        seed: Seed = 0,
        simulated: WithSimulated = False,
    ) -> Job | None:
        if strategy not in TRAINED:
            raise StrategyNotTrained(name=strategy, known=", ".join(TRAINED))
        wish = TrainingWish(strategy, space, seed, simulated)
        return Job.of(await info.context.services.requests.train(wish))

    @resolved("Draw a space on a plane, for `Space.map`. Joins the job that does so already.", by=Role.CURATOR)
    async def draw_map(self, info: Info, space: SpaceToDraw = DEFAULT_SPACE) -> Job | None:
        return Job.of(await info.context.services.requests.draw_map(space))

    @resolved(
        "Let a trained model answer, in place of the one of its strategy and audio space that does.", by=Role.CURATOR
    )
    async def promote_model(self, info: Info, id: ModelId) -> Model | None:
        return Model.of(await info.context.services.models.promote(ids.decode_key("Model", id)))

    @resolved(
        "Try what failed in a job again; one that was cancelled or failed goes on. Others stay as they are.",
        by=Role.CURATOR,
    )
    async def retry_job(self, info: Info, id: JobId) -> Job | None:
        try:
            return Job.of(await info.context.services.requests.retry(job_key(id)))
        except JobNotFound:
            raise JobNotFound(id=id) from None
        except JobNotResumable as error:
            raise JobNotResumable(id=id, reason=error.details["reason"]) from None
