"""Starting the server, and reading from its log why it would not start."""

from __future__ import annotations

from pathlib import Path
from pwd import struct_passwd

from sql.embedded.account import hand_over
from sql.embedded.address import PORT
from sql.embedded.files import log_of
from sql.embedded.programs import complaint, run_program

# A log longer than this is put aside as `server.log.1` when the server starts.
LOG_BYTES = 8_000_000

# On the command line, so that no setting can hide the server from us.
WHERE_TO_LISTEN = f"-k . -p {PORT}"


def launch(files: Path, account: struct_passwd | None, seconds: float) -> str:
    """Starts the server and waits up to `seconds` until it answers; needs the lock.

    Returns what went wrong, or an empty text. The server is nobody's child and has a session of its own: Ctrl-C does
    not reach it, and it leaves us no zombie.
    """
    if account:
        hand_over(files, account)
    log = log_of(files)
    size = log.stat().st_size if log.exists() else 0
    if size > LOG_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))
        size = 0
    started = run_program(
        "pg_ctl",
        *("start", "--wait", "--timeout", str(max(1, round(seconds)))),
        *("--pgdata", files.name, "--log", f"{files.name}/{log.name}", "--options", WHERE_TO_LISTEN),
        cwd=files.parent,
        account=account,
    )
    if started.returncode == 0:
        return ""
    return _last_words(log, size) or complaint(started.stdout)


def _last_words(log: Path, since: int) -> str:
    """The message with which the server gave up, if it could still write one."""
    try:
        with log.open("rb") as stream:
            stream.seek(since)
            return complaint(stream.read().decode(errors="replace"))
    except OSError:
        return ""
