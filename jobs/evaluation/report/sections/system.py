"""What spaces and strategies cost."""

from __future__ import annotations

from html import escape

from jobs.evaluation.report.findings import Findings, way_name
from jobs.evaluation.report.text import NOTHING, duration_text, folded, paragraph, table


def system(findings: Findings) -> str:
    """Time to hear, room, time to answer, time to train, and money where the archive is to live in a cloud."""
    trained = [
        [escape(way_name(one.strategy or "", one.space)), duration_text(one.value)]
        for one in findings.where(part="cost", task="training")
    ]
    money = findings.document.get("money")
    return (
        table(
            "What a space costs",
            ["space", "an hour of audio, one worker", "bytes a track", "a query for 20 tracks, median"],
            [[escape(name), *_costs(findings, name)] for name in findings.spaces],
            note="Times were measured on the machine of this run, with whatever else it did, and differ from run to"
            " run. Beside a query's time: 5 to 95 % of the queries.",
        )
        + (paragraph(escape(str(money))) if money else "")
        + folded("Training", table("Time to train", ["model", "time"], trained))
    )


def _costs(findings: Findings, name: str) -> list[str]:
    hearing = findings.one(part="cost", space=name, metric="seconds an hour of audio")
    room = findings.one(part="cost", space=name, metric="bytes a track")
    query = findings.one(part="cost", space=name, metric="milliseconds")
    return [
        NOTHING if hearing is None else f"{hearing.value:,.1f} s<small>{escape(str(hearing.config['source']))}</small>",
        NOTHING if room is None else f"{room.value:,.0f}",
        NOTHING if query is None else f"{query.value:.1f} ms<small>{query.low:.1f} to {query.high:.1f}</small>",
    ]
