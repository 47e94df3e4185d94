"""RQ4: what each space keeps of the music, and how far disturbances move it."""

from __future__ import annotations

from html import escape

from domain.experiments import Figure
from jobs.evaluation.report.charts import Curve, curves
from jobs.evaluation.report.findings import Findings, chance_overlap
from jobs.evaluation.report.sections.words import difference_row, verdict_words
from jobs.evaluation.report.text import cell, folded, heading, paragraph, table, value_text

ALL = "all disturbances"


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
            f" same ({10 * chance_overlap(findings):.1f} would by chance), and how often the recording itself is still"
            " the nearest."
        )
        + table("Overlap of the ten nearest", ["disturbance", *names], rows("overlap"))
        + folded(
            "Recall of the original",
            table(
                "How often the original is the nearest",
                ["disturbance", *names],
                [row for row in rows("recall") if row[0] != ALL],
            ),
        )
        + folded(
            "Which spaces are moved less",
            table(
                "Differences of the mean overlap over all disturbances",
                ["left", "right", "difference", "p, corrected", "effect", "verdict"],
                [difference_row(one) for one in findings.where(part="robustness", metric="difference of overlap")],
            ),
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
            value_text(one.config["adjusted_p"]),
            verdict_words(str(one.config["verdict"])),
        ]
        for one in findings.where(part="gain by fine-tuning")
        if one.value is not None
    ]
    return folded(
        "Frozen against fine-tuned",
        table(
            "What an adapter gains that is fine-tuned on the same examples, over a linear probe of frozen vectors",
            ["aspect", "space", "examples", "difference", "p, corrected", "verdict"],
            rows,
        ),
    )
