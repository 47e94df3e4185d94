"""The figures of an evaluation, as its job writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from domain.experiments import Figure

JSON = JSONB()

FORGET = text("DELETE FROM experiments WHERE run_id = :run_id")
INSERT = text("""
    INSERT INTO experiments (run_id, part, task, space, strategy, metric, k, value, low, high, cases, seed, config,
                             versions, hashes, seconds)
    VALUES (:run_id, :part, :task, :space, :strategy, :metric, :k, :value, :low, :high, :cases, :seed, :config,
            :versions, :hashes, :seconds)
""").bindparams(*(bindparam(name, type_=JSON) for name in ("config", "versions", "hashes")))


def write_figures(
    connection: Connection,
    run_id: UUID,
    steps: Sequence[tuple[Sequence[Figure], float]],
    *,
    seed: int,
    versions: dict[str, Any],  # Any: JSON
    hashes: dict[str, Any],
) -> int:
    """Write all figures of a run, in place of what is there of it; `steps` are figures and the seconds that they took
    together. Returns how many were written."""
    connection.execute(FORGET, {"run_id": run_id})
    about = {"run_id": run_id, "seed": seed, "versions": versions, "hashes": hashes}
    rows = [asdict(figure) | about | {"seconds": seconds} for figures, seconds in steps for figure in figures]
    if rows:
        connection.execute(INSERT, rows)
    return len(rows)
