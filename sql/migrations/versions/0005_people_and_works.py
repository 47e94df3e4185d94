"""Other names of composers, several composers of a track, works and movements, and what a person corrected."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("composers", sa.Column("known", sa.Text(), nullable=True))
    op.add_column("composers", sa.Column("person", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_unique_constraint("composers_known_key", "composers", ["known"])
    op.create_table(
        "composer_aliases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("composer_id", sa.BigInteger(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("decided", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["composer_id"], ["composers.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index(op.f("ix_composer_aliases_composer_id"), "composer_aliases", ["composer_id"], unique=False)
    op.create_table(
        "track_composers",
        sa.Column("track_id", sa.BigInteger(), nullable=False),
        sa.Column("composer_id", sa.BigInteger(), nullable=False),
        sa.Column("alias_id", sa.BigInteger(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["alias_id"], ["composer_aliases.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["composer_id"], ["composers.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["track_id"], ["tracks.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("track_id", "composer_id"),
    )
    op.create_index(op.f("ix_track_composers_alias_id"), "track_composers", ["alias_id"], unique=False)
    op.create_index(op.f("ix_track_composers_composer_id"), "track_composers", ["composer_id"], unique=False)
    op.create_table(
        "works",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("composer_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("catalogue_number", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["composer_id"], ["composers.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("composer_id", "key"),
    )
    op.create_table(
        "edits",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("kind", "item_id", "field"),
    )
    op.add_column("tracks", sa.Column("work_id", sa.BigInteger(), nullable=True))
    op.add_column("tracks", sa.Column("movement_number", sa.Integer(), nullable=True))
    op.add_column("tracks", sa.Column("movement", sa.Text(), nullable=True))
    op.add_column("tracks", sa.Column("movement_key", sa.Text(), nullable=True))
    op.create_foreign_key("tracks_work_id_fkey", "tracks", "works", ["work_id"], ["id"], ondelete="SET NULL")
    op.create_index("tracks_of_work", "tracks", ["work_id", "movement_number", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("tracks_of_work", "tracks")
    op.drop_constraint("tracks_work_id_fkey", "tracks")
    for column in ("movement_key", "movement", "movement_number", "work_id"):
        op.drop_column("tracks", column)
    for table in ("edits", "works", "track_composers", "composer_aliases"):
        op.drop_table(table)
    op.drop_constraint("composers_known_key", "composers")
    for column in ("person", "known"):
        op.drop_column("composers", column)
