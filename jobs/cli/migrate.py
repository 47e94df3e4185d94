"""`segue migrate`: the database's schema."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.cli.environment import DataDir, read_settings

Services = Annotated[
    bool,
    typer.Option(
        "--services",
        help="As the server's administrator: make also the users that workers and the API log in as, segue_worker and "
        "segue_api (by IAM on RDS), and let them have what they need",
    ),
]


def migrate(services: Services = False, data_dir: DataDir = None) -> None:
    """Bring the database to the schema that this version knows."""
    from jobs.cli.console import say
    from jobs.cli.database import address
    from sql.migrate import migrate as migrate_database

    url = address(read_settings(data_dir=data_dir))
    if services:
        from sql.faults import naming_faults
        from sql.roles import administrator_address, as_owner, grant_api, make_roles

        url = administrator_address(url)
        with naming_faults(url):
            make_roles(url)
            before, after = migrate_database(as_owner(url))
            grant_api(url)
    else:
        before, after = migrate_database(url)
    say(f"The database is at schema {after}" + (" already" if before == after else f" (was {before or 'empty'})"))
