"""`segue composers`: who is who, and which spellings are doubtful."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.environment import DataDir, read_settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from domain.people_doubts import Doubt

composers = typer.Typer(
    help="List composers and their spellings; settle which of them are one person.", rich_markup_mode=None
)

COMMANDS_SHOWN = 4

Doubtful = Annotated[bool, typer.Option("--doubtful", help="Only spellings that may be somebody else's")]
Into = Annotated[str, typer.Argument(metavar="COMPOSER", help="The composer to keep")]
Others = Annotated[list[str], typer.Argument(metavar="OTHER…", help="Composers or spellings that are the same person")]
Alias = Annotated[str, typer.Argument(metavar="SPELLING", help="A spelling as the source has it")]
Target = Annotated[Path, typer.Argument(metavar="FILE", help="The CSV file to write")]
Source = Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file with the columns name and alias")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing")]


@composers.callback(invoke_without_command=True)
def list_composers(context: typer.Context, doubtful: Doubtful = False, data_dir: DataDir = None) -> None:
    """List composers and their spellings; settle which of them are one person."""
    if context.invoked_subcommand is not None:
        read_settings(data_dir=data_dir)  # for the command that follows
        return
    from jobs.cli.console import count, say, say_table
    from sql.catalogue.alias_rows import aliases
    from sql.catalogue.alias_rows import doubtful as find_doubts
    from sql.catalogue.people_rows import rows_of

    with _engine(data_dir) as engine, engine.begin() as connection:
        doubts = find_doubts(rows_of(connection))
        if doubtful:
            _say_doubts(doubts)
            return
        spellings: dict[str, list[str]] = {}
        for row in aliases(rows_of(connection)):
            spellings.setdefault(row.composer, []).append(row.alias)
    if not spellings:
        say("There are no composers")
        return
    rows = [[name, "; ".join(alias for alias in given if alias != name)] for name, given in spellings.items()]
    say_table(["composer", "also spelled"], rows)
    if doubts:
        say(f"{count(len(doubts), 'spelling')} may be somebody else's: segue composers --doubtful")


@composers.command()
def merge(composer: Into, others: Others, data_dir: DataDir = None) -> None:
    """Say that other composers, or spellings, are this one. Undo it with: segue composers split."""
    from jobs.cli.console import say
    from sql.catalogue.alias_rows import merge as merge_composers
    from sql.catalogue.people_rows import rows_of

    with _engine(data_dir) as engine, engine.begin() as connection:
        moved = merge_composers(rows_of(connection), composer, others)
    for alias in moved:
        say(f"'{alias}' is {composer}. Undo: {_command('split', alias)}")


@composers.command()
def split(spelling: Alias, data_dir: DataDir = None) -> None:
    """Say that a spelling is a person of their own. Undo it with: segue composers merge."""
    from jobs.cli.console import say
    from sql.catalogue.alias_rows import split as split_composer
    from sql.catalogue.people_rows import rows_of

    with _engine(data_dir) as engine, engine.begin() as connection:
        name = split_composer(rows_of(connection), spelling)
    say(f"'{spelling}' is a composer of their own, {name}")


@composers.command("export")
def export(file: Target, data_dir: DataDir = None) -> None:
    """Write all spellings to a CSV file: name, alias, and what is doubtful."""
    from jobs.cli.console import count, say, shown
    from jobs.composer_file import write_composers

    with _engine(data_dir) as engine:
        written = write_composers(engine, file)
    say(f"{count(written, 'spelling')} in {shown(file)}. Edit it, then: segue composers import {shown(file)}")


@composers.command("import")
def import_file(file: Source, dry_run: DryRun = False, data_dir: DataDir = None) -> None:
    """Take over an edited CSV file: each line says whose spelling an alias is. All of it or nothing."""
    from jobs.cli.console import count, say
    from jobs.composer_file import read_composers

    with _engine(data_dir) as engine:
        changes = read_composers(engine, file, dry_run=dry_run)
    for change in changes:
        say(change)
    say(f"{count(len(changes), 'change')}" + (", none of them made: this was a dry run" if dry_run else ""))


def _say_doubts(doubts: list[Doubt]) -> None:
    from jobs.cli.console import count, say

    if not doubts:
        say("No spelling is doubtful")
        return
    say(f"{count(len(doubts), 'spelling')} may be somebody else's. For each, run one of its commands:")
    for doubt in doubts:
        filed = "" if doubt.composer == doubt.alias else f", filed under {doubt.composer}"
        say()
        say(f"'{doubt.alias}'{filed}: {doubt.reason}", style="bold")
        for other in doubt.others[:COMMANDS_SHOWN]:
            say(f"  {_command('merge', other, doubt.alias)}")
        if len(doubt.others) > COMMANDS_SHOWN:
            say("  … and so on for the others")
        if doubt.composer == doubt.alias:
            say(f"  {_command('split', doubt.alias)}    to leave it as it is")
        else:
            say(f"  {_command('merge', doubt.composer, doubt.alias)}    to leave it as it is")
            say(f"  {_command('split', doubt.alias)}    if it is somebody of their own")


def _command(name: str, *words: str) -> str:
    return f"segue composers {name} {' '.join(map(shlex.quote, words))}"


@contextmanager
def _engine(data_dir: DataDir) -> Iterator[Engine]:
    from jobs.cli.database import ready_address
    from sql.engine import make_engine

    engine = make_engine(ready_address(read_settings(data_dir=data_dir)))
    try:
        yield engine
    finally:
        engine.dispose()
