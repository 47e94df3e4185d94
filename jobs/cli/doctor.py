"""`segue doctor`: is everything here that Segue needs, and if not, what to do."""

from __future__ import annotations

import typer

from jobs.cli.environment import DataDir, read_settings


def doctor(data_dir: DataDir = None) -> None:
    """Check that everything is here; say what to do if not."""
    from domain.errors.base import SegueError
    from jobs.checkup import CHECKS
    from jobs.cli.console import say

    settings = read_settings(data_dir=data_dir)
    width = max(map(len, CHECKS))
    failed = 0
    for name, check in CHECKS.items():
        try:
            say(f"ok    {name:<{width}}  {check(settings)}", style="green")
        except SegueError as error:
            failed += 1
            say(f"FAIL  {name:<{width}}  {error}", style="red")
    if failed:
        raise typer.Exit(1)
