"""What curators can correct."""

from __future__ import annotations

from typing import Annotated, Any

import anyio.to_thread
import strawberry

from api.context import Info
from api.types.album import Album, album_by_id
from api.types.changes import AlbumChanges, ComposerChanges, TrackChanges, WorkChanges, changed_fields
from api.types.composer import Composer, composer_by_id
from api.types.resolved import resolved
from api.types.track import Track, track_by_id
from api.types.work import Work, work_by_id
from domain.edits import EditKind
from domain.identity import Role
from domain.ids import decode_key

TrackId = Annotated[strawberry.ID, strawberry.argument(description="The `id` of the track.")]
AlbumId = Annotated[strawberry.ID, strawberry.argument(description="The `id` of the album.")]
ComposerId = Annotated[strawberry.ID, strawberry.argument(description="The `id` of the composer.")]
WorkId = Annotated[strawberry.ID, strawberry.argument(description="The `id` of the work.")]

WHAT_CHANGES = strawberry.argument(description="What is corrected; the rest stays as it is.")
ToTrack = Annotated[TrackChanges, WHAT_CHANGES]
ToAlbum = Annotated[AlbumChanges, WHAT_CHANGES]
ToComposer = Annotated[ComposerChanges, WHAT_CHANGES]
ToWork = Annotated[WorkChanges, WHAT_CHANGES]


@strawberry.type
class Corrections:
    @resolved("Correct a track. The correction outlives imports.", by=Role.CURATOR)
    async def edit_track(self, info: Info, id: TrackId, changes: ToTrack) -> Track | None:
        await _edit(info, EditKind.TRACK, id, changes)
        return await track_by_id(info, id)

    @resolved("Correct an album. The correction outlives imports.", by=Role.CURATOR)
    async def edit_album(self, info: Info, id: AlbumId, changes: ToAlbum) -> Album | None:
        await _edit(info, EditKind.ALBUM, id, changes)
        return await album_by_id(info, id)

    @resolved(
        "Correct a composer. The correction outlives imports, and the former name still means them.", by=Role.CURATOR
    )
    async def edit_composer(self, info: Info, id: ComposerId, changes: ToComposer) -> Composer | None:
        await _edit(info, EditKind.COMPOSER, id, changes)
        return await composer_by_id(info, id)

    @resolved("Correct a work. The correction outlives imports.", by=Role.CURATOR)
    async def edit_work(self, info: Info, id: WorkId, changes: ToWork) -> Work | None:
        await _edit(info, EditKind.WORK, id, changes)
        return await work_by_id(info, id)


async def _edit(info: Info, kind: EditKind, node_id: str, changes: Any) -> None:  # Any: one of the changes
    """Raises InvalidId, InvalidEdit, NameTaken and the kind's NotFound."""
    key = decode_key(kind.capitalize(), node_id)
    await anyio.to_thread.run_sync(info.context.services.editor.edit, kind, key, changed_fields(changes))
