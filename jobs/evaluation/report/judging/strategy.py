"""Which strategy to use."""

from __future__ import annotations

from collections.abc import Sequence

from domain.experiments import Figure
from jobs.evaluation.report.findings import Findings, best, is_alike, way_name
from jobs.evaluation.report.text import listed, with_interval
from ml.evaluation.statistics.comparisons import ALPHA

# Of ways that cannot be told apart the simplest is taken: what needs no training, then what is quick to train.
SIMPLEST = (
    "KNN",
    "KNN_PER_INTEREST",
    "PERSONALIZED_MOST_POPULAR",
    "POPULAR",
    "COLLABORATIVE",
    "HYBRID",
    "SHALLOW",
    "SHALLOW_PER_INTEREST",
    "CONTRASTIVE",
    "BERT4REC",
)
UNTRAINED = SIMPLEST[:4]
CHANCE = "RANDOM"
# What only an evaluation asks.
METADATA = "metadata"


def of_strategy(findings: Findings) -> tuple[str | None, list[str]]:
    """The strategy to use, and what is to be said of it."""
    if findings.listening is None:
        return "KNN", [
            "Use the strategy KNN: nobody has listened yet, so that nothing can be learned from listening, and no"
            " strategy be compared with another."
        ]
    hot = candidates(findings, "hot")
    leader = best(hot)
    if leader is None or leader.strategy is None:
        return "KNN", ["Use the strategy KNN: there is too little listening to train on or to compare strategies with."]
    choice = _simplest(findings, "hot", hot, leader)
    name, leading = way_name(choice.strategy or "", choice.space), way_name(leader.strategy, leader.space)
    said = [f"For tracks that are known, {leading} does best: NDCG@10 {with_interval(leader)}."]
    if name != leading:
        said.append(f"{name}, at {with_interval(choice)}, is simpler and not distinguishable from it: use that.")
    said += _without_sound(findings, "hot", leading)
    said += _like_chance(findings, "hot", leading)
    cold = candidates(findings, "cold")
    best_cold = best(cold)
    if best_cold is not None and best_cold.strategy is not None:
        newest = way_name(best_cold.strategy, best_cold.space)
        said.append(f"For tracks that nobody has heard, {newest} does best: NDCG@10 {with_interval(best_cold)}.")
        simple = _simplest(findings, "cold", cold, best_cold)
        if way_name(simple.strategy or "", simple.space) != newest:
            said.append(
                f"{way_name(simple.strategy or '', simple.space)}, at {with_interval(simple)}, is simpler and not"
                " distinguishable from it."
            )
        said += _without_sound(findings, "cold", newest)
        said += _like_chance(findings, "cold", newest)
    said += _interests(findings)
    if choice.strategy not in UNTRAINED:
        said.append(f"AUTO takes the model that is active: promote one of {choice.strategy} to let it answer.")
    return choice.strategy, said


def _without_sound(findings: Findings, part: str, leading: str) -> list[str]:
    """Whether a way does better where vectors say nothing of the sound."""
    drawn = [space["name"] for space in findings.document["spaces"] if space["backend"] == "random"]
    better = [
        one
        for one in findings.where(part=part, task="against the best")
        if one.config["right"] == leading and one.config["verdict"] == "better"
    ]
    by_listeners = [str(one.config["left"]) for one in better if one.space in drawn]
    by_catalogue = [str(one.config["left"]) for one in better if one.space == METADATA]
    said = []
    if by_listeners:
        said.append(f"{listed(by_listeners)} is better still: what helps there is who hears what, and not the sound.")
    if by_catalogue:
        said.append(
            f"{listed(by_catalogue)} is better still: what helps there is what the catalogue says, and not the sound."
        )
    return said


def _like_chance(findings: Findings, part: str, leading: str) -> list[str]:
    """Whether nothing can be told from chance."""
    if not is_alike(findings.difference(part, "against the best", CHANCE, leading)):
        return []
    return [f"{leading} is not distinguishable from chance there: too little was heard to choose by."]


def candidates(findings: Findings, part: str) -> list[Figure]:
    """What can be chosen: neither chance, nor vectors that are drawn or made of the catalogue."""
    allowed = (None, *findings.real_spaces)
    return [
        one
        for one in findings.where(part=part, metric="ndcg", k=10, task="next track")
        if one.value is not None and one.strategy != CHANCE and one.space in allowed
    ]


def _simplest(findings: Findings, part: str, figures: Sequence[Figure], leader: Figure) -> Figure:
    leading = way_name(leader.strategy or "", leader.space)
    alike = [one for one in figures if one is leader or _could_be_equal(findings, part, one, leading)]
    return min(alike, key=lambda one: (_place(one.strategy), -(one.value or 0.0)))


def _could_be_equal(findings: Findings, part: str, one: Figure, leading: str) -> bool:
    """Whether the difference is none by itself, before any correction: that only many comparisons explain it is no
    reason to take what is worse."""
    found = findings.difference(part, "against the best", way_name(one.strategy or "", one.space), leading)
    if found is None:
        return False
    if found.low is None or found.high is None or found.low <= 0 <= found.high:
        return True
    p = found.config.get("p")
    return p is None or p >= ALPHA


def _place(strategy: str | None) -> int:
    return SIMPLEST.index(strategy) if strategy in SIMPLEST else len(SIMPLEST)


def _interests(findings: Findings) -> list[str]:
    found = [one for one in findings.where(part="hot", task="interests") if one.value is not None]
    if not found:
        return []
    several = [turned for one in found if (turned := _several(one)) is not None]
    better = [name for name, verdict_ in several if verdict_ == "better"]
    worse = [name for name, verdict_ in several if verdict_ == "worse"]
    if not better and not worse:
        return ["One vector for each interest of a listener is not distinguishable from one vector for all of them."]
    parts = []
    if better:
        parts.append(f"helps {listed(better)}")
    if worse:
        parts.append(f"harms {listed(worse)}")
    return [f"One vector for each interest of a listener {' and '.join(parts)}; elsewhere it is not distinguishable."]


def _several(one: Figure) -> tuple[str, str] | None:
    left, right = str(one.config["left"]), str(one.config["right"])
    if "PER_INTEREST" in left:
        return right, str(one.config["verdict"])
    swapped = {"better": "worse", "worse": "better"}
    return left, swapped.get(str(one.config["verdict"]), str(one.config["verdict"]))
