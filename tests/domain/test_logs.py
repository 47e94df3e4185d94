"""Log lines that machines can read."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

from domain.logs import JsonFormatter


def test_a_line_is_one_object_with_what_was_given_as_extra() -> None:
    record = logging.makeLogRecord(
        {
            "name": "jobs.embed",
            "levelname": "INFO",
            "msg": "Embedded '%s'",
            "args": ("Prélude\nII",),
            "created": 86_400.25,
            "track_id": 7,
        }
    )
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "1970-01-02T00:00:00.250+00:00",
        "level": "INFO",
        "logger": "jobs.embed",
        "message": "Embedded 'Prélude\nII'",
        "track_id": 7,
    }


def test_a_process_logs_to_stderr_and_libraries_are_quiet() -> None:
    program = (
        "import logging; from domain.logs import configure_logs; configure_logs('INFO');"
        "logging.getLogger('dramatiq.worker').info('here I am'); logging.getLogger('jobs').debug('detail');"
        "logging.getLogger('jobs').info('news')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert [json.loads(line)["message"] for line in done.stderr.splitlines()] == ["news"]
