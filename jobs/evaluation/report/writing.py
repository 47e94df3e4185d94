"""Writes the report: figures as JSON for programs, a page for people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from jobs.evaluation.money import money
from jobs.evaluation.report.findings import Document, Findings
from jobs.evaluation.report.judging.space import best_space
from jobs.evaluation.report.page import page
from jobs.evaluation.report.verdict import verdict

RESULTS, PAGE = "results.json", "index.html"


def report_folder(data_dir: Path) -> Path:
    return data_dir / "report"


def write_report(document: Document, data_dir: Path) -> Path:
    """Judge, and write `results.json` and `index.html`, in place of those of an earlier run; returns their folder."""
    folder = report_folder(data_dir)
    folder.mkdir(parents=True, exist_ok=True)
    about = document["archive"]
    costs = money(best_space(Findings(document)), about["tracks"], about["hours"])
    document = {**document, "money": costs}
    findings = Findings(document)
    judged = verdict(findings)
    whole = {**document, "verdict": judged.as_json()}
    _write(folder / RESULTS, orjson.dumps(whole, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
    _write(folder / PAGE, page(findings, judged).encode())
    return folder


def read_verdict(folder: Path) -> list[str]:
    """The verdict's sentences; none where no report is there."""
    try:
        found: dict[str, Any] = orjson.loads((folder / RESULTS).read_bytes())["verdict"]
    except (OSError, ValueError, KeyError):
        return []
    return [line for name in ("of_space", "of_strategy", "sure", "cost", "collect") for line in found[name]]


def _write(path: Path, content: bytes) -> None:
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    partial.replace(path)
