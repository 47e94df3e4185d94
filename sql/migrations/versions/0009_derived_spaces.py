"""Spaces that are computed from others, and what each of their revisions was computed by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "derivations",
        sa.Column("space_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["space_id"], ["spaces.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("space_id"),
    )
    op.create_table(
        "derivation_parents",
        sa.Column("space_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["space_id"], ["derivations.space_id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["parent_id"], ["spaces.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("space_id", "place"),
    )
    op.create_index(op.f("ix_derivation_parents_parent_id"), "derivation_parents", ["parent_id"], unique=False)
    op.create_table(
        "derived_revisions",
        sa.Column("revision_id", sa.BigInteger(), nullable=False),
        sa.Column("parents", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("fitted_on", sa.Integer(), nullable=True),
        sa.Column("mean", sa.LargeBinary(), nullable=True),
        sa.Column("projection", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["revision_id"], ["space_revisions.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("revision_id"),
    )


def downgrade() -> None:
    for table in ("derived_revisions", "derivation_parents", "derivations"):
        op.drop_table(table)
