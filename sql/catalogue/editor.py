"""Corrections for the API: each in a transaction of its own, on a connection of its own, since they are rare."""

from __future__ import annotations

import psycopg

from domain.edits import Changes, EditKind
from domain.errors.machine import DatabaseUnreachable
from domain.errors.operations import StatementTimeout
from sql.login import connect

CONNECT_SECONDS = 5


class CatalogueEditor:
    """Writes corrections into the database at an address."""

    def __init__(self, database_url: str, *, statement_timeout_seconds: float) -> None:
        self._url = database_url
        self._seconds = statement_timeout_seconds

    def edit(self, kind: EditKind, key: int, changes: Changes) -> None:
        """See `edit_rows.edit`. Waits while an import writes a batch. Raises what that does, StatementTimeout and
        DatabaseUnreachable."""
        from sql.catalogue import edit_rows  # reads titles, names and dates: much to load for what is rare

        try:
            with connect(self._url, connect_timeout=CONNECT_SECONDS) as connection:
                connection.execute(
                    "SELECT set_config('statement_timeout', %s, false)", [f"{round(self._seconds * 1000)}"]
                )
                edit_rows.edit(connection, kind, key, changes)
        except psycopg.errors.QueryCanceled as error:
            raise StatementTimeout(seconds=self._seconds) from error
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise DatabaseUnreachable(reason=str(error).strip()) from error
