"""The processes beside `segue up`: started, started again when they die, stopped in order."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Thread
from types import TracebackType

from domain.errors.base import SegueError
from domain.errors.machine import ProcessDied
from domain.paths import path_to_text
from jobs.cli.logs import fresh_log

log = logging.getLogger(__name__)

WATCH_SECONDS = 0.5
# Deaths within so many seconds that are taken for an accident each; one more, and something is wrong.
DEATHS_FORGIVEN = 3
FORGIVEN_WITHIN_SECONDS = 60.0
# Longer than the server and the workers take to finish what they have in hand.
STOP_SECONDS = 25.0


class Child:
    """`segue COMMAND --tied` as a process of its own, which writes to `<logs>/COMMAND.log`.

    Its standard input is a pipe from us: when we are killed, it ends, and so does the child.
    """

    def __init__(self, command: str, logs: Path, arguments: Sequence[str] = ()) -> None:
        self.command = command
        self.log = fresh_log(logs, command)
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self._deaths: list[float] = []
        self._said_before = 0

    def start(self) -> None:
        with self.log.open("ab") as output:
            self._said_before = output.tell()
            self._process = subprocess.Popen(  # noqa: S603 -- our own command line
                [sys.executable, "-m", "jobs.cli", self.command, "--tied", *self._arguments],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,  # a terminal's Ctrl-C is for us, who stop the child in its turn
            )

    def look_after(self) -> None:
        """Start it again if it has died. Raises ProcessDied when that happens again and again."""
        if self._process is None or self._process.poll() is None:
            return
        now = time.monotonic()
        self._deaths = [death for death in self._deaths if now - death < FORGIVEN_WITHIN_SECONDS] + [now]
        if len(self._deaths) > DEATHS_FORGIVEN:
            raise ProcessDied(command=self.command, reason=self._last_words(), log=path_to_text(self.log))
        log.warning("'%s' ended with status %s and is started again", self.command, self._process.returncode)
        self._close()
        self.start()

    def stop(self) -> None:
        """Ask it to end, and wait until it has; kill it if it does not."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._close()
        self._process = None

    def _close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    def _last_words(self) -> str:
        with self.log.open("rb") as stream:
            stream.seek(self._said_before)
            lines = stream.read().decode(errors="replace").strip().splitlines()
        said = [line.removeprefix("segue: ") for line in lines if line.startswith("segue: ")] or lines
        return said[-1] if said else "it said nothing"


class Family:
    """Children that are looked after while the block lasts, and stopped in their order at its end.

    `keep_database` is called as often: it brings the embedded server back when that was killed.
    """

    def __init__(self, children: Sequence[Child], keep_database: Callable[[], object]) -> None:
        self._children = children
        self._keep_database = keep_database
        self._failure: SegueError | None = None
        self._ended = Event()
        self._watcher = Thread(target=self._watch, name="family", daemon=True)

    def __enter__(self) -> Family:
        for child in self._children:
            child.start()
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._watcher.join()
        for child in self._children:
            child.stop()

    def check(self) -> None:
        """Raises what made looking after them fail."""
        if self._failure is not None:
            raise self._failure

    def _watch(self) -> None:
        while not self._ended.wait(WATCH_SECONDS):
            try:
                self._keep_database()
                for child in self._children:
                    child.look_after()
            except SegueError as error:
                self._failure = error
                return
