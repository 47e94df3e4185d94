"""The verdict, in plain words, made from the figures: which space, which strategy, how sure, what it costs, and what to
collect to be surer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from math import ceil

import numpy as np

from domain.experiments import Figure
from jobs.evaluation.report.findings import Findings, best, is_told_apart, way_name
from jobs.evaluation.report.text import duration_text, listed, with_interval

# What a space is judged by where nobody listened: what belongs together by the catalogue. Albums tell of microphones.
TASKS = ("composer", "work", "ensemble", "instrument", "tags")
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
NO_VERDICT = ("RANDOM",)
METADATA = "metadata"


@dataclass(frozen=True)
class Verdict:
    """`space` and `strategy` are what to use, None where the figures do not say; each of the rest is a"
    " few sentences."""

    space: str | None
    strategy: str | None
    of_space: list[str] = field(default_factory=list)
    of_strategy: list[str] = field(default_factory=list)
    sure: list[str] = field(default_factory=list)
    cost: list[str] = field(default_factory=list)
    collect: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        return asdict(self)

    @property
    def lines(self) -> list[str]:
        """All of it, a sentence or two each."""
        return [*self.of_space, *self.of_strategy, *self.sure, *self.cost, *self.collect]


def verdict(findings: Findings) -> Verdict:
    """Judge by the figures alone."""
    space, of_space = _space(findings)
    strategy, of_strategy = _strategy(findings, space)
    sure = _sure(findings, space)
    return Verdict(
        space, strategy, of_space, of_strategy, sure, _cost(findings, space, strategy), _collect(findings, space)
    )


def content_score(findings: Findings, space: str) -> float | None:
    """The mean NDCG@5 over the tasks that speak for a space."""
    values = [
        one.value
        for task in TASKS
        if (one := findings.one(part="content", task=task, space=space, metric="ndcg", k=5)) is not None
        and one.value is not None
    ]
    return float(np.mean(values)) if values else None


def best_space(findings: Findings) -> str | None:
    """The space that the verdict names."""
    return _space(findings)[0]


def _space(findings: Findings) -> tuple[str | None, list[str]]:
    scores = {name: score for name in findings.real_spaces if (score := content_score(findings, name)) is not None}
    names = findings.real_spaces
    if len(names) == 1:
        return names[0], [f"Only one space is there, {names[0]}, and nothing to compare it with."]
    if not scores:
        return None, ["No space can be judged: the catalogue says nothing that tracks have in common."]
    tasks = [task for task in TASKS if findings.where(part="content", task=task, metric="ndcg", k=5)]
    won = {name: _count(findings, tasks, name, scores, "better") for name in scores}
    lost = {name: _count(findings, tasks, name, scores, "worse") for name in scores}
    ranking = sorted(scores, key=lambda name: (lost[name] - won[name], -scores[name]))
    first, others = ranking[0], ranking[1:]
    said = [
        f"Use the space {first}: over {listed(tasks)} it is better in {won[first]} and worse in {lost[first]} of"
        f" {len(tasks) * len(others)} comparisons with other spaces (mean NDCG@5 {scores[first]:.3f})."
    ]
    for other in others[:3]:
        said.append(f"Against {other} ({scores[other]:.3f}) it is {_against(findings, tasks, first, other)}.")
    said += _by_listeners(findings, first)
    return first, said


def _against(findings: Findings, tasks: Sequence[str], first: str, other: str) -> str:
    """At which tasks one space is better, worse, or neither."""
    found: dict[str, list[str]] = {"better": [], "worse": [], "not distinguishable": []}
    for task in tasks:
        found[_verdict(findings, task, first, other)].append(task)
    return "; ".join(f"{verdict_} for {listed(those)}" for verdict_, those in found.items() if those)


def _count(findings: Findings, tasks: Sequence[str], name: str, others: Iterable[str], verdict_: str) -> int:
    """How many comparisons on these tasks say that of a space."""
    return sum(_verdict(findings, task, name, other) == verdict_ for task in tasks for other in others if other != name)


def _verdict(findings: Findings, task: str, left: str, right: str) -> str:
    found = findings.difference("content", task, left, right)
    return "not distinguishable" if found is None else str(found.config["verdict"])


def _by_listeners(findings: Findings, first: str) -> list[str]:
    """Whether listeners would choose the same space, under nearest neighbours."""
    said = []
    for part, words in (("hot", "tracks that are known"), ("cold", "tracks that nobody has heard")):
        found = [
            one
            for one in findings.where(part=part, strategy="KNN", metric="ndcg", k=10)
            if one.space in findings.real_spaces
        ]
        leader = best(found)
        if leader is None or leader.space is None:
            continue
        if leader.space == first:
            said.append(f"Listeners agree where {words} are looked for: it has the highest NDCG@10 there, too.")
            continue
        apart = findings.difference(part, "spaces", f"KNN on {leader.space}", f"KNN on {first}")
        tail = "and is better" if is_told_apart(apart) else "but the two are not distinguishable"
        said.append(f"Where {words} are looked for, {leader.space} has the highest NDCG@10, {tail}.")
    return said


def _strategy(findings: Findings, space: str | None) -> tuple[str | None, list[str]]:
    if findings.listening is None:
        return "KNN", [
            "Use the strategy KNN: nobody has listened yet, so that nothing can be learned from listening, and no"
            " strategy be compared with another."
        ]
    hot = _candidates(findings, "hot")
    leader = best(hot)
    if leader is None or leader.strategy is None:
        return "KNN", ["Use the strategy KNN: there is too little listening to train on or to compare strategies with."]
    choice = _simplest(findings, "hot", hot, leader)
    name, leading = way_name(choice.strategy or "", choice.space), way_name(leader.strategy, leader.space)
    said = [f"For tracks that are known, {leading} does best: NDCG@10 {with_interval(leader)}."]
    if name != leading:
        said.append(f"{name}, at {with_interval(choice)}, is simpler and not distinguishable from it: use that.")
    said += _without_sound(findings, leading)
    cold = _candidates(findings, "cold")
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
    said += _interests(findings)
    if choice.strategy not in UNTRAINED:
        said.append(f"AUTO takes the model that is active: promote one of {choice.strategy} to let it answer.")
    return choice.strategy, said


def _without_sound(findings: Findings, leading: str) -> list[str]:
    """Whether a way does better where vectors say nothing of the sound."""
    drawn = [space["name"] for space in findings.document["spaces"] if space["backend"] == "random"]
    better = [
        str(one.config["left"])
        for one in findings.where(part="hot", task="against the best")
        if one.space in drawn and one.config["right"] == leading and one.config["verdict"] == "better"
    ]
    if not better:
        return []
    return [f"{listed(better)} is better still: what helps there is who hears what, and not the sound."]


def _candidates(findings: Findings, part: str) -> list[Figure]:
    """What can be chosen: neither chance, nor vectors that are drawn."""
    allowed = (None, METADATA, *findings.real_spaces)
    return [
        one
        for one in findings.where(part=part, metric="ndcg", k=10, task="next track")
        if one.value is not None and one.strategy not in NO_VERDICT and one.space in allowed
    ]


def _simplest(findings: Findings, part: str, figures: Sequence[Figure], leader: Figure) -> Figure:
    leading = way_name(leader.strategy or "", leader.space)
    alike = [one for one in figures if one is leader or _could_be_equal(findings, part, one, leading)]
    return min(alike, key=lambda one: (_place(one.strategy), -(one.value or 0.0)))


def _could_be_equal(findings: Findings, part: str, one: Figure, leading: str) -> bool:
    """Whether the interval of the difference includes zero by itself: that only many comparisons explain a difference
    is no reason to take what is worse."""
    found = findings.difference(part, "against the best", way_name(one.strategy or "", one.space), leading)
    return found is not None and found.low is not None and found.high is not None and found.low <= 0 <= found.high


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


def _sure(findings: Findings, space: str | None) -> list[str]:
    archive, listening = findings.document["archive"], findings.listening
    said = [f"The archive has {archive['tracks']:,} tracks in all spaces; intervals are 95 %."]
    if listening is None:
        said.append("Nobody has listened, so all of this is about sound and catalogue, not about taste.")
    elif not listening["of_people"]:
        said.append(
            f"The {listening['users']:,} listeners are simulated (with {listening['people']} people among them): what"
            " is said of strategies holds for made-up listeners, and is no evidence of what people like."
        )
    else:
        said.append(f"{listening['users']:,} people listened {listening['listenings']:,} times.")
    unstable = [
        one
        for one in findings.where(part="stability", metric="kendall")
        if one.value is not None and one.config["share"] == 0.5 and (one.low is None or one.low <= 0)
    ]
    if unstable:
        tasks = list(dict.fromkeys(one.task for one in unstable))
        said.append(f"On half of the archive the order of the spaces could be another for {listed(tasks)}.")
    return said


def _cost(findings: Findings, space: str | None, strategy: str | None) -> list[str]:
    if space is None:
        return []
    said = []
    hearing = findings.one(part="cost", metric="seconds an hour of audio", space=space)
    room = findings.one(part="cost", metric="bytes a track", space=space)
    query = findings.one(part="cost", metric="milliseconds", space=space)
    hours = findings.document["archive"]["hours"]
    if hearing is not None and hearing.value is not None:
        said.append(
            f"{space} takes one worker {duration_text(hearing.value)} for an hour of audio,"
            f" {duration_text(hearing.value * hours)} for all {hours:.1f} hours."
        )
    if room is not None and room.value is not None:
        rest = "" if query is None or query.value is None else f", and answers in {query.value:.1f} ms"
        said.append(f"A track takes {room.value:,.0f} bytes{rest}.")
    trained = findings.one(part="cost", metric="seconds", strategy=strategy, space=space)
    trained = trained or findings.one(part="cost", metric="seconds", strategy=strategy)
    if trained is not None:
        said.append(f"Training {strategy} took {duration_text(trained.value)}.")
    money = findings.document.get("money")
    if money:
        said.append(str(money))
    return said


def _collect(findings: Findings, space: str | None) -> list[str]:
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
    hot = _candidates(findings, "hot")
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
    times = (half / abs(nearest.value)) ** 2
    if times > 100:
        return (
            f"{nearest.config['left']} and {leading} are so close that telling them apart would take more than a"
            " hundred times as many listeners; it does not matter which is taken."
        )
    number = max(users, ceil(users * max(times, 1.0) / 10) * 10)
    return (
        f"Some {number:,} such listeners, in place of {users:,}, would tell {leading} from {nearest.config['left']} if"
        " they differ as much as it looks now."
    )
