"""What listeners heard next."""

from __future__ import annotations

from jobs.evaluation.report.findings import Findings, is_alike, way_name
from jobs.evaluation.report.quoted.words import (
    NOT_DISTINGUISHABLE,
    SCENARIOS,
    order_of,
    p_text,
    table,
    told_apart,
    upright,
    value_of,
)
from jobs.evaluation.report.sections.words import next_track
from jobs.evaluation.report.text import with_interval

# Of those that cannot be told from the best, so many are named.
NAMED = 8


def listeners(findings: Findings) -> str:
    """NDCG@10 of every way in every scenario, the best on known tracks first."""
    rows = []
    for way in findings.ways("hot"):
        found = [next_track(findings, part, way, "ndcg", 10) for part in SCENARIOS]
        rows.append((value_of(found[0]), [way_name(*way), *map(with_interval, found)]))
    return table(["", *SCENARIOS], [row for _, row in sorted(rows, key=lambda row: -row[0])])


def best_ways(findings: Findings) -> str:
    """What can be told from the best in each scenario."""
    rows = []
    for part in SCENARIOS:
        found = findings.where(part=part, task="against the best")
        if found:
            told = [one for one in found if one.config["verdict"] != NOT_DISTINGUISHABLE]
            better = [str(one.config["left"]) for one in told if one.config["verdict"] == "better"]
            alike = sorted((one for one in found if one not in told), key=lambda one: -(one.value or 0.0))
            names = [str(one.config["left"]) for one in alike]
            more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            worse = len(told) - len(better)
            listed = ", ".join(names[:NAMED]) + more
            rows.append([part, str(found[0].config["right"]), ", ".join(better) or "–", listed or "–", str(worse)])
    return table(["", "the best that can be chosen", "better", NOT_DISTINGUISHABLE, "worse"], rows)


def space_pairs(findings: Findings) -> str:
    """Pairs of spaces that can be told apart under the same strategy."""
    found = [one for part in SCENARIOS for one in findings.where(part=part, task="spaces")]
    return told_apart("", [(one.part, one) for one in found])


def interests(findings: Findings) -> str:
    """One vector against one for each interest."""
    found = [one for part in SCENARIOS for one in findings.where(part=part, task="interests") if one.value is not None]
    rows = [
        [
            one.part,
            f"{order_of(one)[0]} over {order_of(one)[1]}",
            with_interval(upright(one)),
            p_text(one),
            NOT_DISTINGUISHABLE if is_alike(one) else "told apart",
        ]
        for one in found
    ]
    return table(["", "higher", "by", "p, corrected", ""], rows)
