"""`segue derive`: spaces that are computed from others, without hearing anything again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.environment import DataDir, read_settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from jobs.derivation import Derived

derive = typer.Typer(help="Compute a space from others: whiten one, or join several.", rich_markup_mode=None)

Space = Annotated[str, typer.Option(help="The space to whiten")]
Dimension = Annotated[int, typer.Option("--dim", min=1, max=16_000, help="How many dimensions to keep")]
Spaces = Annotated[list[str], typer.Argument(metavar="SPACE...", help="The spaces to put side by side")]
Name = Annotated[str | None, typer.Option(help="What to call the new space")]


@derive.command("whiten")
def whiten(space: Space, dimension: Dimension, name: Name = None, data_dir: DataDir = None) -> None:
    """Whiten a space: what most recordings have in common stops to count. Learned from this archive, without labels."""
    from jobs.derivation import derive_whitened

    _say(data_dir, lambda engine: derive_whitened(engine, space, dimension, name))


@derive.command("concat")
def concat(spaces: Spaces, name: Name = None, data_dir: DataDir = None) -> None:
    """Put the vectors of several spaces side by side, each with the same weight."""
    from jobs.derivation import derive_joined

    if len(set(spaces)) < len(spaces) or len(spaces) < 2:
        raise typer.BadParameter("it takes two spaces or more, each once", param_hint="SPACE...")
    _say(data_dir, lambda engine: derive_joined(engine, spaces, name))


def _say(data_dir: DataDir, work: Callable[[Engine], Derived]) -> None:
    from jobs.cli.console import count, say
    from jobs.cli.database import ready_address
    from sql.engine import make_engine
    from sql.spaces.indexes import index_when_large

    settings = read_settings(data_dir=data_dir)
    engine = make_engine(ready_address(settings))
    try:
        derived = work(engine)
        index_when_large(engine, derived.revision_id, derived.dimension, settings.index_threshold)
    finally:
        engine.dispose()
    say(f"'{derived.name}' holds {count(derived.tracks, 'track')} in {derived.dimension} dimensions, and answers")
