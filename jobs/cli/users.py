"""`segue users`: what is stored of a user, handed out or deleted, as privacy laws ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.environment import DataDir, read_settings

users = typer.Typer(help="Hand out or delete what is stored of a user.", no_args_is_help=True, rich_markup_mode=None)

User = Annotated[str, typer.Argument(metavar="USER", help="Their id, or what an imported log calls them")]
To = Annotated[Path | None, typer.Option("--to", help="The file to write; without it, to the terminal")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask")]


@users.command()
def export(user: User, to: To = None, data_dir: DataDir = None) -> None:
    """Write everything that is stored of a user as JSON: a list of rows for each table."""
    import sys

    from domain.errors.machine import FileUnwritable
    from domain.paths import path_to_text
    from jobs.cli.console import count, say

    content, rows = _exported(user, data_dir)
    if to is None:
        sys.stdout.write(content)
        return
    try:
        to.write_text(content, encoding="utf-8")
    except OSError as error:
        raise FileUnwritable(path=path_to_text(to), reason=error.strerror) from error
    say(f"{count(rows, 'row')} written to {path_to_text(to)}")


@users.command()
def delete(user: User, yes: Yes = False, data_dir: DataDir = None) -> None:
    """Delete a user with all sessions, interactions, lists and keys. There is no way back."""
    import sys

    from domain.errors.asking import ConfirmationMissing
    from jobs.cli.console import say
    from jobs.cli.database import ready_address
    from sql.engine import make_engine
    from sql.listening.user_rows import delete_user, find_user

    engine = make_engine(ready_address(read_settings(data_dir=data_dir)))
    try:
        with engine.connect() as connection:
            key = find_user(connection, user)
        if not yes:
            if not sys.stdin.isatty():
                raise ConfirmationMissing
            typer.confirm(f"Delete {key} and everything that is stored of them?", abort=True)
        with engine.begin() as connection:
            delete_user(connection, key)
    finally:
        engine.dispose()
    say(f"{key} is deleted. Backups and exports that were made before still hold what they held")


def _exported(user: str, data_dir: DataDir) -> tuple[str, int]:
    """The JSON, and how many rows are in it."""
    import json
    from typing import Any

    from jobs.cli.database import ready_address
    from sql.engine import make_engine
    from sql.listening.user_export import PARTS, stream_user
    from sql.listening.user_rows import find_user
    from sql.login import connect

    url = ready_address(read_settings(data_dir=data_dir))
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            key = find_user(connection, user)
    finally:
        engine.dispose()
    tables: dict[str, list[dict[str, Any]]] = {part.table: [] for part in PARTS}  # Any: JSON
    with connect(url, autocommit=True) as reading:
        for table, row in stream_user(reading, key):
            tables[table].append(row)
    return json.dumps(tables, ensure_ascii=False, indent=1) + "\n", sum(map(len, tables.values()))
