"""What all requests of one process share."""

from __future__ import annotations

from domain.service import RecommendationService
from domain.signing import Signer
from sql.catalogue import Catalogue
from sql.database import Database
from sql.job_reads import JobReads
from sql.retrieval import PostgresRetrieval
from sql.signing_keys import signing_keys
from sql.space_reads import SpaceReads
from sql.track_details import TrackDetails


class Services:
    """The services and readers of one database.

    `exact_below`: filters that leave fewer tracks are searched exactly. `serves_audio`: recordings lie on this machine.
    """

    def __init__(self, database: Database, *, exact_below: int, serves_audio: bool) -> None:
        self.database = database
        self.retrieval = PostgresRetrieval(database, exact_below=exact_below)
        self.recommendations = RecommendationService(self.retrieval)
        self.catalogue = Catalogue(database)
        self.track_details = TrackDetails(database)
        self.jobs = JobReads(database)
        self.spaces = SpaceReads(database)
        self.serves_audio = serves_audio
        self._signer: Signer | None = None

    async def signer(self) -> Signer:
        """Signs links and tokens, with keys that are read once."""
        if self._signer is None:
            self._signer = Signer(await signing_keys(self.database))
        return self._signer
