"""Covers, waveforms, and the vectors of patches, which any range of a track is compared by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

# Revisions that are there already get the partition that new ones are made with.
ADD_PARTITIONS = """
DO $$
DECLARE
    revision record;
BEGIN
    FOR revision IN SELECT r.id, s.dimension FROM space_revisions r JOIN spaces s ON s.id = r.space_id LOOP
        IF to_regclass(format('track_embeddings_r%s', revision.id)) IS NOT NULL THEN
            EXECUTE format(
                'CREATE TABLE patch_embeddings_r%s PARTITION OF patch_embeddings FOR VALUES IN (%s)',
                revision.id, revision.id);
            EXECUTE format(
                'ALTER TABLE patch_embeddings_r%s ADD CONSTRAINT patch_embeddings_r%s_dimension '
                'CHECK (octet_length(vectors) = patches * %s * 2)',
                revision.id, revision.id, revision.dimension);
        END IF;
    END LOOP;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "waveforms",
        sa.Column("track_id", sa.BigInteger(), nullable=False),
        sa.Column("peaks", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["track_id"], ["tracks.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("track_id"),
    )
    op.create_table(
        "patch_embeddings",
        sa.Column("revision_id", sa.BigInteger(), nullable=False),
        sa.Column("track_id", sa.BigInteger(), nullable=False),
        sa.Column("patches", sa.Integer(), nullable=False),
        sa.Column("patch_seconds", sa.Float(), nullable=False),
        sa.Column("hop_seconds", sa.Float(), nullable=False),
        sa.Column("vectors", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["revision_id"], ["space_revisions.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["track_id"], ["tracks.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("revision_id", "track_id"),
        postgresql_partition_by="LIST (revision_id)",
    )
    op.create_index(op.f("ix_patch_embeddings_track_id"), "patch_embeddings", ["track_id"], unique=False)
    # Not compressed: these numbers hardly shrink, and a part of such a value is read without the rest of it.
    op.execute("ALTER TABLE patch_embeddings ALTER COLUMN vectors SET STORAGE EXTERNAL")
    op.execute(ADD_PARTITIONS)
    op.create_table(
        "pictures",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("thumbnail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "track_covers",
        sa.Column("track_id", sa.BigInteger(), nullable=False),
        sa.Column("file_hash", sa.Text(), nullable=False),
        sa.Column("picture", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["picture"], ["pictures.sha256"]),
        sa.ForeignKeyConstraint(["track_id"], ["tracks.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("track_id"),
    )
    op.create_table(
        "folder_images",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified_ns", sa.BigInteger(), nullable=False),
        sa.Column("picture", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["picture"], ["pictures.sha256"]),
        sa.PrimaryKeyConstraint("path"),
    )
    op.create_index(op.f("ix_folder_images_folder"), "folder_images", ["folder"], unique=False)


def downgrade() -> None:
    for table in ("folder_images", "track_covers", "pictures", "patch_embeddings", "waveforms"):
        op.drop_table(table)
