"""`segue restore`: back to a backup, or to a space's revision before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.spaces import BACKENDS, DEFAULT_SPACE
from jobs.cli.environment import DataDir, read_settings

if TYPE_CHECKING:
    from domain.settings import Settings

Backup = Annotated[Path | None, typer.Argument(help="What segue backup made; none: a space's revision before")]
Space = Annotated[
    str | None, typer.Option(help=f"The space whose revision before is to answer again [{DEFAULT_SPACE}]")
]
Yes = Annotated[bool, typer.Option("--yes", help="Replace the archive that is there by the backup")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Read the backup through, say what would change, and change nothing")
]


def restore(
    backup: Backup = None, space: Space = None, yes: Yes = False, dry_run: DryRun = False, data_dir: DataDir = None
) -> None:
    """Restore a backup; without one, a space's revision before.

    With a backup the whole archive becomes what it was, every id included. Without, a space answers with its revision
    before the last re-embedding; again swaps them.
    """
    settings = read_settings(data_dir=data_dir)
    if backup is None:
        if yes:
            raise typer.BadParameter("it is about a backup, which is not named", param_hint="--yes")
        _restore_revision(settings, space or DEFAULT_SPACE, dry_run=dry_run)
    elif space is not None:
        raise typer.BadParameter("it is not about a backup, which is restored as a whole", param_hint="--space")
    elif dry_run:
        _try_backup(settings, backup)
    else:
        _restore_backup(settings, backup, replace=yes)


def _restore_backup(settings: Settings, backup: Path, *, replace: bool) -> None:
    from jobs.backup.restoring import restore_backup
    from jobs.cli.console import count, say, shown
    from jobs.cli.database import address
    from jobs.cli.progress import progress
    from jobs.storage.location import open_storage

    with progress("Restoring", "tables") as tell:
        restored = restore_backup(address(settings), open_storage(settings), backup, replace=replace, on_progress=tell)
    made = restored.made_at.astimezone().strftime("%Y-%m-%d %H:%M")
    say(f"{count(restored.tracks, 'track')} in {count(restored.spaces, 'space')} as of {made}, from {shown(backup)}")


def _try_backup(settings: Settings, backup: Path) -> None:
    from jobs.backup.restoring import try_backup
    from jobs.cli.console import count, say, shown
    from jobs.cli.database import address
    from jobs.cli.progress import progress

    with progress("Reading", "tables") as tell:
        held = try_backup(address(settings), backup, tell)
    made = held.made_at.astimezone().strftime("%Y-%m-%d %H:%M")
    say("A dry run: nothing was changed. The backup is whole")
    say(f"{shown(backup)} holds {count(held.tracks, 'track')} in {count(held.spaces, 'space')} as of {made}")
    if held.replaced:
        say(f"They would take the place of the {count(held.replaced, 'track')} that are here; that takes --yes")
    else:
        say("No tracks are here that they would take the place of")


def _restore_revision(settings: Settings, space: str, *, dry_run: bool) -> None:
    from jobs.cli.console import count, say
    from jobs.cli.database import ready_address
    from jobs.derivation import follow_parents
    from sql.engine import make_engine
    from sql.spaces.retirement import restore as restore_revision
    from sql.spaces.selected_tracks import missing_tracks

    engine = make_engine(ready_address(settings))
    try:
        with engine.begin() as connection:
            restored = restore_revision(connection, space)
            missing = missing_tracks(connection, restored.revision_id)
            if dry_run:
                connection.rollback()
        if not dry_run:
            follow_parents(engine, space)
    finally:
        engine.dispose()
    if dry_run:
        say("A dry run: nothing was changed. This is what it would be:")
    say(f"'{space}' answers with revision {restored.revision_id} again, made by {restored.revision}")
    if missing and space in BACKENDS and BACKENDS[space].revision == restored.revision:
        say(f"{count(len(missing), 'track')} not in it; embed what can be with: segue embed --space {space}")
    elif missing:
        say(f"{count(len(missing), 'track')} not in it, and this program cannot add to it: it makes others")
