"""The embedding job: lanes that each take one track of a job, embed it, and send themselves again.

A job is worked on in as many lanes as there are worker threads, so the queue never holds more messages of it than
that, however large the archive. Killed at any moment and run again, nothing is lost and nothing is done twice: an item
is claimed under a lease, and its result is written in the transaction that finishes it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar
from uuid import UUID, uuid4

import dramatiq
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from domain.errors.asking import JobNotFound, SpaceNotFound, SpaceOfOtherWeights
from domain.errors.base import Retryable, SegueError
from domain.errors.recordings import UnusableAudio
from domain.spaces import BackendFacts, backend_facts
from jobs.audio_source import AudioSource
from jobs.brokers.retrying import may_pass
from jobs.completion import complete_job
from jobs.hearing.confined import Interrupted
from jobs.hearing.ear import Ear
from jobs.lease import Lease
from jobs.queue import EMBED_NEXT, QUEUES, JobQueue
from jobs.transactions import transact
from ml.backends.protocol import TrackEmbedding
from sql.queue.job_items import Claim, Item, claim_item, fail_item, finish_item, give_back, postpone
from sql.queue.job_rows import EmbedJob, begin_job, fail_job, load_embed_job
from sql.queue.lanes import close_lane, let_go, pass_lane, take_lane
from sql.spaces.embeddings import SegmentVector, paths_of_track, save_failure, save_track_embedding

log = logging.getLogger(__name__)

T = TypeVar("T")

DEVICE = "cpu"
# An item whose error may pass is tried again after so long, and after twice that the next time.
POSTPONE_SECONDS = 10.0
MAX_REASON_LENGTH = 300


class EmbedLanes:
    """What the lanes of one worker process share.

    `process` names it in leases; `make_ear` makes one for a backend by name, once for each thread, since an ear is not
    safe for two. `more_lanes` is called when a job begins; `on_swap` with a space and its new active revision. Once
    `stopping` is set, a lane gives its item back within a second.
    """

    def __init__(
        self,
        engine: Engine,
        queue: JobQueue,
        *,
        process: str,
        index_threshold: int,
        make_ear: Callable[[str], Ear],
        audio: AudioSource,
        more_lanes: Callable[[], object],
        stopping: threading.Event,
        on_swap: Callable[[str, int], object] = lambda space, revision_id: None,
    ) -> None:
        self._engine = engine
        self._queue = queue
        self._process = process
        self._index_threshold = index_threshold
        self._make_ear = make_ear
        self._audio = audio
        self._more_lanes = more_lanes
        self._stopping = stopping
        self._on_swap = on_swap
        self._of_thread = threading.local()
        # The lanes in hand, for who says that this process lives.
        self.held: set[UUID] = set()

    def declare(self, broker: dramatiq.Broker) -> None:
        """Make the actor known to a broker."""
        declare = dramatiq.actor(broker=broker, actor_name=EMBED_NEXT, queue_name=QUEUES[EMBED_NEXT])
        declare(self.embed_next)

    def embed_next(self, job_id: str, lane_id: str) -> None:
        """Take one item of the job, and send the lane again unless nothing is left for it.

        A message whose lane was given up, or that comes twice, is dropped. A job that cannot go on at all becomes
        FAILED; what may pass is raised, so that the message is retried.
        """
        lane = UUID(lane_id)
        if lane in self.held:
            return
        self.held.add(lane)
        try:
            if self._transact(lambda connection: take_lane(connection, lane, self._process)):
                self._take_turn(UUID(job_id), lane)
            else:
                log.debug("Dropped a message whose lane is gone", extra={"job_id": job_id})
        except Exception:
            # Where the database is away, so that this fails too, the lane runs out by itself.
            with suppress(DBAPIError), self._engine.begin() as connection:
                let_go(connection, lane)
            raise
        finally:
            self.held.discard(lane)

    def _take_turn(self, id_: UUID, lane: UUID) -> None:
        goes_on = False
        try:
            goes_on = self._turn(id_)
        except JobNotFound:
            log.warning("The job is gone", extra={"job_id": str(id_)})
        except Exception as error:
            if may_pass(error):
                raise
            log.exception("The job cannot go on", extra={"job_id": str(id_)})
            reason = _reason(error)
            self._transact(lambda connection: fail_job(connection, id_, reason))
        if not goes_on:
            self._transact(lambda connection: close_lane(connection, lane))
            return
        next_lane = uuid4()
        if self._transact(lambda connection: pass_lane(connection, lane, next_lane)):
            self._queue.enqueue(EMBED_NEXT, id_, next_lane)

    def _turn(self, job_id: UUID) -> bool:
        """One item; returns whether the lane goes on."""
        job, begun = self._transact(
            lambda connection: (load_embed_job(connection, job_id), begin_job(connection, job_id))
        )
        if job.status.ended:
            return False
        if begun:
            self._more_lanes()
        revision_id, facts = _target(job)
        ear = self._ear(facts.name)
        item, paths = self._claim(job_id, revision_id)
        if item is None:
            return complete_job(
                self._engine,
                job_id,
                revision_id,
                facts,
                self._index_threshold,
                stopping=self._stopping,
                on_swap=self._on_swap,
            )
        self._embed(item, paths, revision_id, ear)
        return True

    def _claim(self, job_id: UUID, revision_id: int) -> tuple[Item | None, list[str]]:
        """The next item and the files of its track."""
        worker = f"{self._process}/{threading.get_ident()}"

        def claim(connection: Connection) -> tuple[Claim, list[str]]:
            claim = claim_item(connection, job_id, worker, DEVICE)
            for track_id, reason in claim.worn_out:
                save_failure(connection, revision_id, track_id, reason)
            return claim, paths_of_track(connection, claim.item.track_id) if claim.item else []

        taken, paths = self._transact(claim)
        for track_id, reason in taken.worn_out:
            log.warning("Track given up: %s", reason, extra={"job_id": str(job_id), "track_id": track_id})
        return taken.item, paths

    def _embed(self, item: Item, paths: list[str], revision_id: int, ear: Ear) -> None:
        about = {"job_id": str(item.job_id), "track_id": item.track_id, "attempt": item.attempts}
        started = time.perf_counter()
        try:
            with Lease(self._engine, item) as lease:
                with self._audio.open(paths) as file:
                    heard = ear.hear(file, lambda: self._stopping.is_set() or lease.lost.is_set())
                seconds = time.perf_counter() - started
                self._transact(lambda connection: _save(connection, item, revision_id, ear.facts, heard, seconds))
        except Interrupted:
            self._transact(lambda connection: give_back(connection, item))
            log.info("Gave back '%s'", item.title, extra=about)
        except UnusableAudio as error:
            self._fail(item, revision_id, _reason(error), time.perf_counter() - started)
            log.warning("Cannot embed '%s': %s", item.title, error, extra=about)
        except Exception as error:
            if isinstance(error, DBAPIError) and may_pass(error):
                raise  # the lease runs out, and the item is taken again
            reason = _reason(error)
            if isinstance(error, Retryable) or may_pass(error):
                delay = POSTPONE_SECONDS * item.attempts
                self._transact(lambda connection: postpone(connection, item, reason, delay))
                log.warning("Postponed '%s' for %.0f s: %s", item.title, delay, reason, extra=about)
            else:
                self._fail(item, revision_id, reason, time.perf_counter() - started)
                log.exception("Cannot embed '%s'", item.title, extra=about)
        else:
            rate = {"seconds": round(seconds, 3), "audio_seconds": round(heard.heard_seconds, 3)}
            log.info("Embedded '%s' in %.1f s", item.title, seconds, extra=about | rate)

    def _fail(self, item: Item, revision_id: int, reason: str, seconds: float) -> None:
        def fail(connection: Connection) -> None:
            if fail_item(connection, item, reason, seconds):
                save_failure(connection, revision_id, item.track_id, reason)

        self._transact(fail)

    def _ear(self, name: str) -> Ear:
        """This thread's, with its backend loaded: what keeps it from loading concerns no track."""
        ears: dict[str, Ear] = vars(self._of_thread)
        if name not in ears:
            ears[name] = self._make_ear(name)
        ears[name].start()
        return ears[name]

    def _transact(self, work: Callable[[Connection], T]) -> T:
        return transact(self._engine, work, stopping=self._stopping)


def _target(job: EmbedJob) -> tuple[int, BackendFacts]:
    """The revision to fill and the backend that fills it."""
    if job.revision_id is None or job.backend is None or job.revision is None:
        raise SpaceNotFound(name=job.space, known="others; this one was dropped")
    facts = backend_facts(job.backend)
    if job.revision != facts.revision:
        raise SpaceOfOtherWeights(name=job.space, found=job.revision, expected=facts.revision)
    return job.revision_id, facts


def _save(
    connection: Connection,
    item: Item,
    revision_id: int,
    facts: BackendFacts,
    heard: TrackEmbedding,
    seconds: float,
) -> None:
    save_track_embedding(
        connection,
        revision_id,
        item.track_id,
        vector=heard.vector,
        segments=[SegmentVector(s.start_seconds, s.end_seconds, s.vector) for s in heard.segments],
        vocabulary=facts.tags,
        tag_scores=heard.tag_scores,
    )
    finish_item(connection, item, seconds)


def _reason(error: Exception) -> str:
    """One line for whoever asks what became of a track."""
    if isinstance(error, SegueError):
        return str(error)
    first_line = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {first_line}"[:MAX_REASON_LENGTH]
