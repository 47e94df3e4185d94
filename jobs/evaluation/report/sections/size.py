"""RQ2: overfitting, and what happens as data shrinks."""

from __future__ import annotations

from html import escape

from jobs.evaluation.report.charts import Curve, curves
from jobs.evaluation.report.findings import Findings, way_name
from jobs.evaluation.report.sections.words import next_track, task_words
from jobs.evaluation.report.text import cell, folded, table, value_text


def size(findings: Findings) -> str:
    """RQ2: overfitting and size."""
    parts = [_gap(findings)]
    for of, across in (("listeners", "share of the listeners in training"), ("tracks", "share of the tracks")):
        for task in dict.fromkeys(one.task for one in findings.where(part="size") if one.config["of"] == of):
            lines = _by_share(findings, of, task)
            title = f"{task_words(task)} as the {of} shrink, NDCG@{10 if of == 'listeners' else 5}"
            parts.append(curves(title, lines, across, "NDCG", shares=True))
    parts.append(_size_table(findings))
    parts.append(_folds(findings))
    return "".join(part for part in parts if part)


def _gap(findings: Findings) -> str:
    rows = []
    for way in findings.ways("hot"):
        seen = next_track(findings, "seen in training", way, "ndcg", 10)
        hot = next_track(findings, "hot", way, "ndcg", 10)
        cold = next_track(findings, "cold", way, "ndcg", 10)
        if seen is None or hot is None or seen.value is None or hot.value is None:
            continue
        rows.append(
            (
                seen.value - hot.value,
                [escape(way_name(*way)), cell(seen), cell(hot), cell(cold), value_text(seen.value - hot.value)],
            )
        )
    rows.sort(key=lambda row: -row[0])
    return table(
        "What was seen in training against what was not, NDCG@10",
        ["way", "seen", "known tracks", "cold tracks", "gap: seen − known"],
        [row for _, row in rows],
        note="The gap of ways that learn nothing (KNN, popularity) tells how much of it is not overfitting, but that"
        " the last case of training is an easier question.",
    )


def _by_share(findings: Findings, of: str, task: str) -> list[Curve]:
    found: dict[str, list[tuple[float, float, float | None, float | None]]] = {}
    for one in findings.where(part="size", task=task):
        if one.config["of"] != of or one.value is None:
            continue
        name = one.space or "" if one.strategy is None else way_name(one.strategy, one.space)
        found.setdefault(name, []).append((one.config["share"], one.value, one.low, one.high))
    if of == "listeners":
        for way in findings.ways(task):
            whole = next_track(findings, task, way, "ndcg", 10)
            if whole is not None and whole.value is not None and way_name(*way) in found:
                found[way_name(*way)].append((1.0, whole.value, whole.low, whole.high))
    return [Curve(name, sorted(points)) for name, points in found.items()]


def _size_table(findings: Findings) -> str:
    rows = [
        [
            escape(task_words(one.task)),
            escape(way_name(one.strategy, one.space) if one.strategy else one.space or ""),
            f"{one.config['share']:.0%} of the {one.config['of']}<small>{one.config['count']:,}</small>",
            cell(one),
        ]
        for one in findings.where(part="size")
    ]
    return folded(
        "The same as a table", table("Parts of the archive and of the listeners", ["task", "of", "part", "NDCG"], rows)
    )


def _folds(findings: Findings) -> str:
    rows = [
        [
            escape(way_name(*way)),
            *(
                cell(findings.one(part="folds", strategy=way[0], space=way[1], task=task))
                for task in ("cold", "cold among cold")
            ),
        ]
        for way in findings.ways("folds")
    ]
    return table(
        "Every track once cold (k-fold, whole works together), NDCG@10",
        ["way", "among all", "among cold ones"],
        rows,
    )
