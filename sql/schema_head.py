"""The newest revision of the schema that this program knows, without Alembic: whoever only answers does not have it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sql.database import Database

VERSIONS = Path(__file__).parent / "migrations" / "versions"
CURRENT = "SELECT version_num FROM alembic_version"


@cache
def newest_revision() -> str:
    """By the names of the migrations, which begin with their revision."""
    return max(file.name.partition("_")[0] for file in VERSIONS.glob("[0-9]*_*.py*"))


async def revision_of(database: Database) -> str | None:
    """The revision that a database is at; None where it says none. Raises DatabaseUnreachable."""
    rows = await database.rows(CURRENT)
    return str(rows[0][0]) if rows else None
