"""`segue keys`: API keys, for curators' programs and for users' players."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.environment import DataDir, read_settings

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from domain.settings import Settings

keys = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True, rich_markup_mode=None)

LONGEST_LABEL = 200

Label = Annotated[str, typer.Argument(metavar="NAME", help="What or whom the key is for, so that you know it again")]
OfUser = Annotated[
    str | None, typer.Option("--user", help="Let it speak for this user only, instead of being a curator's")
]
Days = Annotated[int | None, typer.Option("--days", min=1, max=36_500, help="How long it holds; without it, for ever")]
Prefix = Annotated[str, typer.Argument(metavar="PREFIX", help="How the key begins, as the list shows it")]


@keys.command()
def create(label: Label, user: OfUser = None, days: Days = None, data_dir: DataDir = None) -> None:
    """Make a key. It is shown this once, and kept nowhere."""
    from datetime import UTC, datetime, timedelta

    from domain.api_key import new_key
    from domain.errors.access import ApiKeyInvalid
    from jobs.cli.console import say, say_code
    from jobs.cli.listening import base_url
    from sql.api_key_rows import add_key, curators_have_keys
    from sql.listening.user_rows import find_user

    settings = read_settings(data_dir=data_dir)
    label = label.strip()
    if not 1 <= len(label) <= LONGEST_LABEL or not label.isprintable():
        raise ApiKeyInvalid(what="this name", reason=f"it takes 1 to {LONGEST_LABEL} printable characters.")
    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    key = new_key()
    with _engine(settings) as engine, engine.begin() as connection:
        was_open = settings.oidc_issuer is None and not curators_have_keys(connection)
        user_id = None if user is None else find_user(connection, user)
        add_key(connection, key, label, user_id, expires_at)
    say_code(key.text)
    whose = "a curator's key" if user_id is None else "a key of one user"
    say(f"This is {whose}, '{label}', {_until(expires_at)}. Keep it: it is shown this once.")
    say("Send it as   Authorization: Bearer KEY")
    if was_open and user_id is None:
        at = base_url(settings.host, settings.port)
        say(f"From now on curators need a key, at {at}, too. The other keys and users are not concerned.")


@keys.command("list")
def list_keys(data_dir: DataDir = None) -> None:
    """List keys: how they begin, whose they are, and when they were last used."""
    from datetime import UTC, datetime

    from jobs.cli.console import say, say_table
    from sql.api_key_rows import all_keys

    with _engine(read_settings(data_dir=data_dir)) as engine, engine.connect() as connection:
        found = all_keys(connection)
    if not found:
        say("There is no API key. Make one with: segue keys create NAME")
        return
    now = datetime.now(UTC)
    say_table(
        ["begins with", "for", "role", "made", "last used", "expires", "state"],
        [
            [
                key.prefix,
                key.label,
                key.role.lower(),
                _moment(key.created_at),
                _moment(key.last_used_at),
                _moment(key.expires_at),
                key.state(now),
            ]
            for key in found
        ],
    )


@keys.command()
def revoke(prefix: Prefix, data_dir: DataDir = None) -> None:
    """Revoke a key: from now on it is refused. There is no way back; make another one."""
    from domain.identity import Role
    from jobs.cli.console import say
    from sql.api_key_rows import curators_have_keys, revoke_key

    settings = read_settings(data_dir=data_dir)
    with _engine(settings) as engine, engine.begin() as connection:
        key = revoke_key(connection, prefix)
        is_open = key.role is Role.CURATOR and settings.oidc_issuer is None and not curators_have_keys(connection)
    say(f"'{key.label}' ({key.prefix}) is revoked")
    if is_open:
        say("That was the last key of curators: on its own machine's address, Segue now takes changes without one")


def _until(expires_at: datetime | None) -> str:
    return "without an end" if expires_at is None else f"until {_moment(expires_at)}"


def _moment(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M}"


@contextmanager
def _engine(settings: Settings) -> Iterator[Engine]:
    from jobs.cli.database import ready_address
    from sql.engine import make_engine

    engine = make_engine(ready_address(settings))
    try:
        yield engine
    finally:
        engine.dispose()
