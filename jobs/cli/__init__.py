"""The `segue` command line: one file per command.

A command imports what it needs when it runs, so that `segue --help` is there at once.
"""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """The entry of `segue`. Whatever goes wrong becomes one line on stderr and an exit code, never a traceback."""
    from jobs.cli.app import run

    for stream in (sys.stdout, sys.stderr):
        # File names may hold what the terminal's encoding does not know.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # both are text streams here
    sys.exit(run(sys.argv[1:]))
