"""`segue down`: stops what `segue up` started."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

import typer

from jobs.cli.environment import DataDir, read_settings

PATIENCE_SECONDS = 60.0


def down(data_dir: DataDir = None) -> None:
    """Stop what up started, and the embedded database."""
    from jobs.cli.console import say, shown
    from jobs.cli.running import running
    from sql.embedded import stop

    folder = read_settings(data_dir=data_dir).data_dir
    up = running(folder)
    if up is not None and up.pid:
        with suppress(ProcessLookupError):
            os.kill(up.pid, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while running(folder) is not None:
            if time.monotonic() > deadline:
                say(f"Process {up.pid} does not end; its logs are in {shown(folder / 'logs')}", style="red")
                raise typer.Exit(1)
            time.sleep(0.1)
    stopped = stop(folder)
    say("Stopped" if up or stopped else f"Nothing runs for {shown(folder)}")
