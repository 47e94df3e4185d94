"""Alembic's entry: always on a connection that the caller opened (see sql/migrate.py)."""

from __future__ import annotations

import re
from typing import Any

from alembic import context
from sqlmodel import SQLModel

import sql.tables  # noqa: F401 -- registers the tables

# Partitions and their indexes are made at run time, one set for each space revision; the broker keeps its own schema.
MADE_AT_RUN_TIME = re.compile(r"_r\d+($|_)")


def include_object(thing: Any, name: str | None, kind: str, reflected: bool, _other: Any) -> bool:  # Any: Alembic's own
    table = getattr(thing, "table", None)
    names = [name or "", table.name if table is not None else ""]
    return not (reflected and kind in ("table", "index") and any(MADE_AT_RUN_TIME.search(n) for n in names))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    include_object=include_object,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
