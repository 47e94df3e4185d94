"""The tables, by subject. Importing this package registers all of them on `SQLModel.metadata`."""

from sql.tables.catalogue import Album, Composer, Performer, TrackFile, TrackPerformer
from sql.tables.catalogue import Track as Track
from sql.tables.catalogue_files import CatalogueFile, CatalogueLine, RefusedFile
from sql.tables.derivations import Derivation, DerivationParent, DerivedRevision
from sql.tables.experiments import Experiment
from sql.tables.jobs import Job, JobItem
from sql.tables.listening import Impression, Interaction, Session, User
from sql.tables.maps import MapPoint, SpaceMap
from sql.tables.measures import TrackMeasures
from sql.tables.models import Model
from sql.tables.people import ComposerAlias, TrackComposer
from sql.tables.pictures import FolderImage, Picture, TrackCover
from sql.tables.search import (
    AlbumWords,
    ComposerWords,
    SearchChange,
    SearchLetter,
    SearchWord,
    StoredFingerprint,
    TrackWords,
    WorkWords,
)
from sql.tables.security import ApiKey, SigningKey
from sql.tables.spaces import (
    EmbeddingFailure,
    PatchEmbeddings,
    Segment,
    SegmentEmbedding,
    Space,
    SpaceRevision,
    TrackEmbedding,
    TrackTags,
)
from sql.tables.waveforms import Waveform
from sql.tables.workers import Lane, Worker
from sql.tables.works import Edit, Work

__all__ = [
    "Album",
    "AlbumWords",
    "ApiKey",
    "CatalogueFile",
    "CatalogueLine",
    "Composer",
    "ComposerAlias",
    "ComposerWords",
    "Derivation",
    "DerivationParent",
    "DerivedRevision",
    "Edit",
    "EmbeddingFailure",
    "Experiment",
    "FolderImage",
    "Impression",
    "Interaction",
    "Job",
    "JobItem",
    "Lane",
    "MapPoint",
    "Model",
    "PatchEmbeddings",
    "Performer",
    "Picture",
    "RefusedFile",
    "SearchChange",
    "SearchLetter",
    "SearchWord",
    "Segment",
    "SegmentEmbedding",
    "Session",
    "SigningKey",
    "Space",
    "SpaceMap",
    "SpaceRevision",
    "StoredFingerprint",
    "Track",
    "TrackComposer",
    "TrackCover",
    "TrackEmbedding",
    "TrackFile",
    "TrackMeasures",
    "TrackPerformer",
    "TrackTags",
    "TrackWords",
    "User",
    "Waveform",
    "Work",
    "WorkWords",
    "Worker",
]
