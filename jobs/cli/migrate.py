"""`segue migrate`: the database's schema."""

from __future__ import annotations

from jobs.cli.environment import DataDir, read_settings


def migrate(data_dir: DataDir = None) -> None:
    """Bring the database to the schema that this version knows."""
    from jobs.cli.console import say
    from jobs.cli.database import address
    from sql.migrate import migrate as migrate_database

    before, after = migrate_database(address(read_settings(data_dir=data_dir)))
    say(f"The database is at schema {after}" + (" already" if before == after else f" (was {before or 'empty'})"))
