"""The tables, by subject. Importing this package registers all of them on `SQLModel.metadata`."""

from sql.tables.catalogue import Album, Composer, Performer, TrackFile, TrackPerformer
from sql.tables.catalogue import Track as Track
from sql.tables.catalogue_files import CatalogueFile, CatalogueLine, RefusedFile
from sql.tables.jobs import Job, JobItem
from sql.tables.security import SigningKey
from sql.tables.spaces import (
    EmbeddingFailure,
    Segment,
    SegmentEmbedding,
    Space,
    SpaceRevision,
    TrackEmbedding,
    TrackTags,
)
from sql.tables.workers import Lane, Worker

__all__ = [
    "Album",
    "CatalogueFile",
    "CatalogueLine",
    "Composer",
    "EmbeddingFailure",
    "Job",
    "JobItem",
    "Lane",
    "Performer",
    "RefusedFile",
    "Segment",
    "SegmentEmbedding",
    "SigningKey",
    "Space",
    "SpaceRevision",
    "Track",
    "TrackEmbedding",
    "TrackFile",
    "TrackPerformer",
    "TrackTags",
    "Worker",
]
