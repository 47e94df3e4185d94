"""What spaces and training cost."""

from __future__ import annotations

from jobs.evaluation.report.findings import Findings
from jobs.evaluation.report.quoted.words import table, value_of, way_of
from jobs.evaluation.report.text import NOTHING


def cost(findings: Findings) -> str:
    """What spaces and training cost."""
    rows = []
    for name in findings.spaces:
        one, room, query = (
            findings.one(part="cost", space=name, metric=metric)
            for metric in ("seconds an hour of audio", "bytes a track", "milliseconds")
        )
        rows.append(
            [
                name,
                *(f"{value_of(each):.0f}" if each else NOTHING for each in (one, room)),
                f"{value_of(query):.1f}" if query else NOTHING,
            ]
        )
    trained = [[way_of(one), f"{value_of(one):.1f}"] for one in findings.where(part="cost", task="training")]
    return (
        table(["", "seconds an hour of audio", "bytes a track", "a query, ms"], rows)
        + "\n"
        + table(["training", "seconds"], trained)
    )
