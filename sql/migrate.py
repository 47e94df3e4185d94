"""Brings a database to the schema this program knows, and says when it is not there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from domain.errors.machine import DatabaseBehind, DatabaseNewer, DatabaseUnreachable, PgvectorMissing
from sql.engine import make_engine

MIGRATIONS = Path(__file__).parent / "migrations"
# Two processes that start together must not both migrate; any constant will do.
MIGRATION_LOCK = 7_334_831
MINIMUM_PGVECTOR = (0, 8)


def configuration(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


@cache
def head() -> str:
    """The revision this program knows as the newest."""
    revision = ScriptDirectory.from_config(configuration()).get_current_head()
    assert revision is not None, "sql/migrations holds no revision"  # noqa: S101 -- true of every checkout
    return revision


def migrate(database_url: str) -> tuple[str | None, str]:
    """Apply every revision that is missing; returns the revision before and after.

    Safe to call from several processes at once. Raises DatabaseUnreachable, PgvectorMissing or DatabaseNewer.
    """
    engine = make_engine(database_url)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
            connection.commit()
            try:
                before = refuse_newer(connection)
                require_pgvector(connection)
                connection.commit()
                if before != head():
                    command.upgrade(configuration(connection), "head")
                    connection.commit()
            finally:
                connection.rollback()
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
                connection.commit()
    except OperationalError as error:
        raise DatabaseUnreachable(reason=str(error.orig).strip()) from error
    finally:
        engine.dispose()
    return before, head()


def check(database_url: str) -> str:
    """The database's revision, when it is the one this program knows.

    Raises DatabaseUnreachable, DatabaseBehind or DatabaseNewer.
    """
    engine = make_engine(database_url)
    try:
        with engine.connect() as connection:
            current = _current(connection)
    except OperationalError as error:
        raise DatabaseUnreachable(reason=str(error.orig).strip()) from error
    finally:
        engine.dispose()
    _require_known(current)
    if current != head():
        raise DatabaseBehind(revision=current or "empty", expected=head())
    return head()


def pgvector_version(connection: Connection) -> str | None:
    """The version of pgvector that is installed, or could be; None where the server has none."""
    version: str | None = connection.scalar(
        text("SELECT coalesce(installed_version, default_version) FROM pg_available_extensions WHERE name = 'vector'")
    )
    return version


def is_known(revision: str) -> bool:
    """Whether this program can bring a database of this revision to its own."""
    return revision in _known()


@cache
def _known() -> frozenset[str]:
    return frozenset(script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions())


def refuse_newer(connection: Connection) -> str | None:
    """The database's revision, None where it is empty. Raises DatabaseNewer."""
    revision = _current(connection)
    _require_known(revision)
    return revision


def require_pgvector(connection: Connection) -> None:
    """Raises PgvectorMissing."""
    version = pgvector_version(connection)
    numbers = tuple(int(number) for number in re.findall(r"\d+", version or "")[:2])
    if numbers < MINIMUM_PGVECTOR:
        raise PgvectorMissing(found=version or "none")


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _require_known(revision: str | None) -> None:
    if revision is not None and not is_known(revision):
        raise DatabaseNewer(revision=revision)
