"""Who listens and what they did: users, sessions, the log of interactions, and what was shown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "users",
        _key(),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("group_name", sa.Text(), nullable=True),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("simulation", sa.Text(), nullable=True),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("external_id"),
    )
    op.create_index("users_simulated", "users", ["simulation"], postgresql_where=sa.text("simulation IS NOT NULL"))
    op.create_table(
        "sessions",
        _key(),
        sa.Column("user_id", sa.UUID(), nullable=False),
        _moment("started_at"),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("sessions_of_user", "sessions", ["user_id", "started_at", "id"])
    op.create_table(
        "impressions",
        _key(),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("session_id", sa.UUID(), nullable=True),
        sa.Column("strategy", sa.Text(), nullable=True),
        sa.Column("model_id", sa.BigInteger(), nullable=True),
        sa.Column("space", sa.Text(), nullable=True),
        sa.Column("track_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        _moment("created_at"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("impressions_of_user", "impressions", ["user_id", "created_at"])
    op.create_index(
        "impressions_of_session",
        "impressions",
        ["session_id", "created_at"],
        postgresql_where=sa.text("session_id IS NOT NULL"),
    )
    op.create_table(
        "interactions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("session_id", sa.UUID(), nullable=True),
        sa.Column("track_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("played_seconds", sa.Float(), nullable=True),
        _moment("occurred_at"),
        _moment("recorded_at"),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("impression_id", sa.UUID(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("plays", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["track_id"], ["tracks.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "client_id"),
    )
    op.create_index("interactions_of_user", "interactions", ["user_id", "occurred_at", "id"])
    op.create_index(
        "interactions_of_session",
        "interactions",
        ["session_id", "occurred_at", "id"],
        postgresql_where=sa.text("session_id IS NOT NULL"),
    )
    op.create_index("interactions_of_track", "interactions", ["track_id", "occurred_at"])


def downgrade() -> None:
    for table in ("interactions", "impressions", "sessions", "users"):
        op.drop_table(table)


def _key() -> sa.Column[object]:
    return sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)
