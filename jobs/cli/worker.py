"""`segue worker`: processes that work on jobs."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.cli.environment import DataDir, read_settings
from jobs.cli.tied import Tied, end_with_parent

# Each holds a network and decodes its own recordings (some 300 MB); more than this takes more memory than many have.
MAX_PROCESSES = 4

Processes = Annotated[
    int | None, typer.Option(min=1, max=64, help="How many tracks to embed at once [one a core, 4 at most]")
]
Threads = Annotated[
    int | None, typer.Option(min=1, max=64, help="Cores for each of them [the cores of this machine, shared out]")
]
Nice = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=19,
        help="How far to step back behind other programs; 19: take only what nobody else wants [SEGUE_WORKER_NICE; 0]",
    ),
]
Hours = Annotated[
    str | None,
    typer.Option(
        metavar="22:00-06:00",
        help="Take up work in these hours only, several separated by commas; local time [SEGUE_WORKER_HOURS; always]",
    ),
]


def worker(
    data_dir: DataDir = None,
    processes: Processes = None,
    threads: Threads = None,
    nice: Nice = None,
    hours: Hours = None,
    tied: Tied = False,
) -> None:
    """Work on jobs, such as embedding, until Ctrl-C.

    What is in hand is given back then; a second Ctrl-C stops at once.
    """
    from domain.logs import configure_logs
    from jobs.cli.database import ready_address
    from jobs.worker import run_worker

    settings = read_settings(data_dir=data_dir, worker_nice=nice, worker_hours=hours)
    processes = processes or default_processes(threads or 1)
    _require_cores(processes, threads)
    configure_logs(settings.log_level)
    if tied:
        end_with_parent()
    run_worker(settings, ready_address(settings), processes=processes, threads=threads)


def default_processes(threads: int = 1) -> int:
    """As many as find `threads` cores each, within what memory most machines have."""
    from jobs.cores import available_cores

    return max(1, min(available_cores() // threads, MAX_PROCESSES))


def _require_cores(processes: int, threads: int | None) -> None:
    """More computing threads than cores are slower than as many."""
    from jobs.cores import available_cores

    cores = available_cores()
    if threads is not None and processes * threads > max(cores, processes):
        raise typer.BadParameter(
            f"{processes} processes with {threads} threads each want {processes * threads} cores; there are {cores}",
            param_hint="--threads",
        )
