"""RQ2: overfitting, and what happens as data shrinks."""

from __future__ import annotations

from html import escape

from domain.experiments import Figure
from jobs.evaluation.report.charts import Curve, curves
from jobs.evaluation.report.findings import Findings, way_name
from jobs.evaluation.report.sections.words import next_track, task_words
from jobs.evaluation.report.text import cell, folded, table, value_text


def size(findings: Findings) -> str:
    """RQ2: overfitting and size."""
    parts = [_gap(findings), _gaps_by_share(findings)]
    for of, across in (("listeners", "share of the listeners in training"), ("tracks", "share of the tracks")):
        for task in dict.fromkeys(one.task for one in findings.where(part="size") if one.config["of"] == of):
            lines = _by_share(findings, of, task)
            k = next(one.k for one in findings.where(part="size", task=task) if one.config["of"] == of)
            title = f"{task_words(task)} as the {of} shrink, NDCG@{k}"
            parts.append(curves(title, lines, across, "NDCG", shares=True))
    parts += [_growth(findings), _luck(findings), _size_table(findings)]
    parts.append(_folds(findings))
    return "".join(part for part in parts if part)


def _gap(findings: Findings) -> str:
    rows = []
    for way in findings.ways("hot"):
        seen = next_track(findings, "seen in training", way, "ndcg", 10)
        hot = next_track(findings, "hot", way, "ndcg", 10)
        cold = next_track(findings, "cold", way, "ndcg", 10)
        gap = next((one for one in findings.where(part="gap", strategy=way[0], space=way[1]) if _whole(one)), None)
        if gap is None or gap.value is None:
            continue
        rows.append((gap.value, [escape(way_name(*way)), cell(seen), cell(hot), cell(cold), cell(gap)]))
    rows.sort(key=lambda row: -row[0])
    return table(
        "What was seen in training against what was not, NDCG@10",
        ["way", "seen", "known tracks", "cold tracks", "gap: seen − known"],
        [row for _, row in rows],
        note="The gap of ways that learn nothing (KNN, popularity) tells how much of it is not overfitting, but that"
        " the last case of training is an easier question.",
    )


def _gaps_by_share(findings: Findings) -> str:
    """How the gap grows as fewer listeners teach."""
    found: dict[str, list[tuple[float, float, float | None, float | None]]] = {}
    for one in findings.where(part="gap"):
        if one.value is not None and one.strategy is not None and one.config["of"] == "listeners":
            name = way_name(one.strategy, one.space)
            found.setdefault(name, []).append((one.config["share"], one.value, one.low, one.high))
    lines = [Curve(name, sorted(points)) for name, points in found.items() if len(points) > 1]
    title = "The gap between what was seen and what was not, as listeners shrink, NDCG@10"
    return curves(title, lines, "share of the listeners in training", "NDCG", shares=True)


def _growth(findings: Findings) -> str:
    rows = [
        [
            escape(way_name(one.strategy or "", one.space)),
            f"{one.config['share']:.0%} to 100 %",
            cell(one),
            '<span class="alike">not distinguishable</span>'
            if one.low is None or one.high is None or one.low <= 0 <= one.high
            else f'<span class="apart">{"more helps" if one.low > 0 else "more harms"}</span>',
        ]
        for one in findings.where(part="growth")
        if one.value is not None
    ]
    return table(
        "What the last listeners brought, NDCG@10 on the same cases", ["way", "listeners", "gain", "in words"], rows
    )


def _luck(findings: Findings) -> str:
    found = findings.where(part="seeds")
    rows = [
        [
            escape(way_name(one.strategy or "", one.space)),
            value_text(one.value),
            f"{value_text(one.low)} to {value_text(one.high)}",
            cell(next_track(findings, "hot", (one.strategy or "", one.space), "ndcg", 10)),
        ]
        for one in found
    ]
    seeds = found[0].config["seeds"] if found else 0
    return table(
        f"Trained with {seeds} seeds: NDCG@10 on known tracks",
        ["way", "mean", "least to most", "with this run's seed, interval over listeners"],
        rows,
    )


def _whole(one: Figure) -> bool:
    return (one.config["of"], one.config["share"]) == ("listeners", 1.0)


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
            value_text(one.config.get("chance")),
        ]
        for one in findings.where(part="size")
    ]
    return folded(
        "The same as a table",
        table(
            "Parts of the archive and of the listeners",
            ["task", "of", "part", "NDCG", "by chance"],
            rows,
            note="Among fewer tracks chance finds more, too.",
        ),
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
