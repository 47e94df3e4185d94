"""Overfitting, size, and the order of the spaces."""

from __future__ import annotations

from jobs.evaluation.report.findings import Findings, way_name
from jobs.evaluation.report.quoted.words import SCENARIOS, number_of, table, way_of
from jobs.evaluation.report.sections.words import next_track
from jobs.evaluation.report.text import value_text, with_interval


def gaps(findings: Findings) -> str:
    """What was seen in training against what was not, with all listeners."""
    found = [
        one
        for one in findings.where(part="gap")
        if (one.config["of"], one.config["share"]) == ("listeners", 1.0) and one.value is not None
    ]
    rows = [[way_of(one), with_interval(one)] for one in sorted(found, key=lambda one: -(one.value or 0.0))]
    return table(["", "seen − known, NDCG@10"], rows)


def growth(findings: Findings) -> str:
    """Fewer listeners: NDCG@10 on known tracks, the gap, and what the last listeners brought."""
    ways = list(dict.fromkeys((one.strategy, one.space) for one in findings.where(part="growth")))
    size = [one for one in findings.where(part="size", task="hot") if one.config["of"] == "listeners"]
    shares = sorted({one.config["share"] for one in size})
    rows = []
    for strategy, space in ways:
        way = (str(strategy), space)
        at = {one.config["share"]: one for one in size if (one.strategy, one.space) == (strategy, space)}
        gained = findings.one(part="growth", strategy=strategy, space=space)
        whole = next_track(findings, "hot", way, "ndcg", 10)
        rows.append(
            [
                way_name(*way),
                *(value_text(number_of(at.get(one))) for one in shares),
                value_text(number_of(whole)),
                with_interval(gained),
            ]
        )
    return table(["", *(f"{100 * one:.0f} %" for one in shares), "100 %", "the last step"], rows)


def seeds(findings: Findings) -> str:
    """Means over seeds, from the least to the most."""
    rows = [[way_of(one), with_interval(one)] for one in findings.where(part="seeds")]
    return table(["", "mean (least to most)"], rows)


def folds(findings: Findings) -> str:
    """Every track cold once."""
    rows = [
        [
            way_name(*way),
            *(
                with_interval(findings.one(part="folds", strategy=way[0], space=way[1], task=task))
                for task in SCENARIOS[1:3]
            ),
        ]
        for way in findings.ways("folds")
    ]
    return table(["", "among all", "among cold ones"], rows)


def fewer_tracks(findings: Findings) -> str:
    """NDCG@5 on parts of the tracks."""
    found = [one for one in findings.where(part="size", strategy=None) if one.config["of"] == "tracks"]
    shares = sorted({one.config["share"] for one in found})
    rows = []
    for task in dict.fromkeys(one.task for one in found):
        for name in findings.spaces:
            at = {one.config["share"]: one for one in found if (one.task, one.space) == (task, name)}
            if at:
                rows.append([task, name, *(with_interval(at.get(share)) for share in shares)])
    return table(["task", "space", *(f"{100 * share:.0f} %" for share in shares)], rows)


def fewer_tracks_to_recommend(findings: Findings) -> str:
    """NDCG@10 of ways on parts of the tracks, and what chance finds among so few."""
    found = [one for one in findings.where(part="size") if one.config["of"] == "tracks" and one.strategy]
    shares = sorted({one.config["share"] for one in found})
    rows = []
    for task in dict.fromkeys(one.task for one in found):
        asked = [one for one in found if one.task == task]
        for name in dict.fromkeys(map(way_of, asked)):
            at = {one.config["share"]: one for one in asked if way_of(one) == name}
            rows.append([task, name, *(with_interval(at.get(share)) for share in shares)])
        by_chance = {one.config["share"]: one.config["chance"] for one in asked}
        rows.append([task, "chance", *(value_text(by_chance.get(share)) for share in shares)])
    return table(["", "way", *(f"{100 * share:.0f} %" for share in shares)], rows)


def stability(findings: Findings) -> str:
    """Kendall's τ of parts with the whole."""
    rows = [
        [one.task, f"{100 * one.config['share']:.0f} % of the {one.config['of']}", with_interval(one)]
        for one in findings.where(part="stability", metric="kendall")
    ]
    return table(["task", "part", "τ"], rows)
