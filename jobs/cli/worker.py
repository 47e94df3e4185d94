"""`segue worker`: processes that work on jobs."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from jobs.cli.environment import DataDir, read_settings
from jobs.cli.tied import Tied, end_with_parent

# Each holds a network and decodes its own recordings (some 300 MB); more than this takes more memory than many have.
MAX_PROCESSES = 4

Processes = Annotated[
    int | None, typer.Option(min=1, max=64, help="How many tracks to embed at once [one a core, 4 at most]")
]


def worker(data_dir: DataDir = None, processes: Processes = None, tied: Tied = False) -> None:
    """Work on jobs, such as embedding, until Ctrl-C."""
    from domain.logs import configure_logs
    from jobs.cli.database import ready_address
    from jobs.worker import run_worker

    settings = read_settings(data_dir=data_dir)
    configure_logs(settings.log_level)
    if tied:
        end_with_parent()
    run_worker(settings, ready_address(settings), processes=processes or default_processes())


def default_processes() -> int:
    return min(os.cpu_count() or 1, MAX_PROCESSES)
