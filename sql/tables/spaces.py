"""Spaces, their revisions, and the embeddings in them.

Embeddings are list-partitioned by space revision, so that a revision is swapped or dropped as a table. The vector
columns have no dimension here: every partition holds vectors of one length, and its index casts to it.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
from pgvector.sqlalchemy import VECTOR
from sqlalchemy import REAL, BigInteger, Column, Float, ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from sql.tables.columns import bigint_key, moment, reference, text

Vector = np.ndarray  # (dimension,) float32, unit length


class Space(SQLModel, table=True):
    """One representation: vectors that can be compared with each other. `active_revision_id` is what answers."""

    __tablename__ = "spaces"

    id: int | None = Field(default=None, sa_column=bigint_key())
    name: str = Field(sa_column=text(unique=True))
    backend: str = Field(sa_column=text())
    dimension: int
    metric: str = Field(default="cosine", sa_column=text())
    active_revision_id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger, ForeignKey("space_revisions.id", use_alter=True, name="spaces_active_revision_id_fkey")
        ),
    )
    created_at: datetime = Field(default=None, sa_column=moment())


class SpaceRevision(SQLModel, table=True):
    """One filling of a space. `state` is FILLING, READY or RETIRED; `indexed` says whether HNSW serves its tracks.

    A space's first revision is active while it is FILLING; a later one becomes active when it is full, and the one
    before is RETIRED then. `revision` names the weights and preprocessing that made it.
    """

    __tablename__ = "space_revisions"

    id: int | None = Field(default=None, sa_column=bigint_key())
    space_id: int = Field(sa_column=reference("spaces.id", index=True))
    revision: str = Field(sa_column=text())
    state: str = Field(default="FILLING", sa_column=text())
    indexed: bool = False
    created_at: datetime = Field(default=None, sa_column=moment())
    activated_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class TrackEmbedding(SQLModel, table=True):
    """A track's vector in one revision, and when it was last heard for it."""

    __tablename__ = "track_embeddings"
    __table_args__ = ({"postgresql_partition_by": "LIST (revision_id)"},)
    model_config = {"arbitrary_types_allowed": True}

    revision_id: int = Field(sa_column=reference("space_revisions.id", primary_key=True))
    track_id: int = Field(sa_column=reference("tracks.id", primary_key=True, index=True))
    embedding: Vector = Field(sa_column=Column(VECTOR(), nullable=False))
    embedded_at: datetime = Field(default=None, sa_column=moment())


class Segment(SQLModel, table=True):
    """A part of a track, in seconds. `source` is "segue" for our own, else who made it."""

    __tablename__ = "segments"
    __table_args__ = (UniqueConstraint("track_id", "source", "start_seconds", "end_seconds"),)

    id: int | None = Field(default=None, sa_column=bigint_key())
    track_id: int = Field(sa_column=reference("tracks.id"))
    source: str = Field(default="segue", sa_column=text())
    start_seconds: float = Field(sa_column=Column(Float, nullable=False))
    end_seconds: float = Field(sa_column=Column(Float, nullable=False))
    label: str | None = Field(default=None, sa_column=text(nullable=True))


class SegmentEmbedding(SQLModel, table=True):
    """A segment's vector in one revision."""

    __tablename__ = "segment_embeddings"
    __table_args__ = (
        Index("segment_embeddings_of_track", "revision_id", "track_id"),
        {"postgresql_partition_by": "LIST (revision_id)"},
    )
    model_config = {"arbitrary_types_allowed": True}

    revision_id: int = Field(sa_column=reference("space_revisions.id", primary_key=True))
    segment_id: int = Field(sa_column=reference("segments.id", primary_key=True, index=True))
    track_id: int = Field(sa_column=reference("tracks.id", index=True))
    embedding: Vector = Field(sa_column=Column(VECTOR(), nullable=False))


class PatchEmbeddings(SQLModel, table=True):
    """The vectors of a track's patches in one revision, for ranges that no segment is stored of.

    There is one every `hop_seconds`, each of `patch_seconds`. `vectors` holds them one after the other, their numbers
    as float16 (little-endian); a backend that does not hear in patches leaves none.
    """

    __tablename__ = "patch_embeddings"
    __table_args__ = ({"postgresql_partition_by": "LIST (revision_id)"},)

    revision_id: int = Field(sa_column=reference("space_revisions.id", primary_key=True))
    track_id: int = Field(sa_column=reference("tracks.id", primary_key=True, index=True))
    patches: int
    patch_seconds: float
    hop_seconds: float
    vectors: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class TrackTags(SQLModel, table=True):
    """What a tagging backend says of a track.

    `scores` (0–1) are in the order of the backend's vocabulary; `top` names the tags that are shown and filtered by,
    best first.
    """

    __tablename__ = "track_tags"
    __table_args__ = (Index("track_tags_top", "top", postgresql_using="gin"),)

    revision_id: int = Field(sa_column=reference("space_revisions.id", primary_key=True))
    track_id: int = Field(sa_column=reference("tracks.id", primary_key=True, index=True))
    scores: list[float] = Field(sa_column=Column(ARRAY(REAL), nullable=False))
    top: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))


class EmbeddingFailure(SQLModel, table=True):
    """Why a track is not in a revision, until an embedding of it succeeds."""

    __tablename__ = "embedding_failures"

    revision_id: int = Field(sa_column=reference("space_revisions.id", primary_key=True))
    track_id: int = Field(sa_column=reference("tracks.id", primary_key=True, index=True))
    reason: str = Field(sa_column=text())
    failed_at: datetime = Field(default=None, sa_column=moment())
