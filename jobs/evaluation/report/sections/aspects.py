"""RQ4: what each space keeps of the music, and how far disturbances move it."""

from __future__ import annotations

from html import escape

from domain.experiments import Figure
from jobs.evaluation.report.charts import Curve, curves
from jobs.evaluation.report.findings import Findings
from jobs.evaluation.report.sections.words import verdict_words
from jobs.evaluation.report.text import cell, folded, heading, paragraph, table, value_text


def aspects(findings: Findings) -> str:
    """RQ4: what each space keeps."""
    tasks = findings.tasks("probe")
    parts = []
    for kind, words in (
        ("linear", "A linear probe"),
        ("knn", "Nearest neighbours"),
        ("adapter", "A fine-tuned adapter"),
    ):
        rows = []
        for task in tasks:
            found = {name: _most(findings, task, name, kind) for name in findings.spaces}
            known = [one for one in found.values() if one is not None]
            if known:
                examples, chance = known[0].config["examples"], known[0].config.get("chance")
                about = f"{escape(task)}<small>{escape(known[0].metric)}, {examples} examples</small>"
                rows.append([about, *(cell(one) for one in found.values()), value_text(chance)])
        parts.append(table(f"{words}, with the most examples", ["aspect", *findings.spaces, "chance"], rows))
    for task in tasks:
        lines = [
            Curve(
                name,
                [
                    (one.config["examples"], one.value, one.low, one.high)
                    for one in findings.where(part="probe", task=task, space=name)
                    if one.config["probe"] == "linear" and one.value is not None
                ],
            )
            for name in findings.spaces
        ]
        parts.append(
            curves(
                f"{task}: linear probe by number of labelled examples",
                lines,
                "labelled examples",
                "score",
                logarithmic=True,
            )
        )
    parts.append(_frozen_against_adapter(findings))
    return "".join(part for part in parts if part)


def robust(findings: Findings) -> str:
    """RQ4: disturbed recordings."""
    tasks = findings.tasks("robustness")
    names = [name for name in findings.spaces if findings.where(part="robustness", space=name)]
    if not names:
        return ""

    def rows(metric: str) -> list[list[str]]:
        return [
            [
                escape(task),
                *(cell(findings.one(part="robustness", task=task, space=name, metric=metric)) for name in names),
            ]
            for task in tasks
        ]

    cases = max(one.cases for one in findings.where(part="robustness"))
    return (
        heading("Disturbed recordings")
        + paragraph(
            f"{cases} excerpts of 30 s, heard as they are and disturbed: how many of the ten nearest tracks stay the"
            " same, and how often the recording itself is still the nearest."
        )
        + table("Overlap of the ten nearest", ["disturbance", *names], rows("overlap"))
        + folded(
            "Recall of the original",
            table("How often the original is the nearest", ["disturbance", *names], rows("recall")),
        )
    )


def _most(findings: Findings, task: str, name: str, kind: str) -> Figure | None:
    found = [
        one
        for one in findings.where(part="probe", task=task, space=name)
        if one.config["probe"] == kind and one.value is not None
    ]
    return max(found, key=lambda one: one.config["examples"], default=None)


def _frozen_against_adapter(findings: Findings) -> str:
    rows = [
        [
            escape(one.task),
            escape(one.space or ""),
            str(one.config["examples"]),
            cell(one),
            verdict_words(_gained(one)),
        ]
        for one in findings.where(part="gain by fine-tuning")
        if one.value is not None
    ]
    return folded(
        "Frozen against fine-tuned",
        table(
            "What an adapter gains that is fine-tuned on the same examples, over a linear probe of frozen vectors",
            ["aspect", "space", "examples", "difference", "verdict"],
            rows,
        ),
    )


def _gained(one: Figure) -> str:
    if one.low is None or one.high is None or one.low <= 0 <= one.high:
        return "not distinguishable"
    return "better" if one.low > 0 else "worse"
