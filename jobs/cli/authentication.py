"""Whether anybody may be let in: asked before the server listens."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain.settings import Settings


def say_who_may(settings: Settings, database_url: str) -> None:
    """Say by what curators are known, or that the service is open.

    Raises AuthenticationMissing where it would be open to more than this machine.
    """
    from domain.errors.access import AuthenticationMissing
    from domain.loopback import is_loopback
    from jobs.cli.console import say
    from sql.api_key_rows import curators_have_keys
    from sql.engine import make_engine

    if settings.oidc_issuer is not None:
        say(f"Curators: with a token of {settings.oidc_issuer}, or an API key")
        return
    engine = make_engine(database_url)
    try:
        with engine.connect() as connection:
            has_keys = curators_have_keys(connection)
    finally:
        engine.dispose()
    if has_keys:
        say("Curators: with an API key")
    elif is_loopback(settings.host):
        say("Open: without authentication, everybody on this machine may change the archive", style="yellow")
    else:
        raise AuthenticationMissing(host=settings.host)
