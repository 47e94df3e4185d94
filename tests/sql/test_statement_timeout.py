"""A statement that takes longer than the service allows is given up under a name of its own."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from domain.edits import EditKind
from domain.errors.operations import StatementTimeout
from sql.catalogue.edit_rows import LOCK
from sql.catalogue.editor import CatalogueEditor
from sql.database import Database
from tests.small_archive import fill

pytestmark = pytest.mark.anyio


async def test_of_the_pool(database_url: str) -> None:
    database = Database(database_url, size=1, statement_timeout_seconds=0.1)

    async def slept(connection: psycopg.AsyncConnection[Any]) -> None:
        await connection.execute("SELECT pg_sleep(9)")

    with pytest.raises(StatementTimeout) as caught:
        await database.rows("SELECT pg_sleep(9)")
    with pytest.raises(StatementTimeout):
        await database.transact(slept)
    assert caught.value.details == {"seconds": 0.1}
    # The connection goes on.
    assert await database.rows("SELECT 7") == [(7,)]
    await database.close()


def test_of_a_correction_while_an_import_writes(database_url: str) -> None:
    archive = fill(database_url)
    editor = CatalogueEditor(database_url, statement_timeout_seconds=0.2)
    with psycopg.connect(database_url) as importing:
        importing.execute(LOCK)
        with pytest.raises(StatementTimeout):
            editor.edit(EditKind.TRACK, archive.tracks["Waltz"], {"title": "Valse"})
    editor.edit(EditKind.TRACK, archive.tracks["Waltz"], {"title": "Valse"})
    with psycopg.connect(database_url) as connection:
        titles = connection.execute("SELECT title FROM tracks WHERE id = %s", [archive.tracks["Waltz"]]).fetchall()
    assert titles == [("Valse",)]
