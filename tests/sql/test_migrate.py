"""Migrations: up, down, compared with the tables, and refused where they do not fit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlmodel import SQLModel

import sql.tables  # noqa: F401 -- registers the tables
from domain.errors.machine import DatabaseBehind, DatabaseNewer, DatabaseUnreachable
from sql.engine import make_engine
from sql.migrate import check, configuration, head, migrate
from tests.conftest import with_database


@pytest.fixture
def empty_url(postgres_url: str) -> str:
    name = f"empty_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return with_database(postgres_url, name)


def test_the_migrated_schema_is_the_one_of_the_tables(database_url: str) -> None:
    engine = make_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    engine.dispose()


def test_down_leaves_nothing_and_up_again_works(database_url: str) -> None:
    engine = make_engine(database_url)
    with engine.connect() as connection:
        command.downgrade(configuration(connection), "base")
        connection.commit()
        left = connection.scalars(
            text("SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('public', 'dramatiq')")
        )
        assert list(left) == ["public.alembic_version"]
    engine.dispose()
    assert migrate(database_url) == (None, head())


def test_a_second_migration_changes_nothing(database_url: str) -> None:
    assert migrate(database_url) == (head(), head())
    assert check(database_url) == head()


def test_two_processes_may_migrate_at_once(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: migrate(empty_url), range(4)))
    assert sorted(before is None for before, _ in done) == [False, False, False, True]


def test_an_empty_database_is_behind(empty_url: str) -> None:
    with pytest.raises(DatabaseBehind, match="segue migrate"):
        check(empty_url)


def test_a_newer_database_is_left_alone(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for refuse in (check, migrate):
        with pytest.raises(DatabaseNewer, match="9999"):
            refuse(database_url)


def test_a_database_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnreachable, match="segue doctor"):
        check(f"postgresql://nobody@/none?host={tmp_path}")


def test_each_migrated_database_gets_a_signing_key_of_its_own(database_url: str, empty_url: str) -> None:
    migrate(empty_url)
    keys = [signing_keys(url) for url in (database_url, empty_url)]
    assert [[len(key) for key in found] for found in keys] == [[32], [32]]
    assert keys[0] != keys[1]


def signing_keys(url: str) -> list[bytes]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT key FROM signing_keys")]
