"""The catalogue's own lines, kept as they came; files that are gone, and files that were refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("albums", sa.Column("date_precision", sa.Text(), nullable=True))
    op.add_column("tracks", sa.Column("genre", sa.Text(), nullable=True))
    op.add_column("tracks", sa.Column("labels", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.add_column("tracks", sa.Column("catalogue_id", sa.Text(), nullable=True))
    op.add_column("tracks", sa.Column("missing", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("tracks_missing", "tracks", ["id"], unique=False, postgresql_where=sa.text("missing"))
    op.add_column("track_files", sa.Column("said", postgresql.JSONB(), nullable=True))
    op.add_column("track_files", sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "catalogue_files",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("findings", postgresql.JSONB(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("path"),
    )
    op.create_table(
        "catalogue_lines",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("catalogue_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("original", postgresql.JSONB(), nullable=False),
        sa.Column("said", postgresql.JSONB(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("external_album_id", sa.Text(), nullable=True),
        sa.Column("track_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["catalogue_id"], ["catalogue_files.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["track_id"], ["tracks.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("catalogue_id", "digest"),
    )
    op.create_index(op.f("ix_catalogue_lines_external_id"), "catalogue_lines", ["external_id"], unique=False)
    op.create_index(op.f("ix_catalogue_lines_track_id"), "catalogue_lines", ["track_id"], unique=False)
    op.create_table(
        "refused_files",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified_ns", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("path"),
    )


def downgrade() -> None:
    for table in ("refused_files", "catalogue_lines", "catalogue_files"):
        op.drop_table(table)
    for table, columns in {
        "track_files": ("missing_since", "said"),
        "tracks": ("missing", "catalogue_id", "labels", "genre"),
        "albums": ("date_precision",),
    }.items():
        for column in columns:
            op.drop_column(table, column)
