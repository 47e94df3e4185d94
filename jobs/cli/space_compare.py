"""`segue space-compare`: how differently two spaces represent this archive."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.cli.environment import DataDir, read_settings

# Every pair of them is compared.
MOST_TRACKS = 2_000
FEWEST_TRACKS = 3

One = Annotated[str, typer.Argument(metavar="SPACE", help="One space")]
Other = Annotated[str, typer.Argument(metavar="OTHER", help="Another")]


def space_compare(one: One, other: Other, data_dir: DataDir = None) -> None:
    """Print how differently two spaces represent this archive."""
    from domain.errors.derived import NothingInCommon
    from jobs.cli.console import count, say, say_fields
    from jobs.cli.database import ready_address
    from jobs.space_sample import common_vectors
    from ml.space_comparison import compare
    from sql.engine import make_engine

    engine = make_engine(ready_address(read_settings(data_dir=data_dir)))
    try:
        with engine.connect() as connection:
            first, second, tracks = common_vectors(connection, one, other, MOST_TRACKS)
    finally:
        engine.dispose()
    if len(first) < FEWEST_TRACKS:
        raise NothingInCommon(spaces=f"'{one}' and '{other}'")
    found = compare(first, second)
    drawn = f", {len(first):,} of them drawn at random" if tracks > len(first) else ""
    say(f"{count(tracks, 'track')} in both{drawn}")
    say_fields(
        [
            (f"overlap@{found.neighbours}", f"{found.overlap:.2f}  of a track's nearest are the same in both"),
            ("rank correlation", f"{found.rank_correlation:+.2f}  between the orders of all others"),
            (f"hubness of {one}", f"{found.hubness[0]:+.2f}  0: all tracks are found alike; above 1: few everywhere"),
            (f"hubness of {other}", f"{found.hubness[1]:+.2f}"),
        ]
    )
