"""What the catalogue tells, without listeners."""

from __future__ import annotations

from jobs.evaluation.report.findings import Findings
from jobs.evaluation.report.quoted.words import table, told_apart
from jobs.evaluation.report.sections.words import content_figure
from jobs.evaluation.report.text import NOTHING, with_interval


def content(findings: Findings) -> str:
    """NDCG@5 by task and space."""
    columns = [*findings.spaces, "chance"]
    rows = [
        [task, *(with_interval(content_figure(findings, task, name)) for name in columns)]
        for task in findings.tasks("content")
    ]
    return table(["", *columns], rows)


def differences(findings: Findings) -> str:
    """Pairs of spaces that can be told apart by what the catalogue knows."""
    found = findings.where(part="content", metric="difference of ndcg")
    return told_apart("task", [(one.task, one) for one in found])


def confound(findings: Findings) -> str:
    """Piece or microphone."""
    rows = []
    for name in findings.spaces:
        found = [
            findings.one(part="confound", space=name, metric=metric)
            for metric in ("same album", "same album by chance", "album mate nearer")
        ]
        apart = findings.difference("confound", "composer", name, "chance")
        if found[0] is not None:
            rows.append([name, *map(with_interval, found), NOTHING if apart is None else str(apart.config["verdict"])])
    return table(["", "same album", "by chance", "album mate nearer", "against chance"], rows)
