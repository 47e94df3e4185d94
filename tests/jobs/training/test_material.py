"""What is made of a log: listenings and their weights, splits by time, cold tracks."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import Engine, text

from domain.errors.asking import SpaceNotReady
from domain.errors.training import TooLittleListening
from domain.training import TrainingWish
from jobs.training.material import read_material
from sql.models.training_rows import count_listeners, listenings
from tests.jobs.training.listeners import START, fill, listen, record

WISH = TrainingWish("SHALLOW", "musicnn-mtt")


@pytest.mark.parametrize(
    ("kinds", "weight"),
    [
        (["PLAY"], 1.0),
        (["PLAY", "COMPLETE"], 1.0),  # one listening, not two
        (["PLAY", "COMPLETE", "LIKE"], 2.0),
        (["PLAY", "SKIP"], None),
        (["SKIP"], None),
        (["PLAY", "SKIP", "PLAY", "COMPLETE"], 1.0),  # heard out in the end
        (["PLAY", "COMPLETE", "DISLIKE"], None),
        (["LIKE", "DISLIKE"], None),
        (["PLAY", "DISLIKE", "LIKE", "SKIP"], 2.0),  # the newest judgement says it
    ],
)
def test_what_a_user_did_with_a_track_on_a_day_is_one_listening(
    engine: Engine, kinds: list[str], weight: float | None
) -> None:
    with engine.begin() as connection:
        [track, *_] = fill(connection, 2)
        user = connection.execute(text("INSERT INTO users (anonymous) VALUES (true) RETURNING id")).scalar_one()
        for second, kind in enumerate(kinds):
            record(connection, user, track, START + timedelta(seconds=second), kind)
        found = listenings(connection, simulated=False)
    assert [(one.track_id, one.moment, one.weight) for one in found] == (
        [] if weight is None else [(track, START.timestamp(), weight)]
    )


def test_days_are_apart_and_counts_weigh_by_doublings(engine: Engine) -> None:
    with engine.begin() as connection:
        [track, other] = fill(connection, 2)
        user = connection.execute(text("INSERT INTO users (anonymous) VALUES (true) RETURNING id")).scalar_one()
        record(connection, user, track, START)
        record(connection, user, track, START + timedelta(days=1))
        record(connection, user, other, START + timedelta(days=2), "PLAY", plays=8)
        found = listenings(connection, simulated=False)
    # Eight plays are three doublings: 1 + log₂ 8 = 4.
    assert [(one.track_id, one.weight) for one in found] == [(track, 1.0), (track, 1.0), (other, 4.0)]


def test_simulated_listeners_count_only_where_asked_for(engine: Engine) -> None:
    with engine.begin() as connection:
        ids = fill(connection)
        listen(connection, ids, 6)
        listen(connection, ids, 4, simulation="seed-1")
        assert count_listeners(connection) == (6, 4)
        assert len(listenings(connection, simulated=False)) == 6 * 12
        assert len(listenings(connection, simulated=True)) == 10 * 12


def test_the_test_is_the_last_tenth_and_training_knows_nothing_of_it(engine: Engine) -> None:
    with engine.begin() as connection:
        ids = fill(connection)
        listen(connection, ids)
    material = read_material(engine, WISH)
    snapshot = material.snapshot
    assert (snapshot["tracks"], snapshot["users"], snapshot["listenings"]) == (60, 30, 360)
    # Each of twelve days has 30 listenings, in order: four fifths of the 359 steps are 287.2, in the tenth day.
    assert START + timedelta(days=9) < START.fromtimestamp(snapshot["trained_until"], START.tzinfo)
    assert START.fromtimestamp(snapshot["trained_until"], START.tzinfo) < START + timedelta(days=10)
    assert snapshot["trained_until"] < snapshot["test_from"]
    cold = set(snapshot["cold_tracks"])
    assert len(cold) == 6  # a tenth of 60
    trained = {int(material.data.catalogue.ids[item]) for history in material.data.histories for item in history.items}
    assert not trained & cold
    assert {int(material.data.catalogue.ids[item]) for item in material.hot.targets} <= trained
    assert not {int(material.data.catalogue.ids[item]) for item in material.cold.targets} & trained
    assert not set(material.data.validation.targets.tolist()) & set(np.flatnonzero(~material.data.hot).tolist())
    assert not material.simulated


def test_the_same_log_and_seed_are_split_the_same(engine: Engine) -> None:
    with engine.begin() as connection:
        listen(connection, fill(connection))
    assert read_material(engine, WISH).snapshot == read_material(engine, WISH).snapshot
    other = read_material(engine, TrainingWish("SHALLOW", "musicnn-mtt", seed=1)).snapshot
    assert other["cold_tracks"] != read_material(engine, WISH).snapshot["cold_tracks"]


def test_too_little_listening_is_refused_with_what_to_do(engine: Engine) -> None:
    with pytest.raises(SpaceNotReady):
        read_material(engine, WISH)
    with engine.begin() as connection:
        ids = fill(connection)
    with pytest.raises(TooLittleListening, match="segue simulate"):
        read_material(engine, WISH)
    with engine.begin() as connection:
        listen(connection, ids, simulation="seed-1")
    with pytest.raises(TooLittleListening, match="add --simulated"):
        read_material(engine, WISH)
    assert read_material(engine, TrainingWish("SHALLOW", "musicnn-mtt", simulated=True)).simulated
