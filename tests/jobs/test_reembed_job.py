"""Re-embedding with real workers: beside what visitors see, resumed after kills, swapped whole."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from pyarrow import parquet
from sqlalchemy import Engine, text

from domain.errors.asking import NothingToReembed, SpaceNotReady, SpaceOfOtherWeights
from domain.selections import Selection
from domain.settings import Settings
from domain.spaces import backend_facts
from jobs.embed_job import request_embedding
from jobs.queue import JobQueue
from jobs.reembed_job import Reembedding, request_reembedding, request_rehearing
from jobs.storage.location import open_storage
from jobs.worker import WorkerPool
from sql.catalogue.waveform_rows import save_waveform
from sql.queue.job_rows import cancel_job
from sql.spaces.embeddings import SegmentVector, save_failure, save_track_embedding
from sql.spaces.patches import PatchVectors
from sql.spaces.revisions import find_active, open_revision
from tests.jobs.conftest import RATE, Recordings
from tests.jobs.visitor import Visitor
from tests.ml.recordings import write
from tests.sql.tracks import add_track

SPACE = "musicnn-mtt"
FACTS = backend_facts(SPACE)
MANY = 1_000_000


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=database_url)


@pytest.fixture
def workers(settings: Settings, database_url: str) -> Callable[..., WorkerPool]:
    return partial(WorkerPool, settings, database_url)


@pytest.fixture
def reembed(engine: Engine, queue: JobQueue) -> Callable[..., Reembedding]:
    return partial(request_reembedding, engine, queue, SPACE)


def unit(place: int) -> np.ndarray:
    vector = np.zeros(FACTS.dimension, np.float32)
    vector[place] = 1.0
    return vector


def pretend_embedded(engine: Engine, ids: dict[str, int]) -> int:
    """Fill the active revision with vectors that no backend would hear; returns its id."""
    with engine.begin() as connection:
        revision_id = open_revision(connection, FACTS).revision_id
        for place, track_id in enumerate(ids.values()):
            save_track_embedding(
                connection,
                revision_id,
                track_id,
                vector=unit(place),
                segments=[SegmentVector(0.0, 1.25, unit(place))],
                vocabulary=FACTS.tags,
                tag_scores=np.zeros(len(FACTS.tags), np.float32),
                patches=PatchVectors(unit(place)[np.newaxis].astype(np.float16), 3.0, 3.0),
            )
            save_waveform(connection, track_id, np.zeros(4_000, np.uint16))
    return revision_id


@pytest.fixture
def old_id(engine: Engine, recordings: Recordings) -> int:
    """The active revision, which holds the four recordings."""
    return pretend_embedded(engine, recordings.ids)


@pytest.fixture
def long_ids(engine: Engine, tmp_path: Path) -> dict[str, int]:
    """Four tracks of five minutes, each a second of work or more; ids by title."""
    times = np.arange(300 * RATE) / RATE
    ids = {}
    with engine.begin() as connection:
        for number in range(4):
            path = tmp_path / f"Long {number}.flac"
            tone = 0.5 * np.sin(2 * np.pi * (200 + 100 * number) * times) * np.sin(times)
            write(path, tone[np.newaxis].astype(np.float32), RATE, layout="mono")
            ids[path.stem] = add_track(connection, path.stem, path)
    return ids


def wait_until(condition: Callable[[], bool], seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def scalar(engine: Engine, statement: str, **parameters: object) -> object:
    with engine.connect() as connection:
        return connection.execute(text(statement), parameters).scalar_one()


def status(engine: Engine, job_id: UUID) -> str:
    return str(scalar(engine, "SELECT status FROM jobs WHERE id = :id", id=job_id))


def ended(engine: Engine, job_id: UUID) -> bool:
    return status(engine, job_id) not in ("WAITING", "RUNNING")


def job_row(engine: Engine, job_id: UUID) -> tuple[object, ...]:
    with engine.connect() as connection:
        row = connection.execute(text("SELECT status, total, done, failed FROM jobs WHERE id = :id"), {"id": job_id})
        return tuple(row.one())


def active_id(engine: Engine) -> int:
    with engine.connect() as connection:
        found = find_active(connection, SPACE)
    assert found is not None
    return found.revision_id


def states(engine: Engine) -> dict[int, str]:
    with engine.connect() as connection:
        return {row.id: row.state for row in connection.execute(text("SELECT id, state FROM space_revisions"))}


def vectors(engine: Engine, revision_id: int) -> dict[int, np.ndarray]:
    """The stored vectors of a revision by track."""
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT track_id, embedding::text FROM track_embeddings WHERE revision_id = :id"), {"id": revision_id}
        )
        return {track_id: np.array(json.loads(vector), np.float32) for track_id, vector in rows}


def heard_at(engine: Engine, revision_id: int) -> dict[int, object]:
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT track_id, embedded_at FROM track_embeddings WHERE revision_id = :id"), {"id": revision_id}
        )
        return {row.track_id: row.embedded_at for row in rows}


def snapshot_of(settings: Settings, revision_id: int) -> Path | None:
    """The snapshot of a revision once it is stored."""
    path = open_storage(settings).local_path(f"snapshots/{SPACE}/r{revision_id}.parquet")
    return path if path is not None and path.exists() else None


def in_hand(engine: Engine) -> int:
    return int(str(scalar(engine, "SELECT count(*) FROM job_items WHERE state = 'RUNNING'")))


def test_visitors_see_the_old_revision_until_the_new_one_is_full(
    engine: Engine, database_url: str, settings: Settings, recordings: Recordings, old_id: int, workers, reembed
) -> None:
    before = vectors(engine, old_id)
    with Visitor(database_url, settings, SPACE, recordings.ids["Chord"]) as visitor, workers(processes=2):
        wait_until(lambda: visitor.asked > 10)
        asked = reembed()
        assert (asked.job.joined, asked.job.total, asked.held, asked.embeddable) == (False, 4, 0, 4)
        wait_until(lambda: ended(engine, asked.job.id))
        new_id = active_id(engine)
        wait_until(lambda: visitor.answers[-1][0] == new_id)
        wait_until(lambda: snapshot_of(settings, new_id) is not None)
    # Four tracks: whoever asks for one's neighbors finds the other three, at every moment.
    assert visitor.answers == [(old_id, 3), (new_id, 3)]
    assert job_row(engine, asked.job.id) == ("SUCCEEDED", 4, 4, 0)
    assert states(engine) == {old_id: "RETIRED", new_id: "READY"}
    after = vectors(engine, old_id)
    assert {track_id: vector.tolist() for track_id, vector in after.items()} == {
        track_id: vector.tolist() for track_id, vector in before.items()
    }
    heard = vectors(engine, new_id)
    assert set(heard) == set(recordings.ids.values())
    for vector in heard.values():
        assert np.count_nonzero(vector) > 1  # heard, where the old ones were made up
        assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-6)
    assert scalar(engine, "SELECT count(*) FROM track_tags WHERE revision_id = :id", id=new_id) == 4
    snapshot = snapshot_of(settings, new_id)
    assert parquet.read_metadata(snapshot).num_rows == 8  # a vector of each track, and one of its only segment


@pytest.mark.slow
def test_killed_and_run_again_nothing_is_lost_and_nothing_done_twice(
    engine: Engine, long_ids: dict[str, int], workers, reembed
) -> None:
    old_id = pretend_embedded(engine, long_ids)
    with workers(processes=2) as pool:
        job = reembed().job
        wait_until(lambda: in_hand(engine) > 0)
        for pid in pool.pids:
            os.kill(pid, signal.SIGKILL)
        assert active_id(engine) == old_id
        wait_until(lambda: ended(engine, job.id))
    assert job_row(engine, job.id) == ("SUCCEEDED", 4, 4, 0)
    new_id = active_id(engine)
    assert set(vectors(engine, new_id)) == set(long_ids.values())
    # 300 s hold 100 whole patches of 2.992 s, five to a segment.
    segments = "SELECT count(*) FROM segment_embeddings WHERE revision_id = :id"
    assert scalar(engine, segments, id=new_id) == 4 * 20
    assert states(engine) == {old_id: "RETIRED", new_id: "READY"}


@pytest.mark.slow
def test_cancelled_it_stops_within_one_track_and_asked_again_it_goes_on(
    engine: Engine, long_ids: dict[str, int], workers, reembed
) -> None:
    old_id = pretend_embedded(engine, long_ids)
    with workers(processes=1):
        first = reembed()
        wait_until(lambda: job_row(engine, first.job.id)[2] == 1 and in_hand(engine) == 1)
        with engine.begin() as connection:
            assert cancel_job(connection, first.job.id) is True
        wait_until(lambda: in_hand(engine) == 0, 15)
        assert status(engine, first.job.id) == "CANCELLED"
        assert (active_id(engine), states(engine)[old_id]) == (old_id, "FILLING")
        [new_id] = set(states(engine)) - {old_id}
        done = heard_at(engine, new_id)
        assert len(done) in (1, 2)  # the track in hand may have been finished

        second = reembed()
        assert second.job.id != first.job.id
        assert (second.held, second.job.total, second.begun_at) == (len(done), 4 - len(done), first.begun_at)
        wait_until(lambda: ended(engine, second.job.id))
    assert active_id(engine) == new_id
    assert heard_at(engine, new_id).items() >= done.items()  # what was done was not heard again
    assert len(heard_at(engine, new_id)) == 4


@pytest.mark.slow
def test_a_track_imported_meanwhile_is_in_both(
    engine: Engine, queue: JobQueue, long_ids: dict[str, int], tmp_path: Path, workers, reembed
) -> None:
    old_id = pretend_embedded(engine, long_ids)
    with workers(processes=1):
        job = reembed().job
        wait_until(lambda: in_hand(engine) == 1)
        path = write(tmp_path / "Late.flac", np.sin(np.arange(4 * RATE) / 9)[np.newaxis].astype(np.float32) / 2, RATE)
        with engine.begin() as connection:
            late = add_track(connection, "Late", path)
        embedding = request_embedding(engine, queue, SPACE, index_threshold=MANY)
        assert (embedding.joined, embedding.total) == (False, 1)
        wait_until(lambda: ended(engine, job.id) and ended(engine, embedding.id))
    new_id = active_id(engine)
    assert new_id != old_id
    everything = {*long_ids.values(), late}
    assert (set(vectors(engine, old_id)), set(vectors(engine, new_id))) == (everything, everything)
    assert (job_row(engine, job.id), job_row(engine, embedding.id)) == (("SUCCEEDED", 5, 5, 0), ("SUCCEEDED", 1, 1, 0))


def test_asked_for_twice_at_once_it_is_done_once(engine: Engine, old_id: int, workers, reembed) -> None:
    with ThreadPoolExecutor(2) as pool:
        asked = [future.result() for future in [pool.submit(reembed) for _ in range(2)]]
    assert len({one.job.id for one in asked}) == 1
    assert sorted((one.job.joined, one.job.added) for one in asked) == [(False, 4), (True, 0)]
    with workers(processes=2):
        wait_until(lambda: ended(engine, asked[0].job.id))
    assert scalar(engine, "SELECT sum(attempts) FROM job_items") == 4
    assert sorted(states(engine).values()) == ["READY", "RETIRED"]


def test_other_weights_call_for_a_new_revision(engine: Engine, queue: JobQueue, old_id: int, workers, reembed) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE space_revisions SET revision = 'musicnn-0'"))
    with pytest.raises(SpaceOfOtherWeights, match="with: segue reembed --space musicnn-mtt"):
        request_embedding(engine, queue, SPACE, index_threshold=MANY)
    with pytest.raises(SpaceOfOtherWeights, match="segue reembed"):
        request_rehearing(engine, queue, SPACE, Selection.parse("stale"))
    with workers(processes=1):
        job = reembed().job
        wait_until(lambda: ended(engine, job.id))
    with engine.connect() as connection:
        found = find_active(connection, SPACE)
        assert found is not None
        assert found.revision == FACTS.revision
    assert request_embedding(engine, queue, SPACE, index_threshold=MANY).total == 0


def test_a_track_that_cannot_be_heard_any_more_keeps_the_old_revision(
    engine: Engine, recordings: Recordings, old_id: int, workers, reembed
) -> None:
    away = recordings.paths["Noise"].rename(recordings.paths["Noise"].with_suffix(".away"))
    with workers(processes=1):
        refused = reembed().job
        wait_until(lambda: ended(engine, refused.id))
        assert job_row(engine, refused.id) == ("FAILED", 4, 3, 1)
        assert scalar(engine, "SELECT translate(error, chr(10), ' ') FROM jobs WHERE id = :id", id=refused.id) == (
            "Space 'musicnn-mtt' keeps its revision: 1 of its tracks could not be heard again: 'Noise'"
            f" ('{recordings.paths['Noise']}' is not there any more, or cannot be reached.). Try them once more with:"
            " segue reembed --space musicnn-mtt, or go on without them: segue reembed --space musicnn-mtt"
            " --allow-missing"
        )
        assert active_id(engine) == old_id

        away.rename(recordings.paths["Noise"])
        again = reembed()
        assert (again.held, again.job.total) == (3, 1)
        wait_until(lambda: ended(engine, again.job.id))
    assert job_row(engine, again.job.id) == ("SUCCEEDED", 1, 1, 0)
    assert set(vectors(engine, active_id(engine))) == set(recordings.ids.values())
    assert active_id(engine) != old_id


def test_it_goes_on_without_when_that_is_allowed(
    engine: Engine, recordings: Recordings, old_id: int, workers, reembed
) -> None:
    recordings.paths["Noise"].unlink()
    with workers(processes=1):
        job = reembed(allow_missing=True).job
        wait_until(lambda: ended(engine, job.id))
    assert job_row(engine, job.id) == ("SUCCEEDED", 4, 3, 1)
    assert set(vectors(engine, active_id(engine))) == set(recordings.ids.values()) - {recordings.ids["Noise"]}


def test_what_failed_before_may_fail_again(
    engine: Engine, recordings: Recordings, old_id: int, workers, reembed
) -> None:
    recordings.paths["Noise"].unlink()
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM track_embeddings WHERE track_id = :id"), {"id": recordings.ids["Noise"]})
        save_failure(connection, old_id, recordings.ids["Noise"], "it was broken")
    with workers(processes=1):
        job = reembed().job
        wait_until(lambda: ended(engine, job.id))
    assert job_row(engine, job.id) == ("SUCCEEDED", 4, 3, 1)
    assert active_id(engine) != old_id


def test_some_tracks_are_heard_again_in_place(
    engine: Engine, queue: JobQueue, recordings: Recordings, old_id: int, workers
) -> None:
    chord = recordings.ids["Chord"]
    before = heard_at(engine, old_id)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE track_files SET seen_at = now() + interval '1 s' WHERE track_id = :id"), {"id": chord}
        )
    with workers(processes=1):
        job = request_rehearing(engine, queue, SPACE, Selection.parse("stale"))
        assert job is not None
        assert (job.joined, job.total) == (False, 1)
        wait_until(lambda: ended(engine, job.id))
    assert job_row(engine, job.id) == ("SUCCEEDED", 1, 1, 0)
    assert active_id(engine) == old_id
    after = heard_at(engine, old_id)
    assert {track_id for track_id in after if after[track_id] != before[track_id]} == {chord}
    assert np.count_nonzero(vectors(engine, old_id)[chord]) > 1
    with engine.connect() as connection:
        # 8 s hold less than the five patches of 2.992 s that make a segment; the made-up one of 1.25 s is gone.
        ends = connection.execute(
            text(
                "SELECT s.start_seconds, s.end_seconds FROM segment_embeddings e JOIN segments s ON s.id = e.segment_id"
                " WHERE e.revision_id = :id AND e.track_id = :track_id"
            ),
            {"id": old_id, "track_id": chord},
        )
        assert [tuple(row) for row in ends] == [(0.0, 8.0)]
        top = connection.scalar(
            text("SELECT max(s) FROM track_tags, unnest(scores) s WHERE track_id = :id"), {"id": chord}
        )
        assert 0.05 < top < 1.0  # where all were zero


def test_a_selection_that_means_nothing_makes_no_job(engine: Engine, queue: JobQueue, old_id: int) -> None:
    assert request_rehearing(engine, queue, SPACE, Selection.parse("failed")) is None
    assert scalar(engine, "SELECT count(*) FROM jobs") == 0


def test_without_a_space_or_a_recording_there_is_nothing_to_do(engine: Engine, queue: JobQueue, reembed) -> None:
    with pytest.raises(SpaceNotReady):
        reembed()
    with pytest.raises(SpaceNotReady):
        request_rehearing(engine, queue, SPACE, Selection.parse("failed"))
    with engine.begin() as connection:
        open_revision(connection, FACTS)
    with pytest.raises(NothingToReembed):
        reembed()
    assert scalar(engine, "SELECT count(*) FROM space_revisions") == 1
