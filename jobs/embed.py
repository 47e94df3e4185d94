"""The embedding job: lanes that each take one track of a job after the other, and embed it.

A job is worked on in as many lanes as there are worker threads, so the queue never holds more messages of it than
that, however large the archive. Killed at any moment and run again, nothing is lost and nothing is done twice: an item
is claimed under a lease, and its result is written in the transaction that finishes it and claims the next.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import dramatiq
import numpy as np
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from domain.errors.asking import SpaceNotFound, SpaceOfOtherWeights
from domain.errors.base import Retryable
from domain.errors.machine import DatabaseFull, FileUnwritable
from domain.errors.recordings import UnusableAudio
from domain.spaces import BackendFacts, backend_facts
from jobs.audio_source import AudioSource
from jobs.brokers.retrying import may_pass
from jobs.completion import complete_job
from jobs.derivation import derive_track
from jobs.hearing.answers import Hearing
from jobs.hearing.confined import Interrupted
from jobs.hearing.ear import Ear
from jobs.item_towers import ItemTowers
from jobs.lanes import HeldLane, Lanes, reason_of
from jobs.queue import EMBED_NEXT, QUEUES
from sql.catalogue.waveform_rows import save_waveform
from sql.queue.job_items import Item, claim_item, fail_item, finish_item, give_back, postpone
from sql.queue.job_rows import EmbedJob, begin_job, load_embed_job
from sql.spaces.embeddings import SegmentVector, paths_of_track, save_failure, save_track_embedding
from sql.spaces.patches import PatchVectors

log = logging.getLogger(__name__)

# An item whose error may pass is tried again after so long, and after twice that the next time.
POSTPONE_SECONDS = 10.0


class Task(NamedTuple):
    """An item and the files of its track."""

    item: Item
    paths: list[str]


class EmbedLanes:
    """The embedding that one worker process does.

    `make_ear` makes one for a backend by name, once for each thread, since an ear is not safe for two. `more_lanes` is
    called when a job begins; `on_swap` with a space and its new active revision.
    """

    def __init__(
        self,
        lanes: Lanes,
        *,
        index_threshold: int,
        make_ear: Callable[[str], Ear],
        audio: AudioSource,
        more_lanes: Callable[[], object],
        on_swap: Callable[[str, int], object] = lambda space, revision_id: None,
    ) -> None:
        self.lanes = lanes
        self._index_threshold = index_threshold
        self._make_ear = make_ear
        self._audio = audio
        self._towers = ItemTowers(audio.storage)
        self._more_lanes = more_lanes
        self._on_swap = on_swap
        self._of_thread = threading.local()

    def declare(self, broker: dramatiq.Broker) -> None:
        """Make the actor known to a broker."""
        declare = dramatiq.actor(broker=broker, actor_name=EMBED_NEXT, queue_name=QUEUES[EMBED_NEXT])
        declare(self.embed_next)

    def embed_next(self, job_id: str, lane_id: str) -> None:
        """Take items of the job for a turn, and send the lane again unless nothing is left for it."""
        self.lanes.run(EMBED_NEXT, job_id, lane_id, _begin, self._turn)

    def _turn(self, lane: HeldLane, begun: Begun) -> bool:
        """Returns whether the lane goes on."""
        if begun.job.status.ended:
            return False
        if begun.now:
            log.info("Embedding begins", extra={"job_id": str(lane.job_id)})
            self._more_lanes()
        revision_id, facts = _target(begun.job)
        ear = self._ear(facts.name)
        if not self.lanes.takes_more(lane):
            return True
        task = self.lanes.transact(lambda connection: self._claim(connection, lane, revision_id, ear))
        while task is not None:
            is_over, task = self._embed(lane, task, revision_id, ear)
            if is_over:
                return True
        return complete_job(
            self.lanes.engine,
            self.lanes.queue,
            lane.job_id,
            revision_id,
            facts,
            self._index_threshold,
            stopping=self.lanes.stopping,
            on_swap=self._on_swap,
            towers=self._towers,
        )

    def _embed(self, lane: HeldLane, task: Task, revision_id: int, ear: Ear) -> tuple[bool, Task | None]:
        """Hear an item and write what came of it; returns as `_write` does."""
        item = task.item
        about = {"job_id": str(item.job_id), "track_id": item.track_id, "attempt": item.attempts, "device": ear.device}
        started = time.perf_counter()
        try:
            heard = self._hear(lane, task, ear)
            seconds = time.perf_counter() - started
            done = self._write(
                lane, revision_id, ear, lambda c: _save(c, item, revision_id, ear.facts, heard, seconds, self._towers)
            )
        except Interrupted:
            done = self._write(lane, revision_id, ear, lambda c: give_back(c, item))
            log.info("Gave back '%s'", item.title, extra=about)
        except UnusableAudio as error:
            done = self._fail(lane, item, revision_id, ear, reason_of(error), time.perf_counter() - started)
            log.warning("Cannot embed '%s': %s", item.title, error, extra=about)
        except (DatabaseFull, FileUnwritable):
            # No fault of the track, and the next one would meet it too: the job stops, and tells why.
            with suppress(DatabaseFull, DBAPIError):
                self.lanes.transact(lambda connection: give_back(connection, item))
            raise
        except Exception as error:
            if isinstance(error, DBAPIError) and may_pass(error):
                raise  # the lease runs out, and the item is taken again
            reason = reason_of(error)
            if isinstance(error, Retryable) or may_pass(error):
                delay = POSTPONE_SECONDS * item.attempts
                done = self._write(lane, revision_id, ear, lambda c: postpone(c, item, reason, delay))
                log.warning("Postponed '%s' for %.0f s: %s", item.title, delay, reason, extra=about)
            else:
                done = self._fail(lane, item, revision_id, ear, reason, time.perf_counter() - started)
                log.exception("Cannot embed '%s'", item.title, extra=about)
        else:
            rate = {"seconds": round(seconds, 3), "audio_seconds": round(heard.embedding.heard_seconds, 3)}
            log.info("Embedded '%s' in %.1f s", item.title, seconds, extra=about | rate)
        return done

    def _hear(self, lane: HeldLane, task: Task, ear: Ear) -> Hearing:
        lane.item = task.item
        try:
            with self._audio.open(task.paths) as file:
                return ear.hear(file, lambda: self.lanes.is_unwanted(lane))
        finally:
            lane.item = None

    def _fail(
        self, lane: HeldLane, item: Item, revision_id: int, ear: Ear, reason: str, seconds: float
    ) -> tuple[bool, Task | None]:
        def fail(connection: Connection) -> None:
            if fail_item(connection, item, reason, seconds):
                save_failure(connection, revision_id, item.track_id, reason)

        return self._write(lane, revision_id, ear, fail)

    def _write(
        self, lane: HeldLane, revision_id: int, ear: Ear, outcome: Callable[[Connection], object]
    ) -> tuple[bool, Task | None]:
        """Write what became of an item, and claim the next in the same transaction unless the turn is over.

        Returns whether it is over, and the next item, if there is one.
        """
        is_over = self.lanes.is_over(lane)

        def write(connection: Connection) -> Task | None:
            outcome(connection)
            return None if is_over else self._claim(connection, lane, revision_id, ear)

        return is_over, self.lanes.transact(write)

    def _claim(self, connection: Connection, lane: HeldLane, revision_id: int, ear: Ear) -> Task | None:
        """The next item, if there is one. Those that have worn out are given up on the way."""
        worker = f"{self.lanes.process}/{threading.get_ident()}"
        claim = claim_item(connection, lane.job_id, worker, ear.device)
        for track_id, reason in claim.worn_out:
            save_failure(connection, revision_id, track_id, reason)
            log.warning("Track given up: %s", reason, extra={"job_id": str(lane.job_id), "track_id": track_id})
        return Task(claim.item, paths_of_track(connection, claim.item.track_id)) if claim.item else None

    def _ear(self, name: str) -> Ear:
        """This thread's, with its backend loaded: what keeps it from loading concerns no track."""
        ears: dict[str, Ear] = vars(self._of_thread)
        if name not in ears:
            ears[name] = self._make_ear(name)
        ears[name].start()
        return ears[name]


class Begun(NamedTuple):
    """A job that was found, and whether it has begun just now."""

    job: EmbedJob
    now: bool


def _begin(connection: Connection, lane: HeldLane) -> Begun:
    return Begun(load_embed_job(connection, lane.job_id), begin_job(connection, lane.job_id))


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
    heard: Hearing,
    seconds: float,
    towers: ItemTowers,
) -> None:
    embedding = heard.embedding
    if not finish_item(connection, item, seconds):
        return  # it was given to another worker, or its recording is another one by now
    patches = np.empty((0, facts.dimension), np.float16) if embedding.patches is None else embedding.patches
    save_track_embedding(
        connection,
        revision_id,
        item.track_id,
        vector=embedding.vector,
        segments=[SegmentVector(s.start_seconds, s.end_seconds, s.vector) for s in embedding.segments],
        vocabulary=facts.tags,
        tag_scores=embedding.tag_scores,
        patches=PatchVectors(patches, facts.patch_seconds, facts.hop_seconds),
    )
    derive_track(connection, revision_id, item.track_id, towers)
    save_waveform(connection, item.track_id, heard.waveform)
