"""RQ1 without any listener: what belongs together, and whether it is the piece that is heard."""

from __future__ import annotations

from html import escape

from jobs.evaluation.report import published
from jobs.evaluation.report.charts import Estimate, intervals
from jobs.evaluation.report.findings import AS_GOOD, Findings, is_alike
from jobs.evaluation.report.sections.words import content_figure, difference_row, task_words
from jobs.evaluation.report.text import cell, folded, heading, paragraph, table, value_text

_MICROPHONE = {
    "better": '<span class="apart">more often than by chance</span>',
    "worse": '<span class="apart">less often than by chance</span>',
    "not distinguishable": '<span class="alike">not distinguishable</span>',
}


def content(findings: Findings) -> str:
    """RQ1 without any listener."""
    tasks = findings.tasks("content")
    if not tasks:
        return ""
    columns = [*findings.spaces, "chance"]
    rows = [
        [escape(task), *(cell(content_figure(findings, task, name)) for name in columns)]
        for task in tasks
        if content_figure(findings, task, "chance")
        or any(content_figure(findings, task, name) for name in findings.spaces)
    ]
    charts = "".join(_content_chart(findings, task) for task in tasks)
    others = "".join(
        table(
            f"{task}: other measures",
            ["space", "NDCG@5", "Hit@5", "Recall@5", "F1@5", "MRR"],
            [
                [
                    escape(name),
                    *(
                        cell(content_figure(findings, task, name, metric))
                        for metric in ("ndcg", "hit", "recall", "f1", "mrr")
                    ),
                ]
                for name in columns
            ],
        )
        for task in tasks
    )
    return (
        heading("Without any listener: what belongs together")
        + paragraph(
            "Each track asks for what shares a truth of the catalogue with it; the track itself and other performances"
            " of its work are left out, but where the work is what is asked for. NDCG@5 with its 95 % interval, over"
            " works drawn again."
        )
        + charts
        + table("NDCG@5 by task and space", ["task", *columns], rows)
        + folded("Other measures", others)
        + folded("Which differences can be told from chance", _content_differences(findings, tasks))
    )


def confound(findings: Findings) -> str:
    """Piece or microphone."""
    rows = []
    for name in findings.spaces:
        same = findings.one(part="confound", space=name, metric="same album")
        chance = findings.one(part="confound", space=name, metric="same album by chance")
        if same is not None:
            nearer = findings.one(part="confound", space=name, metric="album mate nearer")
            apart = findings.difference("confound", "composer", name, "chance")
            words = "–" if apart is None else _MICROPHONE[str(apart.config["verdict"])]
            rows.append([escape(name), cell(same), cell(chance), words, cell(nearer)])
    return (
        heading("The piece, or the microphone?")
        + paragraph(
            "Of the nearest tracks by the same composer, how many come from the same album, where hall and microphone"
            " are the same? Far above chance, a space hears the recording as much as the music."
        )
        + table(
            "Same-album neighbours among same-composer ones",
            [
                "space",
                "same album",
                "by chance",
                "in words",
                "album mate by another composer nearer than the composer elsewhere",
            ],
            rows,
        )
        if rows
        else ""
    )


def published_figures(findings: Findings) -> str:
    """The real archive's figures beside ours."""
    ours = [
        [
            escape(name),
            cell(content_figure(findings, published.TASK, name)),
            f"{findings.document['archive']['tracks']:,}",
        ]
        for name in findings.spaces
        if content_figure(findings, published.TASK, name)
    ]
    theirs = [
        [f"{name} (published)", value_text(value), str(published.TRACKS)] for name, value in published.NDCG.items()
    ]
    return (
        heading("Beside what was published")
        + paragraph(escape(published.NOT_THE_SAME))
        + table("Same composer, NDCG@5", ["representation", "NDCG@5", "tracks"], ours + theirs)
        if ours
        else ""
    )


def _content_chart(findings: Findings, task: str) -> str:
    found = [(name, one) for name in findings.spaces if (one := content_figure(findings, task, name)) is not None]
    top = max(found, key=lambda pair: pair[1].value or 0, default=("", None))[0]
    chance = content_figure(findings, task, "chance")
    rows = [
        Estimate(
            *(name, one.value or 0, one.low, one.high),
            strong=name == top or is_alike(findings.difference("content", task, name, top)),
        )
        for name, one in found
    ]
    title = f"{task_words(task)}: NDCG@5; coloured: {AS_GOOD}"
    return intervals(title, rows, line=None if chance is None else chance.value)


def _content_differences(findings: Findings, tasks: list[str]) -> str:
    return "".join(
        table(
            f"{task_words(task)}: differences of NDCG@5",
            ["left", "right", "difference", "p, corrected", "effect", "verdict"],
            [difference_row(one) for one in findings.where(part="content", task=task, metric="difference of ndcg")],
        )
        for task in tasks
    )
