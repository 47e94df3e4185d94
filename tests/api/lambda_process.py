"""Runs a program in a fresh interpreter, as Lambda runs the handler: nothing is imported, and a warning is an error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def result_of(program: str, given: object, folder: Path, **environment: str) -> tuple[Any, list[Any]]:  # Any: JSON
    """What the program leaves as `result`, after `given` was put before it, and the JSON lines of its output."""
    told, found = folder / "given.json", folder / "result.json"
    told.write_text(json.dumps(given))
    whole = f"import json, pathlib\ngiven = json.loads(pathlib.Path({str(told)!r}).read_text())\n{program}\n"
    whole += f"pathlib.Path({str(found)!r}).write_text(json.dumps(result))\n"
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", whole],
        env=os.environ | {"SEGUE_DATA_DIR": str(folder / "data")} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert "was destroyed" not in finished.stderr, finished.stderr
    return json.loads(found.read_text()), [json.loads(line) for line in finished.stdout.splitlines()]
