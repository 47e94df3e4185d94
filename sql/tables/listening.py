"""Who listens and what they did: users, sessions, the log of interactions, and what was shown."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlmodel import Field, SQLModel

from sql.tables import columns


def _key() -> Column[UUID]:
    """A key that nobody can guess; who writes may choose it, so that writing twice writes once."""
    return Column(PG_UUID(as_uuid=True), primary_key=True, server_default=text("gen_random_uuid()"))


def _owner(target: str, *, nullable: bool = False) -> Column[UUID]:
    """A reference to what a row goes with when that is deleted."""
    return Column(PG_UUID(as_uuid=True), ForeignKey(target, ondelete="CASCADE"), nullable=nullable)


class User(SQLModel, table=True):
    """Someone who listens. `external_id` is how an imported log calls them; `group_name` is a group that they belong
    to, such as a country; `simulation` names the run that made them up: with them goes all that they did."""

    __tablename__ = "users"
    __table_args__ = (Index("users_simulated", "simulation", postgresql_where=text("simulation IS NOT NULL")),)

    id: UUID = Field(default=None, sa_column=_key())
    name: str | None = Field(default=None, sa_column=columns.text(nullable=True))
    external_id: str | None = Field(default=None, sa_column=columns.text(nullable=True, unique=True))
    group_name: str | None = Field(default=None, sa_column=columns.text(nullable=True))
    anonymous: bool = False
    simulation: str | None = Field(default=None, sa_column=columns.text(nullable=True))
    created_at: datetime = Field(default=None, sa_column=columns.moment())


class Session(SQLModel, table=True):
    """One sitting of a user; `ended_at` is null while it lasts, and where nobody said that it ended."""

    __tablename__ = "sessions"
    __table_args__ = (Index("sessions_of_user", "user_id", "started_at", "id"),)

    id: UUID = Field(default=None, sa_column=_key())
    user_id: UUID = Field(sa_column=_owner("users.id"))
    started_at: datetime = Field(default=None, sa_column=columns.moment())
    ended_at: datetime | None = Field(default=None, sa_column=columns.moment(nullable=True))


class Impression(SQLModel, table=True):
    """A list that was shown to a user, perhaps in a session: `track_ids` in the order of their ranks, one row a list.
    `strategy` is null where nothing could be compared. Tracks, model and space are named without references: an
    impression says what was, not what is."""

    __tablename__ = "impressions"
    __table_args__ = (
        Index("impressions_of_user", "user_id", "created_at"),
        Index("impressions_of_session", "session_id", "created_at", postgresql_where=text("session_id IS NOT NULL")),
    )

    id: UUID = Field(default=None, sa_column=_key())
    user_id: UUID | None = Field(default=None, sa_column=_owner("users.id", nullable=True))
    session_id: UUID | None = Field(default=None, sa_column=_owner("sessions.id", nullable=True))
    strategy: str | None = Field(default=None, sa_column=columns.text(nullable=True))
    model_id: int | None = Field(default=None, sa_column=Column(BigInteger))
    space: str | None = Field(default=None, sa_column=columns.text(nullable=True))
    track_ids: list[int] = Field(sa_column=Column(ARRAY(BigInteger), nullable=False))
    created_at: datetime = Field(default=None, sa_column=columns.moment())


class Interaction(SQLModel, table=True):
    """What a user did with a track. `kind` is PLAY, COMPLETE, SKIP, LIKE or DISLIKE; `occurred_at` is the listener's
    time, `recorded_at` ours. A `client_id` is written once for each user, so that what is sent twice counts once.

    A track that was listened to cannot be deleted: one whose files are gone is marked `missing` and keeps its log.
    `impression_id` has no reference, so that impressions can be let go while the log stays, `rank` included.
    """

    __tablename__ = "interactions"
    __table_args__ = (
        UniqueConstraint("user_id", "client_id"),
        Index("interactions_of_user", "user_id", "occurred_at", "id"),
        Index(
            "interactions_of_session",
            "session_id",
            "occurred_at",
            "id",
            postgresql_where=text("session_id IS NOT NULL"),
        ),
        Index("interactions_of_track", "track_id", "occurred_at"),
    )

    id: int | None = Field(default=None, sa_column=columns.bigint_key())
    user_id: UUID = Field(sa_column=_owner("users.id"))
    session_id: UUID | None = Field(default=None, sa_column=_owner("sessions.id", nullable=True))
    track_id: int = Field(sa_column=Column(BigInteger, ForeignKey("tracks.id"), nullable=False))
    kind: str = Field(sa_column=columns.text())
    played_seconds: float | None = Field(default=None, sa_column=Column(Float))
    occurred_at: datetime = Field(sa_column=columns.moment())
    recorded_at: datetime = Field(default=None, sa_column=columns.moment())
    client_id: str = Field(sa_column=columns.text())
    impression_id: UUID | None = Field(default=None, sa_column=Column(PG_UUID(as_uuid=True)))
    rank: int | None = Field(default=None, sa_column=Column(Integer))
    plays: int = Field(default=1, sa_column=Column(Integer, nullable=False, server_default="1"))
