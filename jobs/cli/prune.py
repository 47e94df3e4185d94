"""`segue prune`: drop the revisions that nobody searches."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.environment import DataDir, read_settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from jobs.storage.protocol import Storage
    from sql.spaces.retirement import DroppableRevision

# A server may search a space's former revision for a second after a swap, and finish what it began.
SETTLING_SECONDS = 3.0

Space = Annotated[str | None, typer.Option(help="Only this space's [all]")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask")]


def prune(space: Space = None, yes: Yes = False, data_dir: DataDir = None) -> None:
    """Drop retired revisions, and fillings that were left off, with their snapshots. What answers stays."""
    from jobs.cli.console import amount, count, say, say_table
    from jobs.cli.database import ready_address
    from jobs.storage.location import open_storage
    from sql.engine import make_engine
    from sql.spaces.retirement import droppable_revisions

    settings = read_settings(data_dir=data_dir)
    engine = make_engine(ready_address(settings))
    try:
        with engine.connect() as connection:
            revisions = droppable_revisions(connection, space)
        if not revisions:
            say("There is nothing to drop")
            return
        say_table(
            ["revision", "space", "state", "tracks", "size", "made by"],
            [[f"{r.id}", r.space, _state(r), f"{r.tracks:,}", amount(r.size), r.revision] for r in revisions],
        )
        _confirm(yes)
        storage = open_storage(settings)
        dropped = [revision for revision in revisions if _drop(engine, storage, revision)]
        say(f"{count(len(dropped), 'revision')} dropped, {amount(sum(r.size for r in dropped))} freed")
        if len(dropped) < len(revisions):
            say(f"{count(len(revisions) - len(dropped), 'revision')} came into use meanwhile, and stayed")
    finally:
        engine.dispose()


def _state(revision: DroppableRevision) -> str:
    return "retired" if revision.state == "RETIRED" else "left off"


def _confirm(yes: bool) -> None:
    from domain.errors.asking import ConfirmationMissing

    if yes:
        return
    if not sys.stdin.isatty():
        raise ConfirmationMissing
    typer.confirm("Drop them? They cannot be restored then", abort=True)


def _drop(engine: Engine, storage: Storage, revision: DroppableRevision) -> bool:
    from threading import Event

    from jobs.storage.keys import snapshot_key
    from jobs.transactions import transact
    from sql.spaces.retirement import drop_revision, seconds_since_swap
    from sql.spaces.snapshot_jobs import forget_snapshot

    # The snapshot first: killed in between, the revision is still listed here the next time. One that comes into use
    # meanwhile gets another snapshot.
    with engine.begin() as connection:
        forget_snapshot(connection, revision.id)
    storage.delete(snapshot_key(revision.space, revision.id))
    with engine.connect() as connection:
        since = seconds_since_swap(connection, revision.space)
    if since is not None and since < SETTLING_SECONDS:
        time.sleep(SETTLING_SECONDS - since)
    return transact(engine, lambda connection: drop_revision(connection, revision), stopping=Event())
