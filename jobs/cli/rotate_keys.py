"""`segue rotate-keys`: another key that signs visitors' tokens and links."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.cli.environment import DataDir, read_settings

ForgetOld = Annotated[
    bool,
    typer.Option(
        "--forget-old",
        help="After a leak: let all that older keys signed end at once. Visitors begin anew, links are asked for again",
    ),
]


def rotate_keys(forget_old: ForgetOld = False, data_dir: DataDir = None) -> None:
    """Sign visitors' tokens, links and upload tickets with a new key; older ones still verify.

    Servers read keys when they start: start them again.
    """
    from jobs.cli.console import count, say
    from jobs.cli.database import ready_address
    from sql.engine import make_engine
    from sql.signing_key_rows import add_signing_key, forget_old_signing_keys

    engine = make_engine(ready_address(read_settings(data_dir=data_dir)))
    forgotten = 0
    try:
        with engine.begin() as connection:
            add_signing_key(connection)
            if forget_old:
                forgotten = forget_old_signing_keys(connection)
    finally:
        engine.dispose()
    say("A new key signs from the next start of each server on")
    if forgotten:
        say(f"{count(forgotten, 'older key')} forgotten: what was signed with them has ended")
