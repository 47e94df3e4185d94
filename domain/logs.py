"""Logs: JSON lines on stderr for machines, readable text where a person watches."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

# What every record carries; whatever else it has was given as `extra` and belongs into the line.
STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
# Libraries that report their own comings and goings as news, and from which level they are heard. The pool warns of
# every attempt to reach a server that is away; who waits for a connection says so once.
LIBRARY_LEVELS = {
    "alembic": logging.WARNING,
    "dramatiq": logging.WARNING,
    "dramatiq_postgres": logging.WARNING,
    "libav": logging.ERROR,
    "mangum": logging.WARNING,
    "psycopg.pool": logging.ERROR,
}

# Made once: there is a line for every request.
ENCODER = json.JSONEncoder(default=str, ensure_ascii=False)

TEXT_FORMAT = "%(asctime)s %(levelname)-7s %(message)s"


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `time` (UTC), `level`, `logger`, `message`, then what was given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in STANDARD_FIELDS}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return ENCODER.encode(line)


def configure_logs(level: str) -> None:
    """Send this process's logs of `level` and above to stderr. Call once, at a process's entry."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(TEXT_FORMAT, "%H:%M:%S") if sys.stderr.isatty() else JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name, least in LIBRARY_LEVELS.items():
        logging.getLogger(name).setLevel(max(least, logging.getLevelName(level)))
