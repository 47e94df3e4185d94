"""What to collect to be surer."""

from __future__ import annotations

from math import ceil

from jobs.evaluation.report.findings import Findings, best, is_told_apart, way_name
from jobs.evaluation.report.judging.strategy import candidates
from jobs.evaluation.report.text import listed

# How many more it takes to tell a difference in four of five cases than in every second, where an interval would just
# end at zero: ((1.96 + .84) / 1.96)².
POWER = 2.04


def what_to_collect(findings: Findings, space: str | None) -> list[str]:
    """Listening, labels, performances: whatever would tell more."""
    said = []
    listening, truths = findings.listening, findings.document["archive"]["truths"]
    if listening is None or not listening["of_people"]:
        said.append("Listening by people comes first: it is the only evidence of taste, and nothing here replaces it.")
    needed = _needed_listeners(findings)
    if needed is not None:
        said.append(needed)
    unknown = [name for name in ("ensemble", "instrument") if truths.get(name) == "unknown"]
    if unknown:
        said.append(f"Nothing tells the {listed(unknown)} of tracks: labels (--labels) would open these questions.")
    works = findings.one(part="content", task="work", space=space, metric="ndcg", k=5)
    if works is None:
        said.append("No work is there in two performances, so nothing tells whether a space knows a piece again.")
    return said


def _needed_listeners(findings: Findings) -> str | None:
    """How many listeners would tell the best two kinds of ways apart, were the difference as large as it looks: an
    interval narrows with the root of their number."""
    hot = candidates(findings, "hot")
    leader = best(hot)
    users = findings.listening["users"] if findings.listening else 0
    if leader is None:
        return None
    leading = way_name(leader.strategy or "", leader.space)
    rivals = [
        found
        for one in hot
        if one.strategy != leader.strategy
        and (found := findings.difference("hot", "against the best", way_name(one.strategy or "", one.space), leading))
        and not is_told_apart(found)
    ]
    if not rivals:
        return None
    nearest = max(rivals, key=lambda one: one.value or 0.0)
    if not nearest.value or nearest.low is None or nearest.high is None:
        return None
    half = (nearest.high - nearest.low) / 2
    times = (half / abs(nearest.value)) ** 2 * POWER
    if times <= 1:
        return None  # many comparisons explain the difference, not few listeners
    if times > 100:
        return (
            f"{nearest.config['left']} and {leading} are so close that telling them apart would take more than a"
            " hundred times as many listeners; it does not matter which is taken."
        )
    number = ceil(users * times / 10) * 10
    return (
        f"Some {number:,} such listeners, in place of {users:,}, would tell {leading} from {nearest.config['left']} in"
        " four of five such archives if they differ as much as it looks now, and nothing else is compared."
    )
