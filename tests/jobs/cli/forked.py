"""Commands as processes that need not load the program: forks of one that has.

`python -m tests.jobs.cli.forked` loads all that commands import when they run, and waits for orders on its standard
input, one a line. It forks for each, and tells on its standard output how the fork ended. Modules know nothing of the
commands before: each fork reads its own environment and settings.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import sys
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import jobs
import sql

# What commands leave to processes of their own, or what takes torch along.
LEFT_OUT = (
    "jobs.cli.__main__",
    "jobs.worker_process",
    "jobs.hearing.",
    "jobs.training.",
    "jobs.evaluation.",
    "jobs.example.",
    "sql.migrations.",
)


def load() -> None:
    for package in (jobs, sql):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not f"{module.name}.".startswith(LEFT_OUT):
                import_module(module.name)


def await_order() -> list[str] | None:
    """Fork for every order: returns its arguments in the fork, None where there are no more."""
    answers = os.dup(sys.stdout.fileno())
    for line in sys.stdin.buffer:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os.close(answers)
            become(order["environment"], Path(order["out"]), Path(order["err"]))
            return list(order["arguments"])
        os.write(answers, b"%d\n" % pid)
        _, status = os.waitpid(pid, 0)
        os.write(answers, b"%d\n" % os.waitstatus_to_exitcode(status))
    return None


def become(environment: dict[str, str], out: Path, err: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    for number, path in ((0, Path(os.devnull)), (1, out), (2, err)):
        file = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY)
        os.dup2(file, number)
        os.close(file)


def end(code: int) -> NoReturn:
    """End as an interpreter does, but for taking apart the modules: that would copy all that forks share."""
    threading._shutdown()  # type: ignore[attr-defined]  # as an interpreter does first
    atexit._run_exitfuncs()
    gc.collect()  # whoever left something open is told
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    load()
    gc.collect()
    gc.freeze()
    arguments = await_order()
    if arguments is not None:
        from jobs.cli import main

        sys.argv[1:] = arguments
        try:
            main()
        except SystemExit as ended:
            end(ended.code if isinstance(ended.code, int) else 1)
