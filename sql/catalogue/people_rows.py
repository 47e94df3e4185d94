"""Composers and performers, as imports write them: in the transaction of an SQLAlchemy connection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from sqlalchemy import Connection

from sql.catalogue import composer_rows, credit_rows, performer_rows
from sql.catalogue.composer_rows import Rows
from sql.catalogue.credit_rows import Credited
from sql.catalogue.performer_rows import Performance

__all__ = [
    "Performance",
    "credit_composers",
    "drop_composer_if_unused",
    "drop_unused_composers",
    "rows_of",
    "set_performances",
]


def rows_of(connection: Connection) -> Rows:
    """The psycopg connection below, in the same transaction."""
    return cast("Rows", connection.connection.driver_connection)


def credit_composers(connection: Connection, fields: Mapping[int, str | None]) -> Credited:
    """Make those whom the composer field of each track (by id) names its composers; see `credit_rows.credit_tracks`."""
    return credit_rows.credit_tracks(rows_of(connection), fields)


def drop_unused_composers(connection: Connection, ids: Iterable[int]) -> None:
    composer_rows.drop_unused(rows_of(connection), sorted(ids))


def drop_composer_if_unused(connection: Connection, composer_id: int) -> None:
    drop_unused_composers(connection, [composer_id])


def set_performances(connection: Connection, track_id: int, performances: Sequence[Performance]) -> None:
    """Make `performances` (each once) those of the track, in this order."""
    performer_rows.set_performances(rows_of(connection), track_id, performances)
