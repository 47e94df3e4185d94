"""What it costs."""

from __future__ import annotations

from jobs.evaluation.report.findings import Findings
from jobs.evaluation.report.text import duration_text


def what_it_costs(findings: Findings, space: str | None, strategy: str | None) -> list[str]:
    """Time, room and money for a space and a strategy."""
    if space is None:
        return []
    said = []
    hearing = findings.one(part="cost", metric="seconds an hour of audio", space=space)
    room = findings.one(part="cost", metric="bytes a track", space=space)
    query = findings.one(part="cost", metric="milliseconds", space=space)
    hours = findings.document["archive"]["hours"]
    if hearing is not None and hearing.value is not None:
        said.append(
            f"{space} takes one worker {duration_text(hearing.value)} for an hour of audio,"
            f" {duration_text(hearing.value * hours)} for all {hours:.1f} hours."
        )
    if room is not None and room.value is not None:
        rest = "" if query is None or query.value is None else f", and answers in {query.value:.1f} ms"
        said.append(f"A track takes {room.value:,.0f} bytes{rest}.")
    trained = findings.one(part="cost", metric="seconds", strategy=strategy, space=space)
    trained = trained or findings.one(part="cost", metric="seconds", strategy=strategy)
    if trained is not None:
        said.append(f"Training {strategy} took {duration_text(trained.value)}.")
    money = findings.document.get("money")
    if money:
        said.append(str(money))
    return said
