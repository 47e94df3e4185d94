"""The database that commands work on: the one that is set, else the embedded server."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain.settings import Settings


def is_embedded(settings: Settings) -> bool:
    return not settings.database_url


def address(settings: Settings) -> str:
    """The database's address; the embedded server is started if it does not run, and stays until `segue down`."""
    from sql.embedded import ensure_running

    return settings.database_url or ensure_running(settings.data_dir)


def keep_running(settings: Settings) -> None:
    """Brings the embedded server back where it was killed; for those who work with it for long, now and then."""
    from sql.embedded import is_running

    if is_embedded(settings) and not is_running(settings.data_dir):
        address(settings)


def place(settings: Settings) -> str:
    """Where the database is, in words for a message; nothing is started."""
    from sql.embedded.files import files_of
    from sql.faults import place_of

    return place_of(settings.database_url) if settings.database_url else str(files_of(settings.data_dir))


def ready_address(settings: Settings) -> str:
    """The address of a database at this program's schema.

    The embedded one is brought there; another one belongs to somebody who decides when. Raises DatabaseBehind then.
    """
    from sql.migrate import check, migrate

    url = address(settings)
    if is_embedded(settings):
        migrate(url)
    else:
        check(url)
    return url
