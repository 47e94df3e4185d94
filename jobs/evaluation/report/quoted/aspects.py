"""What spaces keep, and what moves them."""

from __future__ import annotations

from jobs.evaluation.report.findings import Findings
from jobs.evaluation.report.quoted.words import NOT_DISTINGUISHABLE, p_text, table
from jobs.evaluation.report.text import value_text, with_interval


def relations(findings: Findings) -> str:
    """Recognition against recommendation."""
    rows = [
        [
            one.task,
            f"{one.strategy}, {one.config['with']}",
            with_interval(one),
            value_text(one.config["p"]),
            p_text(one),
            str(one.cases),
        ]
        for one in findings.where(part="relation", metric="spearman")
    ]
    return table(["probe", "recommendation", "Spearman", "p", "p, corrected", "spaces"], rows)


def probes(findings: Findings) -> str:
    """Each kind of probe with the most examples."""
    rows = []
    for kind in ("linear", "knn", "adapter"):
        for task in findings.tasks("probe"):
            found = [one for one in findings.where(part="probe", task=task) if one.config["probe"] == kind]
            most = max((one.config["examples"] for one in found), default=0)
            at = {one.space: one for one in found if one.config["examples"] == most}
            if at:
                chance = value_text(next(iter(at.values())).config["chance"])
                rows.append([kind, task, str(most), *(with_interval(at.get(name)) for name in findings.spaces), chance])
    return table(["probe", "aspect", "examples", *findings.spaces, "chance"], rows)


def few_examples(findings: Findings) -> str:
    """The linear probe by number of examples."""
    sizes = sorted({one.config["examples"] for one in findings.where(part="probe")})
    rows = []
    for task in findings.tasks("probe"):
        for name in findings.spaces:
            found = [
                one for one in findings.where(part="probe", task=task, space=name) if one.config["probe"] == "linear"
            ]
            at = {one.config["examples"]: one.value for one in found}
            if at:
                rows.append([task, name, *(value_text(at.get(size)) for size in sizes)])
    return table(["aspect", "space", *map(str, sizes)], rows)


def fine_tuning(findings: Findings) -> str:
    """Gains of an adapter that can be told from none."""
    found = findings.where(part="gain by fine-tuning")
    rows = [
        [
            one.task,
            one.space or "",
            str(one.config["examples"]),
            with_interval(one),
            p_text(one),
            str(one.config["verdict"]),
        ]
        for one in found
        if one.config["verdict"] != NOT_DISTINGUISHABLE
    ]
    told = f"\nTold apart: {len(rows)} of {len(found)}; the others are {NOT_DISTINGUISHABLE}.\n"
    return table(["aspect", "space", "examples", "gain", "p, corrected", ""], rows) + told


def robustness(findings: Findings) -> str:
    """Overlap of the ten nearest."""
    return _robust(findings, "overlap")


def recall(findings: Findings) -> str:
    """How often the original is the nearest."""
    return _robust(findings, "recall")


def _robust(findings: Findings, metric: str) -> str:
    names = [name for name in findings.spaces if findings.where(part="robustness", space=name, metric=metric)]
    rows = [
        [
            task,
            *(
                with_interval(findings.one(part="robustness", task=task, space=name, metric=metric), 2)
                for name in names
            ),
        ]
        for task in findings.tasks("robustness")
        if names
    ]
    return table(["", *names], rows)
