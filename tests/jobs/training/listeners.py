"""An archive of two kinds of music, and listeners who each like one of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from domain.spaces import BACKENDS
from ml.whitening import unit_rows
from sql.spaces.embeddings import save_track_embedding
from sql.spaces.revisions import mark_ready, open_revision
from tests.sql.tracks import add_track

FACTS = dataclasses.replace(BACKENDS["musicnn-mtt"], dimension=8)
TRACKS = 60
START = datetime(2026, 1, 1, tzinfo=UTC)


def vector(number: int) -> NDArray[np.float32]:
    """Even tracks point one way, odd ones another, and all of them a little of their own."""
    own = np.random.default_rng(number).standard_normal(8) * 0.4
    own[number % 2] += 2.0
    return unit_rows(own[None].astype(np.float32))[0]


def fill(connection: Connection, tracks: int = TRACKS) -> list[int]:
    """The tracks, embedded; returns their ids."""
    revision_id = open_revision(connection, FACTS).revision_id
    ids = []
    for number in range(tracks):
        ids.append(add_track(connection, f"Track {number}"))
        save_track_embedding(connection, revision_id, ids[-1], vector=vector(number), segments=())
    mark_ready(connection, revision_id)
    return ids


def listen(connection: Connection, ids: Sequence[int], users: int = 30, *, simulation: str | None = None) -> None:
    """Each user hears twelve tracks of one kind, one a day, no track twice."""
    for user in range(users):
        key = connection.execute(
            text("INSERT INTO users (name, anonymous, simulation) VALUES (:name, false, :simulation) RETURNING id"),
            {"name": f"User {user}", "simulation": simulation},
        ).scalar_one()
        random = np.random.default_rng([3, user])
        for day, place in enumerate(random.choice(len(ids) // 2, 12, replace=False)):
            record(connection, key, ids[2 * place + user % 2], START + timedelta(days=day, seconds=user))


def record(
    connection: Connection, user: object, track_id: int, moment: datetime, kind: str = "COMPLETE", plays: int = 1
) -> None:
    connection.execute(
        text("""
            INSERT INTO interactions (user_id, track_id, kind, occurred_at, client_id, plays)
            VALUES (:user, :track, :kind, :moment, gen_random_uuid()::text, :plays)
        """),
        {"user": user, "track": track_id, "kind": kind, "moment": moment, "plays": plays},
    )
