"""Successors: filled beside the active revision, and swapped in whole."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, text

from domain.errors.asking import SpaceNotReady, TracksWouldBeLost
from domain.spaces import BACKENDS
from sql.spaces.embeddings import save_failure, save_track_embedding
from sql.spaces.reembed_rows import request_filling_job
from sql.spaces.revisions import find_active, open_revision
from sql.spaces.successors import (
    Filling,
    Lost,
    Successor,
    fillings,
    is_successor,
    lost_tracks,
    open_successor,
    take_over,
)
from tests.sql.tracks import add_track

FACTS = dataclasses.replace(BACKENDS["musicnn-mtt"], dimension=2)
NAME = FACTS.name


def save(connection: Connection, revision_id: int, *track_ids: int) -> None:
    for track_id in track_ids:
        save_track_embedding(connection, revision_id, track_id, vector=np.array((1, 0), np.float32), segments=())


@pytest.fixture
def active_id(engine: Engine) -> int:
    with engine.begin() as connection:
        return open_revision(connection, FACTS).revision_id


@pytest.fixture
def tracks(engine: Engine, active_id: int) -> list[int]:
    """Three tracks that are in the active revision."""
    with engine.begin() as connection:
        ids = [add_track(connection, title, f"/music/{title}.flac") for title in ("First", "Second", "Third")]
        save(connection, active_id, *ids)
    return ids


def opened(engine: Engine) -> Successor:
    with engine.begin() as connection:
        return open_successor(connection, FACTS)


def revisions(connection: Connection) -> list[tuple[int, str, bool]]:
    """(id, state, was it ever active) of every revision."""
    rows = connection.execute(text("SELECT id, state, activated_at IS NOT NULL FROM space_revisions ORDER BY id"))
    return [tuple(row) for row in rows]


def active(connection: Connection) -> int:
    found = find_active(connection, NAME)
    assert found is not None
    return found.revision_id


def test_a_successor_changes_nothing_for_visitors(engine: Engine, active_id: int) -> None:
    successor = opened(engine)
    assert successor.held == 0
    with engine.connect() as connection:
        assert active(connection) == active_id
        assert is_successor(connection, successor.revision_id) is True
        assert is_successor(connection, active_id) is False
        assert revisions(connection) == [(active_id, "FILLING", True), (successor.revision_id, "FILLING", False)]


def test_one_that_was_left_off_is_taken_up_again(engine: Engine, tracks: list[int]) -> None:
    first = opened(engine)
    with engine.begin() as connection:
        save(connection, first.revision_id, *tracks[:2])
    assert opened(engine) == first._replace(held=2)


def test_one_of_other_weights_is_not(engine: Engine, active_id: int) -> None:
    first = opened(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE space_revisions SET revision = 'older' WHERE id = :id"), {"id": first[0]})
    assert opened(engine).revision_id != first.revision_id


def test_opened_by_many_at_once_it_is_made_once(engine: Engine, active_id: int) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: opened(engine), range(8)))) == 1


def test_a_space_that_was_never_embedded_has_none(engine: Engine) -> None:
    with engine.begin() as connection, pytest.raises(SpaceNotReady, match="segue embed --space musicnn-mtt"):
        open_successor(connection, FACTS)


def test_it_takes_over_whole(engine: Engine, active_id: int, tracks: list[int]) -> None:
    successor = opened(engine).revision_id
    with engine.begin() as connection:
        save(connection, successor, *tracks)
        take_over(connection, successor)
        with engine.connect() as visitor:
            assert active(visitor) == active_id  # until the transaction is committed
    with engine.connect() as connection:
        assert active(connection) == successor
        assert is_successor(connection, successor) is False
        assert revisions(connection) == [(active_id, "RETIRED", True), (successor, "READY", True)]


def test_tracks_that_could_not_be_heard_again_keep_the_old_one(
    engine: Engine, active_id: int, tracks: list[int]
) -> None:
    successor = opened(engine).revision_id
    with engine.begin() as connection:
        save(connection, successor, tracks[0])
        save_failure(connection, successor, tracks[1], "it holds no audio")
        assert lost_tracks(connection, successor) == [
            Lost("Second", "it holds no audio"),
            Lost("Third", "it was not heard"),
        ]
        with pytest.raises(TracksWouldBeLost) as refused:
            take_over(connection, successor)
        assert active(connection) == active_id
        take_over(connection, successor, allow_missing=True)
        assert active(connection) == successor
    assert refused.value.details == {
        "name": NAME,
        "count": 2,
        "listed": "'Second' (it holds no audio); 'Third' (it was not heard)",
    }


def test_a_refusal_names_three(engine: Engine, active_id: int) -> None:
    with engine.begin() as connection:
        ids = [add_track(connection, f"Track {number}", f"/music/{number}.flac") for number in range(6)]
        save(connection, active_id, *ids)
    successor = opened(engine).revision_id
    with engine.begin() as connection:
        save(connection, successor, ids[0])
        with pytest.raises(TracksWouldBeLost) as refused:
            take_over(connection, successor)
    why = "(it was not heard)"
    assert refused.value.details["listed"] == f"'Track 1' {why}; 'Track 2' {why}; 'Track 3' {why}; and 2 more"


def test_what_failed_before_and_what_cannot_be_heard_at_all_does_not_count(
    engine: Engine, active_id: int, tracks: list[int]
) -> None:
    successor = opened(engine).revision_id
    with engine.begin() as connection:
        broken = add_track(connection, "Broken", "/music/broken.flac")
        for revision_id in (active_id, successor):
            save_failure(connection, revision_id, broken, "not audio")
        save(connection, active_id, add_track(connection, "Replaced"))  # its file holds another track now
        save(connection, successor, *tracks)
        assert lost_tracks(connection, successor) == []
        take_over(connection, successor)
        assert active(connection) == successor


def test_an_empty_one_never_takes_the_place_of_a_full_one(engine: Engine, active_id: int, tracks: list[int]) -> None:
    successor = opened(engine).revision_id
    with engine.begin() as connection:
        with pytest.raises(TracksWouldBeLost):
            take_over(connection, successor, allow_missing=True)
        assert active(connection) == active_id


def test_fillings_say_whether_a_job_works_on_them(engine: Engine, tracks: list[int]) -> None:
    successor = opened(engine).revision_id
    with engine.begin() as connection:
        save(connection, successor, tracks[0])
        assert fillings(connection) == [Filling(NAME, FACTS.revision, tracks=1, running=False)]
        job = request_filling_job(connection, NAME, successor)
        assert (job.joined, job.added, job.total) == (False, 2, 2)
        assert fillings(connection) == [Filling(NAME, FACTS.revision, tracks=1, running=True)]
