"""The synchronous SQLAlchemy engine that migrations and jobs use."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url

from sql.login import is_managed, parameters, plain


def make_engine(database_url: str, *, tested: bool = True) -> Engine:
    """An engine for `postgresql://…`.

    Connections are tested before use, since the server may have been restarted. Untested ones save a round trip for
    every transaction, for who runs again what failed over a lost connection: all that are as old are dropped then.
    """
    url = make_url(plain(database_url)).set(drivername="postgresql+psycopg")
    engine = create_engine(url, pool_pre_ping=tested, pool_size=4)
    if is_managed(database_url):

        @event.listens_for(engine, "do_connect")
        def log_in(dialect: object, record: object, arguments: object, options: dict[str, Any]) -> None:  # Any: libpq's
            options.update(parameters(database_url))

    return engine
