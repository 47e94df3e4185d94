"""Spaces and their first revisions: made once, filled, ready."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from domain.errors.asking import SpaceOfOtherWeights
from domain.spaces import BACKENDS, BackendFacts
from sql.spaces.embeddings import save_failure, save_track_embedding
from sql.spaces.revisions import OpenRevision, mark_ready, open_revision
from tests.sql.tracks import add_track

FACTS = dataclasses.replace(BACKENDS["musicnn-mtt"], dimension=2)


def save(connection: Connection, revision_id: int, track_id: int, vector: tuple[float, ...] = (1.0, 0.0)) -> None:
    save_track_embedding(connection, revision_id, track_id, vector=np.array(vector, np.float32), segments=())


def test_a_first_revision_serves_while_it_fills(engine: Engine) -> None:
    with engine.begin() as connection:
        opened = open_revision(connection, FACTS)
    with engine.connect() as connection:
        space = connection.execute(
            text("SELECT id, name, backend, dimension, metric, active_revision_id FROM spaces")
        ).one()
        assert tuple(space) == (opened.space_id, "musicnn-mtt", "musicnn-mtt", 2, "cosine", opened.revision_id)
        revision = connection.execute(
            text("SELECT id, space_id, revision, state, indexed, activated_at = created_at FROM space_revisions")
        ).one()
        assert tuple(revision) == (*reversed(opened), FACTS.revision, "FILLING", False, True)


def test_opening_again_gives_the_same(engine: Engine) -> None:
    with engine.begin() as connection:
        first = open_revision(connection, FACTS)
    with engine.begin() as connection:
        assert open_revision(connection, FACTS) == first


def test_each_backend_has_a_space_of_its_own(engine: Engine) -> None:
    with engine.begin() as connection:
        mtt = open_revision(connection, BACKENDS["musicnn-mtt"])
        msd = open_revision(connection, BACKENDS["musicnn-msd"])
    assert mtt.space_id != msd.space_id
    assert mtt.revision_id != msd.revision_id


def test_opened_by_many_at_once_it_is_made_once(engine: Engine) -> None:
    def open_once(_: int) -> OpenRevision:
        with engine.begin() as connection:
            return open_revision(connection, FACTS)

    with ThreadPoolExecutor(4) as pool:
        opened = set(pool.map(open_once, range(8)))
    assert len(opened) == 1
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM space_revisions")) == 1


def test_other_weights_are_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        open_revision(connection, FACTS)
    newer: BackendFacts = dataclasses.replace(FACTS, revision="other-2")
    with engine.begin() as connection, pytest.raises(SpaceOfOtherWeights) as refused:
        open_revision(connection, newer)
    assert refused.value.details == {"name": "musicnn-mtt", "found": FACTS.revision, "expected": "other-2"}


def test_a_vector_of_another_length_is_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        revision_id = open_revision(connection, FACTS).revision_id
        track_id = add_track(connection, "Prelude", "/music/prelude.flac")
    with pytest.raises(IntegrityError, match="dimension"), engine.begin() as connection:
        save(connection, revision_id, track_id, (1.0, 0.0, 0.0))


def test_ready_once_every_embeddable_track_is_in(engine: Engine) -> None:
    with engine.begin() as connection:
        revision_id = open_revision(connection, FACTS).revision_id
        assert mark_ready(connection, revision_id) is False  # an empty archive is not ready
        first = add_track(connection, "Prelude", "/music/prelude.flac")
        second = add_track(connection, "Fugue", "/music/fugue.flac")
        add_track(connection, "Silence", "/music/silence.flac", silent=True)
        add_track(connection, "Lost")  # no file
        save(connection, revision_id, first)
        assert mark_ready(connection, revision_id) is False
        save(connection, revision_id, second)
        assert mark_ready(connection, revision_id) is True
        add_track(connection, "Later", "/music/later.flac")
        assert mark_ready(connection, revision_id) is True  # ready stays ready


def test_a_track_that_failed_does_not_hold_it_up(engine: Engine) -> None:
    with engine.begin() as connection:
        revision_id = open_revision(connection, FACTS).revision_id
        save(connection, revision_id, add_track(connection, "Prelude", "/music/prelude.flac"))
        broken = add_track(connection, "Broken", "/music/broken.flac")
        assert mark_ready(connection, revision_id) is False
        save_failure(connection, revision_id, broken, "it holds no audio")
        assert mark_ready(connection, revision_id) is True
