"""`segue restore`: back to the revision before."""

from __future__ import annotations

from typing import Annotated

import typer

from domain.spaces import DEFAULT_SPACE, find_facts
from jobs.cli.environment import DataDir, read_settings

Space = Annotated[str, typer.Option(help="The space whose earlier revision is to answer again")]


def restore(space: Space = DEFAULT_SPACE, data_dir: DataDir = None) -> None:
    """Go back to a space's revision before; again swaps them."""
    from jobs.cli.console import count, say
    from jobs.cli.database import ready_address
    from sql.engine import make_engine
    from sql.spaces.retirement import restore as restore_revision
    from sql.spaces.selected_tracks import missing_tracks

    engine = make_engine(ready_address(read_settings(data_dir=data_dir)))
    try:
        with engine.begin() as connection:
            restored = restore_revision(connection, space)
            missing = missing_tracks(connection, restored.revision_id)
    finally:
        engine.dispose()
    say(f"'{space}' answers with revision {restored.revision_id} again, made by {restored.revision}")
    facts = find_facts(space)
    if missing and facts is not None and facts.revision == restored.revision:
        say(f"{count(len(missing), 'track')} not in it; embed what can be with: segue embed --space {space}")
    elif missing:
        say(f"{count(len(missing), 'track')} not in it, and this program cannot add to it: it makes others")
