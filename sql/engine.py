"""The synchronous SQLAlchemy engine that migrations and jobs use."""

from __future__ import annotations

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url


def make_engine(database_url: str, *, tested: bool = True) -> Engine:
    """An engine for `postgresql://…`.

    Connections are tested before use, since the server may have been restarted. Untested ones save a round trip for
    every transaction, for who runs again what failed over a lost connection: all that are as old are dropped then.
    """
    url = make_url(database_url).set(drivername="postgresql+psycopg")
    return create_engine(url, pool_pre_ping=tested, pool_size=4)
