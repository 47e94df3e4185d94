"""What all requests of one process share."""

from __future__ import annotations

import anyio
import anyio.to_thread

from api.gate import Gate
from api.identity import Identities
from api.kept_answers import KeptAnswers
from api.observer import Observer
from api.persisted import OWN_QUERIES, KnownQueries
from api.places import Places
from api.served_models import ServedModels
from api.tracing import traces_to
from domain.service import RecommendationService
from domain.settings import Settings
from domain.signing import Signer
from domain.text_search import TextSearch
from jobs.ingest import Ingest
from jobs.queue import JobQueue
from jobs.requests import JobRequests
from jobs.storage.kept import KeptObjects
from jobs.storage.keys import ARTEFACTS
from jobs.storage.location import open_storage, remote_base
from jobs.storage.protocol import Storage
from ml.serving.text_towers import TextTowers
from sql.api_keys import ApiKeys
from sql.catalogue.covers import Covers
from sql.catalogue.editor import CatalogueEditor
from sql.catalogue.lookups import Catalogue
from sql.catalogue.search import Search
from sql.catalogue.track_details import TrackDetails
from sql.catalogue.waveforms import Waveforms
from sql.catalogue.work_reads import Works
from sql.database import Database
from sql.experiments.experiment_reads import ExperimentReads
from sql.listening.impressions import Impressions
from sql.listening.interactions import Interactions
from sql.listening.recording import Recording
from sql.listening.sessions import Sessions
from sql.listening.user_export import UserExport
from sql.listening.users import Users
from sql.models.model_reads import ModelReads
from sql.queue.job_reads import JobReads
from sql.queue.job_writes import JobWrites
from sql.retrieval.recommended import PostgresRetrieval
from sql.retrieval.text_matches import PostgresTextMatches
from sql.signing_keys import signing_keys
from sql.spaces.map_reads import MapReads
from sql.spaces.space_reads import SpaceReads

# Each asks the database once a second.
MAX_SUBSCRIPTIONS = 100
MAX_SOCKETS = 100


class Services:
    """The services, readers and writers of one database.

    `serves_audio`: recordings lie on this machine. `streams`: an answer may take as long as a job. `only_local`: nobody
    but this machine reaches the service.
    """

    def __init__(
        self, database: Database, settings: Settings, *, serves_audio: bool, streams: bool, only_local: bool
    ) -> None:
        self.database = database
        self.retrieval = PostgresRetrieval(database, exact_below=settings.index_threshold)
        self.text_search = TextSearch(PostgresTextMatches(database), TextTowers(settings.weights_folder))
        self.catalogue = Catalogue(database)
        self.search = Search(database)
        self.track_details = TrackDetails(database)
        self.waveforms = Waveforms(database)
        self.covers = Covers(database)
        self.works = Works(database)
        self.editor = CatalogueEditor(database.url, statement_timeout_seconds=settings.statement_timeout_seconds)
        self.users = Users(database)
        self.user_export = UserExport(database)
        self.sessions = Sessions(database)
        self.interactions = Interactions(database)
        self.impressions = Impressions(database)
        self.models = ModelReads(database)
        self.experiments = ExperimentReads(database)
        self.tracer = traces_to(settings.traces_url) if settings.traces_url else None
        database.tracer = self.tracer
        self.served_models = ServedModels(
            self.models, self.storage, KeptObjects(settings.data_dir / ARTEFACTS), self.tracer
        )
        self.recommendations = RecommendationService(self.retrieval, self.served_models, self.impressions)
        self.recording = Recording(database)
        self.jobs = JobReads(database)
        self.spaces = SpaceReads(database)
        self.maps = MapReads(database)
        self.job_writes = JobWrites(database)
        self.serves_audio = serves_audio
        self.report_folder = settings.data_dir / "report"
        self.streams = streams
        self.only_local = only_local
        self.identities = Identities(settings, ApiKeys(database), self.signer, in_cloud=not streams)
        self.storage_base = remote_base(settings)
        self.import_roots = settings.import_roots
        self.max_upload_bytes = settings.max_upload_mb * 1_000_000
        self.subscriptions = Places(MAX_SUBSCRIPTIONS)
        self.sockets = Places(MAX_SOCKETS)
        self.gate = Gate(settings.max_requests)
        self.kept_answers = KeptAnswers()
        self.observer = Observer(in_cloud=not streams, namespace=settings.metrics_namespace)
        self.trusted_origins = frozenset(settings.cors_origins)
        self.max_cost = settings.max_cost
        self.introspection = settings.introspection
        self.graphiql = settings.graphiql
        self.cache_seconds = settings.cache_seconds
        folders = [OWN_QUERIES, *([settings.queries_dir] if settings.queries_dir else [])]
        self.known_queries = KnownQueries(folders, only=settings.only_known_queries)
        self._settings = settings
        # The fields of one answer ask for them all at once.
        self._opening_signer = anyio.Lock()
        self._opening_storage = anyio.Lock()
        self._signer: Signer | None = None
        self._storage: Storage | None = None
        self._queue: JobQueue | None = None

    async def signer(self) -> Signer:
        """Signs links and tokens, with keys that are read once."""
        async with self._opening_signer:
            if self._signer is None:
                self._signer = Signer(await signing_keys(self.database))
            return self._signer

    async def storage(self) -> Storage:
        """Where uploads go, opened once."""
        async with self._opening_storage:
            if self._storage is None:
                self._storage = await anyio.to_thread.run_sync(open_storage, self._settings, await self.signer())
            return self._storage

    @property
    def queue(self) -> JobQueue:
        """Sends messages to workers, opened once."""
        if self._queue is None:
            self._queue = JobQueue.of(self.database.url, self._settings.broker_url)
        return self._queue

    @property
    def messages_sent(self) -> int:
        """To workers, by this process."""
        return self._queue.sent if self._queue else 0

    @property
    def ingest(self) -> Ingest:
        """Asks workers to import."""
        return Ingest(self.job_writes, self.queue)

    @property
    def requests(self) -> JobRequests:
        """Asks workers to hear tracks again, and to go on with jobs."""
        return JobRequests(self.database, self.queue)

    async def close(self) -> None:
        """Let go of all connections."""
        if self._queue is not None:
            await anyio.to_thread.run_sync(self._queue.close)
        await self.database.close()
        if self.tracer is not None:
            await anyio.to_thread.run_sync(self.tracer.close)
