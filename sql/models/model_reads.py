"""Trained models, for the API."""

from __future__ import annotations

import psycopg
from psycopg import sql

from domain.errors.models import ModelNotFound
from domain.errors.training import ModelUntrained
from domain.models import ServedModel
from domain.recommendations import StrategyName
from domain.training import ModelStatus, TrainedModel
from sql.database import Database, Row
from sql.models.model_columns import MODEL, MODELS, model_of

PARTS = {"model": sql.SQL(MODEL), "models": sql.SQL(MODELS)}
FILTERED = sql.SQL("""
    SELECT {model} FROM {models}
    WHERE (%(strategy)s::text IS NULL OR m.strategy = %(strategy)s)
      AND (%(status)s::text IS NULL OR m.status = %(status)s)
    ORDER BY m.id DESC
""").format(**PARTS)
BY_IDS = sql.SQL("SELECT {model} FROM {models} WHERE m.id = ANY(%(ids)s::bigint[])").format(**PARTS)
BY_ID = sql.SQL("SELECT {model} FROM {models} WHERE m.id = %(id)s").format(**PARTS)

# What has a space and a file can answer; the active ones first.
SERVED = """
    SELECT m.id, m.name, m.strategy, o.name, s.name, m.status = 'ACTIVE',
           (m.metrics -> m.strategy -> 'hot' -> 'ndcg@10' ->> 'estimate')::float8, m.simulated, m.artefact
    FROM models m JOIN spaces o ON o.id = m.own_space_id LEFT JOIN spaces s ON s.id = m.space_id
    WHERE m.artefact IS NOT NULL AND m.status IN ('CANDIDATE', 'ACTIVE', 'RETIRED')
    ORDER BY m.status <> 'ACTIVE', m.id
"""

LOCK = "SELECT pg_advisory_xact_lock(hashtext('segue-models'))"
RETIRE = """
    UPDATE models r SET status = 'RETIRED' FROM models m
    WHERE m.id = %(id)s AND r.strategy = m.strategy AND r.space_id IS NOT DISTINCT FROM m.space_id
      AND r.status = 'ACTIVE' AND r.id <> m.id
"""
ACTIVATE = "UPDATE models SET status = 'ACTIVE', promoted_at = now() WHERE id = %(id)s"


class ModelReads:
    """Reads models, and lets one answer. Every call may raise DatabaseUnreachable, and may then be made again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def models(self, strategy: StrategyName | None, status: ModelStatus | None) -> list[TrainedModel]:
        """Those of a strategy and a status, or all, newest first."""
        rows = await self._database.rows(FILTERED, {"strategy": strategy, "status": status})
        return [model_of(row) for row in rows]

    async def by_id(self, ids: list[int]) -> dict[int, TrainedModel]:
        rows = await self._database.rows(BY_IDS, {"ids": ids})
        return {row[0]: model_of(row) for row in rows}

    async def served(self) -> dict[str, tuple[ServedModel, str]]:
        """Models that can answer, by name, each with its file's SHA-256 (hex); the active ones first."""
        rows = await self._database.rows(SERVED)
        return {
            name: (
                ServedModel(key, name, StrategyName(strategy), space, content_space, active, ndcg, simulated),
                artefact,
            )
            for key, name, strategy, space, content_space, active, ndcg, simulated, artefact in rows
        }

    async def promote(self, model_id: int) -> TrainedModel:
        """Let a model answer in place of the one of its strategy and audio space that does. Raises ModelNotFound, and
        ModelUntrained for one that has not been trained to the end."""

        async def work(connection: psycopg.AsyncConnection[Row]) -> TrainedModel:
            await connection.execute(LOCK)
            model = await self._found(connection, model_id)
            if model.own_space is None:
                raise ModelUntrained(name=model.name, status=model.status.value.lower(), strategy=model.strategy)
            await connection.execute(RETIRE, {"id": model_id})
            await connection.execute(ACTIVATE, {"id": model_id})
            return await self._found(connection, model_id)

        return await self._database.transact(work)

    async def _found(self, connection: psycopg.AsyncConnection[Row], model_id: int) -> TrainedModel:
        cursor = await connection.execute(BY_ID, {"id": model_id})
        row = await cursor.fetchone()
        if row is None:
            raise ModelNotFound(name=f"of id {model_id}", known="others")
        return model_of(row)
