"""An archive with listeners, for whatever recommends to them: 60 tracks, ten on each of six albums, in the default
space and in one that a trained model made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

import numpy as np
import onnx
import psycopg
from numpy.typing import NDArray
from onnx import TensorProto, helper
from pgvector import Vector

from bench.synthetic import fill
from domain.listening import InteractionKind
from domain.models import ServedModel
from domain.recommendations import TRAINED
from ml.serving.artefact import Artefact, ModelFacts
from ml.serving.encoder import OnnxQueryEncoder
from sql.engine import make_engine
from sql.spaces.partitions import make_partitions

COUNT = 60
ALBUMS = 6
OWN_SPACE, OWN_DIMENSION = "model-of-tests", 8


@dataclass(frozen=True)
class Archive:
    """`tracks` in the order of the albums; the last two are missing, the two before are not embedded anywhere."""

    url: str
    tracks: list[int]
    vectors: NDArray[np.float32]  # (60, 200)
    own: NDArray[np.float32]  # (60, 8)

    @property
    def playable(self) -> list[int]:
        return self.tracks[:-2]

    def user(self) -> UUID:
        key = uuid4()
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("INSERT INTO users (id, anonymous) VALUES (%s, true)", (key,))
        return key

    def session(self, user: UUID) -> UUID:
        key = uuid4()
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("INSERT INTO sessions (id, user_id) VALUES (%s, %s)", (key, user))
        return key

    def record(
        self,
        user: UUID,
        tracks: Sequence[int],
        kind: InteractionKind = InteractionKind.PLAY,
        session: UUID | None = None,
    ) -> None:
        """In this order, one a second; later calls are later."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                "INSERT INTO interactions (user_id, session_id, track_id, kind, occurred_at, client_id)"
                " SELECT %(user)s, %(session)s, h.track_id, %(kind)s,"
                " coalesce((SELECT max(occurred_at) FROM interactions WHERE user_id = %(user)s), '2026-07-01')"
                " + h.place * interval '1 second', gen_random_uuid()::text"
                " FROM unnest(%(tracks)s::bigint[]) WITH ORDINALITY AS h (track_id, place)",
                {"user": user, "session": session, "kind": kind, "tracks": list(tracks)},
            )


def filled(url: str) -> Archive:
    """Write the archive into an empty, migrated database."""
    made = fill(url, COUNT)
    rng = np.random.default_rng(11)
    own = made.vectors @ rng.normal(size=(made.vectors.shape[1], OWN_DIMENSION))
    own = (own / np.linalg.norm(own, axis=1, keepdims=True)).astype(np.float32)
    tracks = [int(key) for key in made.track_ids]
    with psycopg.connect(url, autocommit=True) as connection:
        [(space,)] = connection.execute(
            "INSERT INTO spaces (name, backend, dimension, metric) VALUES (%s, %s, %s, 'cosine') RETURNING id",
            (OWN_SPACE, OWN_SPACE, OWN_DIMENSION),
        ).fetchall()
        [(revision,)] = connection.execute(
            "INSERT INTO space_revisions (space_id, revision, state, indexed)"
            " VALUES (%s, '1', 'READY', false) RETURNING id",
            (space,),
        ).fetchall()
        connection.execute("UPDATE spaces SET active_revision_id = %s WHERE id = %s", (revision, space))
        engine = make_engine(url)
        with engine.begin() as alchemy:
            make_partitions(alchemy, revision, OWN_DIMENSION)
        engine.dispose()
        for track, vector in zip(tracks, own, strict=True):
            connection.execute(
                "INSERT INTO track_embeddings (revision_id, track_id, embedding) VALUES (%s, %s, %s)",
                (revision, track, Vector(vector).to_text()),
            )
        connection.execute("UPDATE tracks SET missing = true WHERE id = ANY(%s)", (tracks[-2:],))
        connection.execute("DELETE FROM track_embeddings WHERE track_id = ANY(%s)", (tracks[-4:-2],))
    return Archive(url, tracks, made.vectors, own)


class ModelsOfTests:
    """`domain.ports.Models`: one active model of every trained strategy, all with the same encoder, a real graph: the
    weighted mean of the history, of unit length."""

    def __init__(self, active: Sequence[str] = TRAINED) -> None:
        self._served = [
            ServedModel(number, f"{strategy.lower()}-7", strategy, OWN_SPACE, "musicnn-mtt", strategy in active)
            for number, strategy in enumerate(TRAINED, start=1)
        ]
        self._encoder = OnnxQueryEncoder(
            Artefact(
                "0" * 64,
                ModelFacts("SHALLOW", OWN_DIMENSION, 200),
                _mean(),
                b"",
                np.empty(0, dtype=np.int64),
                np.empty((0, OWN_DIMENSION), dtype=np.float32),
            )
        )

    async def served(self) -> list[ServedModel]:
        return self._served

    async def encoder(self, model: ServedModel) -> OnnxQueryEncoder:
        return self._encoder


def _mean() -> bytes:
    """From `items` (histories, length, dimension) and `weights` (histories, length) to `queries` (histories,
    dimension)."""
    numbers = TensorProto.FLOAT
    graph = helper.make_graph(
        [
            helper.make_node("Unsqueeze", ["weights", "last"], ["columns"]),
            helper.make_node("Mul", ["items", "columns"], ["weighted"]),
            helper.make_node("ReduceSum", ["weighted", "middle"], ["sums"], keepdims=0),
            helper.make_node("LpNormalization", ["sums"], ["queries"], axis=-1, p=2),
        ],
        "mean",
        [
            helper.make_tensor_value_info("items", numbers, ["histories", "length", OWN_DIMENSION]),
            helper.make_tensor_value_info("weights", numbers, ["histories", "length"]),
        ],
        [helper.make_tensor_value_info("queries", numbers, ["histories", OWN_DIMENSION])],
        [
            helper.make_tensor("last", TensorProto.INT64, [1], [2]),
            helper.make_tensor("middle", TensorProto.INT64, [1], [1]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
