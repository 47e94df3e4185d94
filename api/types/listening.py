"""What recording takes and gives back."""

from __future__ import annotations

from datetime import datetime

import strawberry

from api.types.enums import InteractionKind
from api.types.user import User
from domain import ids
from domain.batches import invalid
from domain.errors.asking import InvalidId
from domain.listening import NewInteraction


@strawberry.type(description="A user, and what their requests are recognized by.")
class UserWithToken:
    user: User = strawberry.field(description="The user.")
    token: str = strawberry.field(
        description="To be sent with their requests as `Authorization: Bearer TOKEN`. Whoever has it is this user."
    )
    expires_at: datetime = strawberry.field(description="Until when it holds; `renewToken` gives a new one before.")


@strawberry.type(description="What became of a batch.")
class RecordedInteractions:
    recorded: int = strawberry.field(description="How many of its interactions were recorded now.")
    repeated: int = strawberry.field(
        description="How many had been recorded before, under their client ids: nothing was changed for them."
    )


@strawberry.input(description="What a user did with a track.")
class InteractionInput:
    client_id: str = strawberry.field(
        description="What the client calls it, such as a random UUID; up to 100 characters, one for each interaction of"
        " a user. Sent again, it counts once."
    )
    track_id: strawberry.ID = strawberry.field(description="The `id` of the track.")
    kind: InteractionKind = strawberry.field(description="What was done.")
    occurred_at: datetime = strawberry.field(
        description="When it happened, with time zone. If the newest of a batch lies in the future, the client's clock"
        " is ahead: all times of the batch are moved back by as much. More than a day ahead is refused."
    )
    played_seconds: float | None = strawberry.field(default=None, description="How long the track was listened to.")
    list_id: strawberry.ID | None = strawberry.field(
        default=None, description="The `id` of the `RecommendationList` that the track was taken from."
    )

    def to_domain(self, place: int) -> NewInteraction:
        """The entry at `place` of a batch. Raises InvalidInteraction."""
        try:
            stored = self.list_id is not None and "." not in self.list_id
            return NewInteraction(
                client_id=self.client_id,
                track_id=ids.decode_key("Track", self.track_id),
                kind=self.kind,
                occurred_at=self.occurred_at,
                played_seconds=self.played_seconds,
                impression_id=ids.decode_uuid("Impression", self.list_id) if stored and self.list_id else None,
                list_token=None if stored else self.list_id,
            )
        except InvalidId as error:
            raise invalid(
                place, self.client_id, f"'{error.details['id']}' is not an id of the kind that belongs there."
            ) from None
